import { insertHelper } from '../../edits/helper';
import { statementOf } from '../../edits/insertStatement';
import { lossFunctionsOf } from '../../flax/lossFunctions';
import type { LossFunction } from '../../flax/lossFunctions';
import { librariesFor } from '../../flax/names';
import type { Module } from '../../module';
import { textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import { isBroken } from '../brokenCode';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { gramCode, helperOf, importLines } from './helpers';
import { addPenalty, penaltyIn, removePenalty } from './lossPenalty';
import { allOf, offered, present, unavailable } from './offer';

/**
 * The Gram penalty ‖WᵀW − I‖² as a term of the loss.
 *
 * @see Brock et al., Neural Photo Editing with Introspective Adversarial Networks, ICLR 2017
 */
export const flaxGram: PythonRecipe = {
  technique: 'orthogonality',
  framework: 'Flax',
  language: 'python',
  find: (module) => lossFunctionsOf(module).map((loss) => offerFor(module, loss)),
};

const facts = (api: LossFunction['api']) =>
  ({
    technique: 'orthogonality',
    variant: `${api}.orthogonality.gram`,
    title: 'Add a Gram penalty ‖WᵀW − I‖² to the loss',
  }) as const;

const imports = ['import jax', 'import jax.numpy as jnp'];

function offerFor(module: Module, loss: LossFunction): RecipeOffer {
  const { source } = module;
  const { api, place } = loss;
  const where = place.kind === 'inline' ? place.expression : place.statement;
  const own = penaltyIn(module, loss, (text) => /^gram_penalty\(/.test(text));
  if (own) {
    const detail = `The loss has a Gram penalty of strength ${textOf(source, own.strength)}`;
    const title = 'Gram penalty in the loss';
    return present({ ...facts(api), title, detail }, statementOf(own.sum), {
      strength: own.strength,
      removal: () => removePenalty(module, own, ['gram_penalty'], imports),
    });
  }
  if (/gram|ortho\w*\(/i.test(textOf(source, loss.definition))) {
    const detail = 'The loss function calls an orthogonality term of its own';
    return present({ ...facts(api), title: 'Orthogonality in the loss', detail }, where);
  }
  const detail =
    'Adds 1e-3 × the sum of ‖WᵀW − I‖² over weight matrices and kernels (convolutions as window·inputs × outputs), on the ' +
    'smaller side of each. It pulls columns apart and their lengths to 1. Embeddings are matrices too; the reported loss grows by the term, ' +
    'also where this function is used for evaluation. 1e-3…1e-2 are common.';
  if (isBroken(loss.definition)) {
    return unavailable(
      { ...facts(api), detail: 'The code around this loss has a syntax error' },
      where,
    );
  }
  const edits = editsFor(module, loss);
  return edits
    ? offered({ ...facts(api), detail }, where, () => edits)
    : unavailable(
        { ...facts(api), detail: 'Its helper or a line of its own has no place here' },
        where,
      );
}

function editsFor(module: Module, loss: LossFunction): readonly TextEdit[] | undefined {
  const { source } = module;
  const { api, definition, subject } = loss;
  const isNnx = api === 'nnx';
  const needed = isNnx ? ['jax', 'jax.numpy', 'flax.nnx'] : ['jax', 'jax.numpy'];
  const libraries = librariesFor(module, definition, needed);
  if (!libraries) return undefined;
  const code = gramCode(libraries.text, isNnx ? 'model' : 'params');
  const gram = helperOf(module, definition, { name: 'gram_penalty', code });
  if (!gram) return undefined;
  const term = addPenalty(module, loss, `\${1:1e-3} * gram_penalty(${subject})`, 'Add the penalty');
  return allOf(
    term,
    gram.code === undefined
      ? importLines(module, definition, libraries.imports)
      : insertHelper(source, gram.code, definition, 'Add gram_penalty', libraries.imports),
  );
}
