import { insertHelper } from '../../edits/helper';
import { statementOf } from '../../edits/insertStatement';
import { lossFunctionsOf } from '../../flax/lossFunctions';
import type { LossFunction } from '../../flax/lossFunctions';
import { librariesFor } from '../../flax/names';
import type { Module } from '../../module';
import type { TextEdit } from '../../textEdit';
import { textOf } from '../../syntax';
import { isBroken } from '../brokenCode';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { importLines, kernelsHelper } from './helpers';
import { addPenalty, penaltyIn, removePenalty } from './lossPenalty';
import { allOf, offered, present, unavailable } from './offer';

/**
 * L1 as a term of the loss, on weight matrices and kernels only.
 *
 * @see Tibshirani, Regression Shrinkage and Selection via the Lasso, 1996
 */
export const flaxL1Loss: PythonRecipe = {
  technique: 'l1',
  framework: 'Flax',
  language: 'python',
  find: (module) => lossFunctionsOf(module).map((loss) => offerFor(module, loss)),
};

const facts = (api: LossFunction['api']) =>
  ({ technique: 'l1', variant: `${api}.l1.loss`, title: 'Add an L1 term to the loss' }) as const;

const isL1 = (text: string): boolean =>
  /^sum\(/.test(text) && /\babs\(/.test(text) && /kernels\(|leaves\(/.test(text);

function offerFor(module: Module, loss: LossFunction): RecipeOffer {
  const { source } = module;
  const { api, place, subject } = loss;
  const where = place.kind === 'inline' ? place.expression : place.statement;
  const own = penaltyIn(module, loss, isL1);
  if (own) {
    const detail = `The loss has an L1 term of strength ${textOf(source, own.strength)}`;
    return present({ ...facts(api), title: 'L1 term in the loss', detail }, statementOf(own.sum), {
      strength: own.strength,
      removal: () =>
        removePenalty(module, own, ['kernels'], ['import jax', 'import jax.numpy as jnp']),
    });
  }
  if (/\babs\([^\n]*(?:leaves|kernels|params)/.test(textOf(source, loss.definition))) {
    const detail = 'The loss function sums absolute values over parameters';
    return present({ ...facts(api), title: 'L1 term in the loss', detail }, where);
  }
  const detail =
    'Adds 1e-4 × the sum of |w| over weight matrices and kernels; biases and norms are left out. ' +
    'Weights become small but not exactly zero: for zeros take the proximal step. The reported loss grows by the term, ' +
    'also where this function is used for evaluation. 1e-5…1e-3 are common; the sum grows with the number of weights.';
  if (isBroken(loss.definition)) {
    return unavailable(
      { ...facts(api), detail: 'The code around this loss has a syntax error' },
      where,
    );
  }
  const edits = editsFor(module, loss, subject);
  return edits
    ? offered({ ...facts(api), detail }, where, () => edits)
    : unavailable({ ...facts(api), detail: 'There is no line of its own for the term' }, where);
}

function editsFor(
  module: Module,
  loss: LossFunction,
  subject: string,
): readonly TextEdit[] | undefined {
  const { source } = module;
  const label = 'Add the L1 term';
  const strength = '${1:1e-4}';
  if (loss.api === 'linen') {
    const libraries = librariesFor(module, loss.definition, ['jax', 'jax.numpy']);
    if (!libraries) return undefined;
    const { text, imports } = libraries;
    const leaves = `${text('jax')}.tree.leaves(${subject})`;
    const term = `${strength} * sum(${text('jax.numpy')}.abs(p).sum() for p in ${leaves} if p.ndim > 1)`;
    const edit = addPenalty(module, loss, term, label);
    return allOf(edit, importLines(module, loss.definition, imports));
  }
  const libraries = librariesFor(module, loss.definition, ['jax', 'jax.numpy', 'flax.nnx']);
  const helper = libraries && kernelsHelper(module, loss.definition, libraries);
  if (!helper) return undefined;
  const term = `${strength} * sum(${libraries.text('jax.numpy')}.abs(p).sum() for p in ${helper.name}(${subject}))`;
  const edit = addPenalty(module, loss, term, label);
  if (!edit) return undefined;
  if (helper.code === undefined) {
    return allOf(edit, importLines(module, loss.definition, libraries.imports));
  }
  return [
    edit,
    insertHelper(source, helper.code, loss.definition, 'Add kernels', libraries.imports),
  ];
}
