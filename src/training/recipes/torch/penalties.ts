import type { Module } from '../../module';
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
  const { start, end } = spanOf(module, place);
  return termsIn(module, loss.scope).find(
    ({ statement, penalty, target }) =>
      statement.start >= start &&
      statement.end <= end &&
      (loss.name === undefined || target === loss.name) &&
      isKind(textOf(module.source, penalty)),
  );
}

/** The code of a function up to where this loss is used, from where another one was used before. */
export function spanOf(module: Module, { loss }: LossPlace): TextRange {
  const others = lossPlaces(module).filter(
    (other) => other.loss.scope === loss.scope && other.loss.use.end <= loss.use.start,
  );
  const start = Math.max(loss.scope.start, ...others.map((other) => other.loss.use.end));
  return { start, end: loss.use.end };
}
