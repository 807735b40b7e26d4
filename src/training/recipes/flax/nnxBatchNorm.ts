import { insertAfter, statementOf } from '../../edits/insertStatement';
import { addKeyword, removeArgument } from '../../edits/keywords';
import { removeStatement, unwrapCall } from '../../edits/removal';
import { librariesFor } from '../../flax/names';
import { calledAttribute, freeAttribute, hiddenLayersOf, nnxModelsOf } from '../../flax/nnxPlaces';
import type { HiddenLayer } from '../../flax/nnxPlaces';
import { originOf } from '../../flax/optimizers';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, argumentValue, nodesIn, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import { isBroken } from '../brokenCode';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { importLines } from './helpers';
import { allOf, offered, present, unavailable } from './offer';

/**
 * Batch normalization between a hidden layer of an NNX module and its activation.
 *
 * @see Ioffe & Szegedy, Batch Normalization, ICML 2015
 */
export const nnxBatchNorm: PythonRecipe = {
  technique: 'batch-norm',
  framework: 'Flax',
  language: 'python',
  find: (module) =>
    nnxModelsOf(module).flatMap((model) =>
      hiddenLayersOf(module, model).flatMap((layer) => offerFor(module, layer)),
    ),
};

const facts = {
  technique: 'batch-norm',
  variant: 'nnx.batch-norm.module',
  title: 'Add batch normalization before the activation',
} as const;

function offerFor(module: Module, layer: HiddenLayer): readonly RecipeOffer[] {
  const { source } = module;
  const { construction, use, model, isNormalized } = layer;
  const where = layer.activated?.statement ?? use;
  if (isNormalized) {
    const detail = 'The output of the layer is normalized before the activation';
    const title = 'Normalization before the activation';
    return [
      present({ ...facts, title, detail }, where, { removal: () => removalOf(module, layer) }),
    ];
  }
  if (isBroken(use) || isBroken(construction)) {
    return [
      unavailable({ ...facts, detail: 'The code around this layer has a syntax error' }, where),
    ];
  }
  const args = argumentsOf(source, construction);
  const features = argumentValue(args, 'out_features', 1);
  const libraries = librariesFor(module, use, ['flax.nnx']);
  if (!features || /[\r\n#]/.test(textOf(source, features)) || !libraries) return [];
  const bias = args.find(({ name }) => name === 'use_bias');
  const keepsBias = bias !== undefined || /\.bias\b/.test(source.text) || hasSplat(args);
  const attribute = freeAttribute(module, model, 'bn');
  const statement = statementOf(construction);
  const label = `Add self.${attribute}`;
  const edits = allOf(
    keepsBias ? [] : addKeyword(source, construction, 'use_bias=False', 'Leave the bias out'),
    insertAfter(
      source,
      statement,
      `self.${attribute} = ${libraries.text('flax.nnx')}.BatchNorm(${textOf(source, features)}, rngs=${model.rngs})`,
      label,
    ),
    [
      { start: use.start, end: use.start, newText: `self.${attribute}(`, label: 'Normalize here' },
      { start: use.end, end: use.end, newText: ')', label: 'Normalize here' },
    ],
    importLines(module, use, libraries.imports),
  );
  if (!edits) return [];
  const detail =
    'Normalizes every channel over the batch, and over running statistics once model.eval() is called. ' +
    (keepsBias ? '' : 'The bias of the layer goes, since the norm takes it away. ') +
    'nnx.Optimizer(…, wrt=nnx.Param) leaves the statistics alone; a step under plain jax.jit would not keep them. ' +
    'With very small batches take nnx.GroupNorm or nnx.LayerNorm.';
  return [offered({ ...facts, detail }, where, () => edits)];
}

function hasSplat(args: readonly { readonly isSplat: boolean }[]): boolean {
  return args.some(({ isSplat }) => isSplat);
}

/** `self.bn(self.fc(x))` back to `self.fc(x)`, where it stands in one expression. */
function removalOf(module: Module, layer: HiddenLayer): readonly TextEdit[] | undefined {
  const { source } = module;
  const { use, model, construction } = layer;
  const around = use.parent?.type === 'argument_list' ? use.parent.parent : undefined;
  const attribute = around && calledAttribute(module, around);
  if (!around || attribute === undefined) return undefined;
  const [value, ...others] = module.attributes.of(model.own.definition).get(attribute) ?? [];
  const isBatchNorm = value && originOf(module, value) === 'flax.nnx.BatchNorm';
  const uses = nodesIn(model.call).filter((node) => calledAttribute(module, node) === attribute);
  if (!isBatchNorm || others.length > 0 || uses.length > 1) return undefined;
  return allOf(
    unwrapCall(source, around, 'Remove the norm'),
    removeStatement(source, statementOf(value), `Remove self.${attribute}`),
    biasBack(module, construction),
  );
}

function biasBack({ source }: Module, construction: SyntaxNode): readonly TextEdit[] {
  const bias = argumentsOf(source, construction).find(({ name }) => name === 'use_bias');
  return bias && textOf(source, bias.value) === 'False'
    ? removeArgument(source, construction, bias, 'Bring the bias back')
    : [];
}
