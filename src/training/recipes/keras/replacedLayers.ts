import { addKeyword, removeArgument } from '../../edits/keywords';
import { isActivationStep } from '../../keras/activation';
import { stepsOf } from '../../keras/flow';
import { layerCallOf, layerCallsIn } from '../../keras/layerCalls';
import type { LayerCall } from '../../keras/layerCalls';
import type { Step } from '../../keras/step';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, callsIn, fieldOf, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import { dropConnectDense } from './helpers/dropConnectDense';
import { fractionalMaxPool2D } from './helpers/fractionalMaxPool2D';
import { hasHelper, helperEdits, removeHelper } from './helpers/helper';
import type { Helper } from './helpers/helper';
import { offered, present, unavailable } from './offer';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { layerBeside } from './written';

/** A class of the file that takes the place of one of Keras', with a keyword more. */
interface Replacement {
  readonly facts: Pick<RecipeOffer, 'technique' | 'variant' | 'title'>;
  readonly titlePresent: string;
  readonly helper: Helper;
  /** The class that it replaces. */
  readonly type: string;
  readonly keyword: string;
  readonly value: string;
  readonly detail: string;
  readonly names: RegExp;
  /** In words: why not this one. Undefined where it can be, null where nobody would expect it. */
  obstacle(module: Module, layer: LayerCall): string | undefined | null;
}

const dropConnect: Replacement = {
  facts: {
    technique: 'dropconnect',
    variant: 'keras.dropconnect.dense',
    title: 'Drop weights of this layer (DropConnect)',
  },
  titlePresent: 'DropConnect',
  helper: dropConnectDense,
  type: 'Dense',
  keyword: 'rate',
  value: '0.5',
  detail:
    'Zeroes entries of the kernel at random in training, one mask a batch (the paper draws one for each sample), and scales the rest up, so nothing changes at test time. rate is the probability of dropping; the paper’s p is that of keeping. The layer’s class changes, so checkpoints must be loaded with it.',
  names: /^(?:DropConnect\w*|WeightDrop\w*)$/,
  obstacle: (module, layer) => {
    const step = stepsOf(module).find((candidate) => candidate.layer?.call === layer.call);
    const outer = layer.call.parent?.parent;
    if (!step || isLast(step) || (outer && layerCallOf(module, outer))) return null;
    const positional = layer.args.filter(({ name }) => name === undefined);
    return positional.length > 1
      ? 'Only units may stand without its name in DropConnectDense'
      : undefined;
  },
};

/** The output, or what only an activation separates from it. */
function isLast({ isOutput, next }: Step): boolean {
  const [activation, ...others] = next;
  return (
    isOutput ||
    (activation !== undefined &&
      others.length === 0 &&
      isActivationStep(activation) &&
      activation.isOutput)
  );
}

const fractionalPooling: Replacement = {
  facts: {
    technique: 'fractional-pooling',
    variant: 'keras.fractional-pooling.layer',
    title: 'Pool over regions of random size',
  },
  titlePresent: 'Fractional pooling',
  helper: fractionalMaxPool2D,
  type: 'MaxPooling2D',
  keyword: 'ratio',
  value: '1.41',
  detail:
    'Pools over regions whose borders are drawn anew in every training step and fixed at test time. Maps shrink by the ratio (1.41, so two such layers do what one of size 2 did) instead of by 2: the layers behind it become larger. TensorFlow backend, channels last, no XLA.',
  names: /^FractionalMaxPool\w*$/,
  obstacle: ({ source }, layer) => {
    const isTwo = (node: SyntaxNode): boolean =>
      /^(?:2|[([]\s*2\s*,\s*2\s*,?\s*[)\]]|None)$/.test(textOf(source, node));
    for (const [index, { name, value, isSplat }] of layer.args.entries()) {
      const key = name ?? ['pool_size', 'strides', 'padding'][index];
      if (
        isSplat ||
        (key !== 'name' &&
          key !== 'padding' &&
          !(/^(?:pool_size|strides)$/.test(key ?? '') && isTwo(value)))
      ) {
        return 'Fractional pooling stands in for pooling by 2 with strides of 2';
      }
    }
    return undefined;
  },
};

export const dropConnectLayers = replacementRecipe(dropConnect);
export const fractionalPoolingLayers = replacementRecipe(fractionalPooling);

function replacementRecipe(replacement: Replacement): PythonRecipe {
  return {
    technique: replacement.facts.technique,
    framework: 'Keras',
    language: 'python',
    find: (module) => {
      if (!module.source.text.includes('keras')) return [];
      return [
        ...layerCallsIn(module, module.source.root).flatMap(
          (layer) => offerFor(module, layer, replacement) ?? [],
        ),
        ...callsIn(module.source.root).flatMap(
          (call) => presentFor(module, call, replacement) ?? [],
        ),
      ];
    },
  };
}

function offerFor(
  module: Module,
  layer: LayerCall,
  replacement: Replacement,
): RecipeOffer | undefined {
  const { facts, helper, keyword, value, type, detail } = replacement;
  if (layer.type !== type) return undefined;
  const obstacle = replacement.obstacle(module, layer);
  if (obstacle === null) return undefined;
  if (obstacle !== undefined) return unavailable(facts, layer.call, obstacle);
  if (layer.args.some(({ isSplat }) => isSplat)) {
    return unavailable(facts, layer.call, `Some arguments come from * or **`);
  }
  const added = helperEdits(module, helper, { callee: layer.callee, user: layer.call });
  if (typeof added === 'string') return unavailable(facts, layer.call, added);
  const { start, end } = layer.callee;
  return offered(facts, layer.call, detail, [
    ...added,
    { start, end, newText: helper.name, label: `Use ${helper.name}` },
    ...addKeyword(module.source, layer.call, `${keyword}=\${1:${value}}`, `Add ${keyword}`),
  ]);
}

function presentFor(
  module: Module,
  call: SyntaxNode,
  replacement: Replacement,
): RecipeOffer | undefined {
  const { facts, helper, keyword, titlePresent, names } = replacement;
  const callee = fieldOf(call, 'function');
  if (!callee || !names.test(textOf(module.source, callee).replace(/^.*\./, ''))) return undefined;
  const rate = argumentsOf(module.source, call).find(({ name }) => name === keyword);
  const isOurs = textOf(module.source, callee) === helper.name && hasHelper(module, helper);
  return present({ ...facts, title: titlePresent }, call, {
    detail: rate
      ? `${keyword} is ${textOf(module.source, rate.value)}`
      : `${keyword} is not given here`,
    strength: rate?.value,
    removal: () =>
      isOurs ? removal(module, { call, callee, rate: rate?.node }, replacement) : undefined,
  });
}

function removal(
  module: Module,
  at: {
    readonly call: SyntaxNode;
    readonly callee: SyntaxNode;
    readonly rate: SyntaxNode | undefined;
  },
  { helper, type, keyword }: Replacement,
): readonly TextEdit[] | undefined {
  const { source } = module;
  const original = writtenLike(module, type);
  if (original === undefined) return undefined;
  const { callee, call } = at;
  const argument = argumentsOf(source, call).find(({ name }) => name === keyword);
  const cuts = argument ? removeArgument(source, call, argument, `Remove ${keyword}`) : [];
  if (argument && cuts.length === 0) return undefined;
  const swap = { start: callee.start, end: callee.end, newText: original, label: `Use ${type}` };
  return [...removeHelper(module, helper, [swap, ...cuts]), swap, ...cuts];
}

/** A class of Keras as the file's other layers are written; those of helpers do not count. */
function writtenLike(module: Module, type: string): string | undefined {
  const layers = layerCallsIn(module, module.source.root);
  const like = layers.find((layer) => layer.type === type) ?? layers[0];
  if (!like) return undefined;
  if (like.type === type) return textOf(module.source, like.callee);
  if (like.callee.type === 'identifier') {
    return module.names.lookup(type, like.callee).length > 0 ? type : undefined;
  }
  return layerBeside(module, like.callee, type)?.text;
}
