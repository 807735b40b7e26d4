import { insertAfter } from '../../edits/insertStatement';
import { removeStatement } from '../../edits/removal';
import { constructionOf, linenHiddenOf, linenModelsOf } from '../../flax/linenPlaces';
import type { LinenHidden } from '../../flax/linenPlaces';
import { linenTraining } from '../../flax/linenTraining';
import { librariesFor } from '../../flax/names';
import { originOf } from '../../flax/optimizers';
import { assignmentOf, neighbour } from '../../flax/statements';
import type { Module } from '../../module';
import { argumentsOf, argumentValue, textOf } from '../../syntax';
import { isBroken } from '../brokenCode';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { importLines } from './helpers';
import { removeTraining } from './linenTrainingRemoval';
import { allOf, offered, present, unavailable } from './offer';

/**
 * Dropout behind the activation of a hidden layer of a Linen module, with the flag and the random stream it needs.
 *
 * @see Srivastava et al., Dropout, JMLR 2014
 */
export const linenDropout: PythonRecipe = {
  technique: 'dropout',
  framework: 'Flax',
  language: 'python',
  find: (module) =>
    linenModelsOf(module).flatMap((model) =>
      linenHiddenOf(module, model).map((hidden) => offerFor(module, hidden)),
    ),
};

const facts = {
  technique: 'dropout',
  variant: 'linen.dropout.module',
  title: 'Add dropout after this activation',
} as const;

function offerFor(module: Module, hidden: LinenHidden): RecipeOffer {
  const { source } = module;
  const { statement, target, model, origin } = hidden;
  const next = neighbour(statement, 1);
  const use = next && assignmentOf(next)?.value;
  const existing = use && constructionOf(use);
  if (next && existing && originOf(module, existing) === 'flax.linen.Dropout') {
    const detail = `The activations go through ${textOf(source, existing)}`;
    const strength = argumentValue(argumentsOf(source, existing), 'rate', 0);
    return present({ ...facts, title: 'Dropout after this activation', detail }, statement, {
      strength,
      removal: () => {
        const line = removeStatement(source, next, 'Remove the dropout');
        return line && [line, ...removeTraining(module, model, [line])];
      },
    });
  }
  const no = (detail: string): RecipeOffer => unavailable({ ...facts, detail }, statement);
  if (isBroken(statement)) return no('The code around this activation has a syntax error');
  const training = linenTraining(module, model, 'dropout');
  if (typeof training === 'string') return no(training);
  const isConvolution = origin.endsWith('.Conv');
  const rate = isConvolution ? '0.1' : '0.5';
  const libraries = librariesFor(module, statement, ['flax.linen']);
  if (!libraries) return no('The name nn means something else in this file');
  const dropout = `${libraries.text('flax.linen')}.Dropout(\${1:${rate}}, deterministic=${training.evaluate})`;
  const edits = allOf(
    insertAfter(source, statement, `${target} = ${dropout}(${target})`, 'Drop here'),
    training.edits,
    importLines(module, statement, [...libraries.imports, ...training.imports]),
  );
  if (!edits) return no('The statement shares its line with another');
  const detail =
    `Zeroes ${isConvolution ? 'a tenth' : 'half'} of the activations at random in training and scales the others up. ` +
    'The loss function hands over train=True and a key that is folded with the step, so that every step draws anew; ' +
    'init and evaluation keep the default train=False. A loss function that also evaluates would drop there too.';
  return offered({ ...facts, detail }, statement, () => edits);
}
