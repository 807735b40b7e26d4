import type { Source, SyntaxNode } from '../../source';
import { textOf } from '../../syntax';

/** Whether the value is plainly nothing: `0`, `0.0`, `None`. */
export function isZero(source: Source, node: SyntaxNode): boolean {
  return /^(?:0+\.?0*|\.0+|None)$/.test(textOf(source, node));
}
