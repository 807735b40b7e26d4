import { insertAfter, statementOf } from '../../edits/insertStatement';
import { removeStatement } from '../../edits/removal';
import { librariesFor } from '../../flax/names';
import { calledAttribute, freeAttribute, hiddenLayersOf, nnxModelsOf } from '../../flax/nnxPlaces';
import type { HiddenLayer } from '../../flax/nnxPlaces';
import { originOf } from '../../flax/optimizers';
import { assignmentOf, neighbour } from '../../flax/statements';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, argumentValue, nodesIn, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import { isBroken } from '../brokenCode';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { importLines } from './helpers';
import { allOf, offered, present, unavailable } from './offer';

/**
 * Dropout behind the activation of a hidden layer of an NNX module.
 *
 * @see Srivastava et al., Dropout, JMLR 2014
 */
export const nnxDropout: PythonRecipe = {
  technique: 'dropout',
  framework: 'Flax',
  language: 'python',
  find: (module) =>
    nnxModelsOf(module).flatMap((model) =>
      hiddenLayersOf(module, model).flatMap((layer) => offerFor(module, layer)),
    ),
};

const facts = {
  technique: 'dropout',
  variant: 'nnx.dropout.module',
  title: 'Add dropout after this activation',
} as const;

function offerFor(module: Module, layer: HiddenLayer): readonly RecipeOffer[] {
  const { source } = module;
  const { activated, model, origin } = layer;
  if (!activated) return [];
  const { statement, target } = activated;
  const next = neighbour(statement, 1);
  const existing = next && dropoutIn(module, layer, next);
  if (existing) {
    const strength = argumentValue(argumentsOf(source, existing), 'rate', 0);
    const detail = `The activations go through ${textOf(source, existing)}`;
    return [
      present({ ...facts, title: 'Dropout after this activation', detail }, statement, {
        strength,
        removal: () => removalOf(module, layer, next, existing),
      }),
    ];
  }
  if (isBroken(statement)) {
    const detail = 'The code around this activation has a syntax error';
    return [unavailable({ ...facts, detail }, statement)];
  }
  const isConvolution = origin.endsWith('.Conv');
  const rate = isConvolution ? '0.1' : '0.5';
  const libraries = librariesFor(module, statement, ['flax.nnx']);
  const attribute = freeAttribute(module, model, 'dropout');
  const nnx = libraries?.text('flax.nnx') ?? 'nnx';
  const edits =
    libraries &&
    allOf(
      insertAfter(
        source,
        model.lastAttribute,
        `self.${attribute} = ${nnx}.Dropout(\${1:${rate}}, rngs=${model.rngs})`,
        `Add self.${attribute}`,
      ),
      insertAfter(source, statement, `${target} = self.${attribute}(${target})`, 'Drop here'),
      importLines(module, statement, libraries.imports),
    );
  if (!edits) return [];
  const isSwitched = /\.(?:eval|train)\(/.test(source.text);
  const detail =
    `Zeroes ${isConvolution ? 'a tenth' : 'half'} of the activations at random in training and scales the others up. ` +
    (isSwitched
      ? 'model.train() and model.eval() switch it.'
      : 'It stays on until model.eval() is called, which this file does not do: call it before you evaluate, and model.train() before you train.') +
    ' The step has to be jitted by nnx.jit, since dropout changes the state of the random streams.' +
    (isConvolution ? ' 0.1…0.2 are common behind convolutions.' : ' 0.2…0.5 are common.');
  return [offered({ ...facts, detail }, statement, () => edits)];
}

/** The construction of the dropout through which the next statement sends the activations. */
function dropoutIn(module: Module, layer: HiddenLayer, next: SyntaxNode): SyntaxNode | undefined {
  for (const node of nodesIn(next)) {
    const attribute = calledAttribute(module, node);
    if (attribute === undefined) continue;
    const [value] = module.attributes.of(layer.model.own.definition).get(attribute) ?? [];
    if (value && originOf(module, value) === 'flax.nnx.Dropout') return value;
  }
  return undefined;
}

/** The line in `__call__`, and the attribute where nothing else calls it. */
function removalOf(
  module: Module,
  { model }: HiddenLayer,
  next: SyntaxNode,
  construction: SyntaxNode,
): readonly TextEdit[] | undefined {
  const { source } = module;
  const value = assignmentOf(next)?.value;
  const attribute = value && calledAttribute(module, value);
  if (attribute === undefined) return undefined;
  const uses = nodesIn(model.own.definition).filter(
    (node) => calledAttribute(module, node) === attribute,
  );
  const line = removeStatement(source, next, 'Remove the dropout');
  return uses.length > 1
    ? line && [line]
    : allOf(line, removeStatement(source, statementOf(construction), `Remove self.${attribute}`));
}
