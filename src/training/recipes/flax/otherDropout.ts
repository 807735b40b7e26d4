import { originOf } from '../../flax/optimizers';
import type { Module } from '../../module';
import { argumentsOf, argumentValue, callsIn, textOf } from '../../syntax';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { linenDropout } from './linenDropout';
import { nnxDropout } from './nnxDropout';
import { present } from './offer';

const variants = new Map([
  ['flax.linen.Dropout', 'linen.dropout.module'],
  ['flax.nnx.Dropout', 'nnx.dropout.module'],
]);

/** Dropout that stands elsewhere than behind an activation: made in setup, called inside of an expression. */
export const otherDropout: PythonRecipe = {
  technique: 'dropout',
  framework: 'Flax',
  language: 'python',
  find: (module) => {
    const made = callsIn(module.source.root).filter((call) =>
      variants.has(originOf(module, call) ?? ''),
    );
    if (made.length === 0) return [];
    const known = [...nnxDropout.find(module), ...linenDropout.find(module)].flatMap(
      ({ state, where, strength }) => (state === 'present' ? [strength ?? where] : []),
    );
    return made
      .filter((call) => !known.some(({ start, end }) => call.start <= start && end <= call.end))
      .map((call) => offerFor(module, call));
  },
};

function offerFor(module: Module, call: ReturnType<typeof callsIn>[number]): RecipeOffer {
  const { source } = module;
  return present(
    {
      technique: 'dropout',
      variant: variants.get(originOf(module, call) ?? '') ?? 'linen.dropout.module',
      title: 'Dropout',
      detail: `Made here: ${textOf(source, call)}`,
    },
    call,
    { strength: argumentValue(argumentsOf(source, call), 'rate', 0) },
  );
}
