import { emptyEnvironment, follow } from '../../evaluate';
import { kerasNameOf } from '../../keras/kerasName';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, argumentValue, fieldOf, literalString, textOf } from '../../syntax';

export type RegularizerKind = 'l1' | 'l2' | 'l1l2' | 'orthogonal' | 'gram' | 'other';

/** What a `kernel_regularizer=` says. */
export interface RegularizerValue {
  readonly kind: RegularizerKind;
  /** The call, where it stands directly at the keyword. */
  readonly call: SyntaxNode | undefined;
  readonly l1: SyntaxNode | undefined;
  readonly l2: SyntaxNode | undefined;
  readonly factor: SyntaxNode | undefined;
}

const kinds = new Map<string, RegularizerKind>([
  ['l1', 'l1'],
  ['l2', 'l2'],
  ['l1l2', 'l1l2'],
  ['l1_l2', 'l1l2'],
  ['orthogonalregularizer', 'orthogonal'],
  ['orthogonal_regularizer', 'orthogonal'],
  ['gramregularizer', 'gram'],
]);

export function readRegularizer(module: Module, value: SyntaxNode): RegularizerValue {
  const none = { call: undefined, l1: undefined, l2: undefined, factor: undefined };
  const text = literalString(module.source, value);
  if (text !== undefined) return { ...none, kind: kinds.get(text.toLowerCase()) ?? 'other' };
  const followed = follow(module, value, emptyEnvironment);
  const node = followed !== undefined && typeof followed !== 'number' ? followed.node : value;
  const callee = node.type === 'call' ? fieldOf(node, 'function') : undefined;
  if (!callee) return { ...none, kind: 'other' };
  const name = kerasNameOf(module, callee) ?? textOf(module.source, callee);
  const kind = kinds.get((name.split('.').at(-1) ?? '').toLowerCase()) ?? 'other';
  const args = argumentsOf(module.source, node);
  return {
    kind,
    call: node === value ? node : undefined,
    l1: kind === 'l1' || kind === 'l1l2' ? argumentValue(args, 'l1', 0) : undefined,
    l2:
      kind === 'l2'
        ? argumentValue(args, 'l2', 0)
        : kind === 'l1l2'
          ? argumentValue(args, 'l2', 1)
          : undefined,
    factor: argumentValue(args, 'factor', 0),
  };
}
