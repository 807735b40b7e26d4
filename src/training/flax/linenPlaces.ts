import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { argumentsOf, fieldOf, nodesIn, textOf } from '../syntax';
import { activatedBy } from './activations';
import { isCompact, modelClassesOf } from './modelClasses';
import type { ModelClass } from './modelClasses';
import { originOf } from './optimizers';
import { assignmentOf, neighbour } from './statements';

/** A Linen module with a compact `__call__`. */
export interface LinenModel {
  readonly own: ModelClass;
  readonly call: SyntaxNode;
}

export function linenModelsOf(module: Module): readonly LinenModel[] {
  return modelClassesOf(module).flatMap((own) => {
    const call =
      own.api === 'linen' && own.layer === undefined ? own.method('__call__') : undefined;
    return call && isCompact(module, call) ? [{ own, call }] : [];
  });
}

/** A layer in a compact method whose output goes through an activation: `x = nn.relu(nn.Dense(64)(x))`. */
export interface LinenHidden {
  readonly model: LinenModel;
  /** The statement that sets a plain name to the activation. */
  readonly statement: SyntaxNode;
  readonly target: string;
  /** Dotted origin and call that makes the layer, and the call of what it made. */
  readonly origin: string;
  readonly construction: SyntaxNode;
  readonly use: SyntaxNode;
  readonly isNormalized: boolean;
}

export function linenHiddenOf(module: Module, model: LinenModel): readonly LinenHidden[] {
  const { source } = module;
  return nodesIn(model.call).flatMap((statement) => {
    const assignment = assignmentOf(statement);
    let inner = assignment && activatedBy(module, assignment.value);
    if (!assignment || !inner) return [];
    let before: SyntaxNode = statement;
    let isNormalized = false;
    for (let depth = 0; depth < 4 && inner; depth++) {
      if (inner.type === 'identifier') {
        const previous = neighbour(before, -1);
        const earlier = previous && assignmentOf(previous);
        if (!previous || !earlier) return [];
        if (textOf(source, earlier.target) !== textOf(source, inner)) return [];
        before = previous;
        inner = earlier.value;
        continue;
      }
      const construction = constructionOf(inner);
      const origin = construction && originOf(module, construction);
      if (!construction || origin === undefined) return [];
      if (/^flax\.linen\.(?:Dense|Conv)$/.test(origin)) {
        const target = textOf(source, assignment.target);
        return [{ model, statement, target, origin, construction, use: inner, isNormalized }];
      }
      if (!/^flax\.linen\.\w*Norm$/.test(origin)) return [];
      isNormalized = true;
      inner = argumentsOf(source, inner)[0]?.value;
    }
    return [];
  });
}

/** `nn.Dense(4)` of `nn.Dense(4)(x)`. */
export function constructionOf(use: SyntaxNode): SyntaxNode | undefined {
  const callee = use.type === 'call' ? fieldOf(use, 'function') : undefined;
  return callee?.type === 'call' ? callee : undefined;
}
