import type { JavaScriptModule } from '../../javascript/module';
import { argumentsOf, calleeOf } from '../../javascript/syntax';
import type { SyntaxNode } from '../../source';
import { nodesIn, textOf } from '../../syntax';
import type { BatchStep } from './batchStep';

/** Calls of the helper on this model. */
export function helperCalls(
  { source }: JavaScriptModule,
  root: SyntaxNode,
  { helper }: BatchStep,
  model: string,
): readonly SyntaxNode[] {
  return nodesIn(root).filter((node) => {
    if (node.type !== 'call_expression') return false;
    const callee = calleeOf(node);
    const [first] = argumentsOf(node);
    return (
      callee !== undefined &&
      textOf(source, callee) === helper.name &&
      first !== undefined &&
      textOf(source, first) === model
    );
  });
}

/** The number in `0.1` or in `LEARNING_RATE * 0.1`. */
export function strengthOf(call: SyntaxNode): SyntaxNode | undefined {
  const given = argumentsOf(call)[1];
  if (given?.type === 'number') return given;
  const right = given?.type === 'binary_expression' ? given.children.at(-1) : undefined;
  return right?.type === 'number' ? right : undefined;
}
