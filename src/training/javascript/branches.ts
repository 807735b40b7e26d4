import type { SyntaxNode } from '../source';
import { partsOf } from '../syntax';

/** Whether the code at `later` never runs after that at `earlier` in one run: the other branch, another case, behind a return. */
export function excludesLater(earlier: SyntaxNode, later: SyntaxNode): boolean {
  let around: SyntaxNode | undefined = earlier.parent;
  let inner = earlier;
  while (around && !holds(around, later)) {
    // A function that returns goes on where it was called.
    if (/function|method_definition/.test(around.type)) return false;
    if (around.type === 'statement_block' && leaves(around, false)) return true;
    [inner, around] = [around, around.parent];
  }
  const other = around?.children.find((child) => holds(child, later));
  if (!around || !other) return false;
  if (around.type === 'if_statement' || around.type === 'ternary_expression') {
    return inner.field === 'consequence' && other.field === 'alternative';
  }
  if (around.type !== 'switch_body') return false;
  const cases = partsOf(around);
  return cases
    .slice(cases.indexOf(inner), cases.indexOf(other))
    .some((one) => inner !== other && leaves(one, true));
}

/** Whether a block or a case ends by going elsewhere. */
function leaves(block: SyntaxNode, mayBreak: boolean): boolean {
  const last = partsOf(block).at(-1);
  if (last?.type === 'statement_block') return leaves(last, mayBreak);
  const ways = mayBreak
    ? /^(?:return|throw|break|continue)_statement$/
    : /^(?:return|throw)_statement$/;
  return last !== undefined && ways.test(last.type);
}

function holds(outer: SyntaxNode, inner: SyntaxNode): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}
