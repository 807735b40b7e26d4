import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { argumentsOf, fieldOf, nodesIn, partsOf, textOf, unwrapped } from '../syntax';
import { assignmentOf } from './statements';

/** `x + branch` where `x` is what the block was given, or a copy of it from before. */
export interface Residual {
  readonly sum: SyntaxNode;
  /** The operand that the block computes, and its name. */
  readonly branch: SyntaxNode;
}

/** Residual additions of a method: one operand is its input (or an alias of it), the other a name set since. */
export function residualsOf(module: Module, method: SyntaxNode): readonly Residual[] {
  const { source } = module;
  const list = fieldOf(method, 'parameters');
  const input = (list ? partsOf(list) : [])[1];
  const name = input && nameOfParameter(input);
  if (!name) return [];
  const inputs = new Set([textOf(source, name)]);
  const identity = new Set(inputs);
  for (const node of nodesIn(method)) {
    const assignment = assignmentOf(node);
    if (assignment?.value.type === 'identifier' && inputs.has(textOf(source, assignment.value))) {
      identity.add(textOf(source, assignment.target));
    }
  }
  return nodesIn(method).flatMap((sum) => {
    if (sum.type !== 'binary_operator' || fieldOf(sum, 'operator')?.type !== '+') return [];
    const [left, right] = [fieldOf(sum, 'left'), fieldOf(sum, 'right')];
    if (!left || !right) return [];
    const [a, b] = [isIdentity(left), isIdentity(right)];
    if (a === b) return [];
    const branch = a ? right : left;
    const isComputed =
      branch.type === 'identifier'
        ? isSet(module, method, textOf(source, branch), sum)
        : branch.type === 'call';
    return isComputed ? [{ sum, branch }] : [];
  });

  function isIdentity(node: SyntaxNode): boolean {
    const inner = unwrapped(node);
    return inner.type === 'identifier' && identity.has(textOf(source, inner));
  }
}

/** Whether the name is the result of a call before the sum. */
function isSet({ source }: Module, method: SyntaxNode, name: string, sum: SyntaxNode): boolean {
  return nodesIn(method).some((node) => {
    const assignment = node.start < sum.start ? assignmentOf(node) : undefined;
    return (
      assignment !== undefined &&
      textOf(source, assignment.target) === name &&
      assignment.value.type === 'call' &&
      argumentsOf(source, assignment.value).length > 0
    );
  });
}

function nameOfParameter(parameter: SyntaxNode): SyntaxNode | undefined {
  if (parameter.type === 'identifier') return parameter;
  const name = fieldOf(parameter, 'name') ?? partsOf(parameter)[0];
  return name?.type === 'identifier' ? name : undefined;
}
