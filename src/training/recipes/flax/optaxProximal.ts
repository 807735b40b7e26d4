import { insertHelper } from '../../edits/helper';
import { librariesFor } from '../../flax/names';
import { originOf, optimizersOf } from '../../flax/optimizers';
import type { OptaxOptimizer } from '../../flax/optimizers';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, fieldOf, textOf } from '../../syntax';
import { removeUnused } from '../../edits/removal';
import { isBroken } from '../brokenCode';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { addToChain, firstArgument, removeFromChain } from './chain';
import { helperOf, importLines, proximalCode } from './helpers';
import { allOf, offered, present, unavailable } from './offer';

/**
 * L1 by a proximal step after the optimizer's own: weights become exactly zero.
 *
 * @see Parikh & Boyd, Proximal Algorithms, 2014
 */
export const optaxProximal: PythonRecipe = {
  technique: 'l1',
  framework: 'optax',
  language: 'python',
  find: (module) => optimizersOf(module).flatMap((optimizer) => offerFor(module, optimizer)),
};

const facts = {
  technique: 'l1',
  variant: 'optax.l1.proximal',
  title: 'Add L1 by a proximal step (exact zeros)',
} as const;

function offerFor(module: Module, optimizer: OptaxOptimizer): readonly RecipeOffer[] {
  const { source } = module;
  const { call, kind, learningRate, chain } = optimizer;
  const existing = chain?.items.find((item) => isProximal(module, item));
  if (existing) {
    const detail = `${textOf(source, existing)} is the last step of the chain`;
    return [
      present({ ...facts, title: 'L1 by a proximal step', detail }, call, {
        strength: firstArgument(module, existing),
        removal: () => {
          const edits = removeFromChain(module, existing, 'Remove the proximal step');
          return (
            edits && [
              ...edits,
              ...removeUnused(source, { helpers: ['proximal_l1'], imports: addedImports }, edits),
            ]
          );
        },
      }),
    ];
  }
  const no = (detail: string): readonly RecipeOffer[] => [unavailable({ ...facts, detail }, call)];
  if (isBroken(call)) return no('The code around this optimizer has a syntax error');
  const rate = learningRate && textOf(source, learningRate);
  if (rate === undefined) {
    return no('The threshold needs the learning rate, which this call does not give');
  }
  if (/[\r\n#]/.test(rate)) {
    return no('The learning rate is an expression of several lines: give it a name first');
  }
  const strength = kind.isAdaptive ? '1e-1' : '1e-3';
  const libraries = librariesFor(module, call, ['jax', 'jax.numpy', 'optax']);
  const helper =
    libraries &&
    helperOf(module, call, { name: 'proximal_l1', code: proximalCode(libraries.text) });
  if (!helper) return no('The name proximal_l1 means something else in this file');
  const chained = addToChain(module, optimizer, {
    position: 'last',
    pattern: `proximal_l1(\${1:${strength}}, ${rate})`,
    optax: libraries.text('optax'),
    label: 'Soft-threshold last',
  });
  const edits = allOf(
    chained,
    helper.code === undefined
      ? importLines(module, call, libraries.imports)
      : insertHelper(source, helper.code, call, 'Add proximal_l1', libraries.imports),
  );
  if (!edits) return no('The elements of the chain are not all known');
  const detail =
    'After each step every weight of a matrix or kernel moves towards zero by learning rate × strength and stops there: exact ' +
    'zeros, and the loss is reported as before. Biases and norms are left out. ' +
    (kind.isAdaptive
      ? `Strength ${strength}: the steps of ${kind.name} are about as long as the learning rate, so the pull has to be a part of 1.`
      : `Strength ${strength}; with momentum m the same effect as in the loss needs strength / (1 − m).`) +
    ' It has to stay the last element of the chain. Optimizer states that were saved before have another structure.';
  return [offered({ ...facts, detail }, call, () => edits)];
}

const addedImports = ['import jax', 'import jax.numpy as jnp', 'import optax'];

/** `proximal_l1(…)`, whoever defines it. */
function isProximal(module: Module, item: SyntaxNode): boolean {
  const callee = item.type === 'call' ? fieldOf(item, 'function') : undefined;
  if (!callee) return false;
  const name = textOf(module.source, callee);
  return /(?:^|\.)(?:proximal_l1|prox_l1|soft_threshold)\w*$/.test(name) || isMasked(module, item);
}

/** `optax.masked(proximal_l1(…), mask)`. */
function isMasked(module: Module, item: SyntaxNode): boolean {
  if (originOf(module, item) !== 'optax.masked') return false;
  const [first] = argumentsOf(module.source, item);
  return first?.value.type === 'call' && isProximal(module, first.value);
}
