import { argumentsOf, argumentValue, callsIn, textOf } from '../../syntax';
import { librariesFor } from '../../flax/names';
import { clipTransformations, itemsOfChain, optimizersOf, originOf } from '../../flax/optimizers';
import type { OptaxOptimizer } from '../../flax/optimizers';
import type { Module } from '../../module';
import { isBroken } from '../brokenCode';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { addToChain, firstArgument, removeFromChain } from './chain';
import { importLines, withoutImports } from './helpers';
import { allOf, offered, present, unavailable } from './offer';

/**
 * Gradient clipping as the first transformation of the chain.
 *
 * @see Pascanu et al., On the difficulty of training recurrent neural networks, ICML 2013
 */
export const optaxClipping: PythonRecipe = {
  technique: 'gradient-clipping',
  framework: 'optax',
  language: 'python',
  find: (module) => optimizersOf(module).flatMap((optimizer) => offerFor(module, optimizer)),
};

const facts = {
  technique: 'gradient-clipping',
  variant: 'optax.gradient-clipping.norm',
  title: 'Clip gradients: optax.clip_by_global_norm',
} as const;

function offerFor(module: Module, optimizer: OptaxOptimizer): readonly RecipeOffer[] {
  const { source } = module;
  const { call } = optimizer;
  const [clip] = itemsOfChain(module, optimizer, clipTransformations);
  if (clip) {
    const strength =
      argumentValue(argumentsOf(source, clip), 'max_norm', 0) ?? firstArgument(module, clip);
    const detail = `${textOf(source, clip)} stands in the chain`;
    const title = 'Gradient clipping in the chain';
    return [
      present({ ...facts, title, detail }, call, {
        strength,
        removal: () => withoutImports(module, removeFromChain(module, clip, 'Remove the clipping')),
      }),
    ];
  }
  // In another chain, or called by hand: which optimizer it serves is not known.
  const isElsewhere = callsIn(source.root).some((other) =>
    clipTransformations.test(originOf(module, other) ?? ''),
  );
  if (isElsewhere) return [];
  const detail =
    'Scales the gradient down to the norm 1.0 where it is longer, before the optimizer sees it. 1.0 is the value of most ' +
    'published recipes; look at the norms of your gradients before you go below. Optimizer states that were saved before have ' +
    'another structure.';
  if (isBroken(call)) {
    return [
      unavailable({ ...facts, detail: 'The code around this optimizer has a syntax error' }, call),
    ];
  }
  const libraries = librariesFor(module, call, ['optax']);
  const optax = libraries?.text('optax') ?? 'optax';
  const chain = addToChain(module, optimizer, {
    position: 'first',
    pattern: `${optax}.clip_by_global_norm(\${1:1.0})`,
    optax,
    label: 'Clip first',
  });
  const edits = libraries && chain && allOf(chain, importLines(module, call, libraries.imports));
  return [
    edits
      ? offered({ ...facts, detail }, call, () => edits)
      : unavailable({ ...facts, detail: 'The elements of the chain are not all known' }, call),
  ];
}
