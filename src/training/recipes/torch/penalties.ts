import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { textOf } from '../../syntax';
import type { TextRange } from '../../textEdit';
import { lossPlaces } from '../../torch/lossPlaces';
import type { LossPlace } from '../../torch/lossPlaces';
import { termsIn } from './lossTerm';
import type { LossTerm } from './lossTerm';

/** `sum(p.abs().sum() for p in model.parameters() if p.ndim > 1)`, over one model or several. */
export function sumOverParameters(models: readonly string[], each: string): string {
  const [model] = models;
  const loop =
    models.length === 1 && model !== undefined
      ? `for p in ${model}.parameters()`
      : `for m in (${models.join(', ')}) for p in m.parameters()`;
  return `sum(${each} ${loop} if p.ndim > 1)`;
}

/** The term of a loss whose penalty is of some kind; of this loss only, where a function has several. */
export function presentTerm(
  module: Module,
  place: LossPlace,
  isKind: (text: string) => boolean,
): LossTerm | undefined {
  const { loss } = place;
  const from = Math.max(
    loss.scope.start,
    ...lossPlaces(module)
      .filter((other) => other.loss.scope === loss.scope && other.loss.use.end <= loss.use.start)
      .map((other) => other.loss.use.end),
  );
  return termsIn(module, loss.scope).find(
    ({ statement, penalty, target }) =>
      statement.start >= from &&
      statement.end <= loss.use.end &&
      (loss.name === undefined || target === loss.name) &&
      isKind(textOf(module.source, penalty)),
  );
}

export function rangeOf({ start, end }: SyntaxNode): TextRange {
  return { start, end };
}
