import type { LayerCall } from '../../keras/layerCalls';
import { keywordsOf } from '../../keras/layerKinds';
import type { Module } from '../../module';
import { fieldOf, literalString, textOf } from '../../syntax';
import { kerasNameOf } from '../../keras/kerasName';
import { gramRegularizer } from './helpers/gramRegularizer';
import { helperEdits } from './helpers/helper';
import { keywordEdits, withoutKeywords } from './keywordEdits';
import { withLossTerm, withoutPenalty } from './lossTerm';
import { offered, present, unavailable } from './offer';
import type { RecipeOffer } from '../recipe';
import { readRegularizer } from './regularizerValue';
import { kerasWritten } from './written';

const isMatrixLayer = (type: string): boolean =>
  /^(?:Dense|Conv[123]D|Conv[123]DTranspose)$/.test(type);

const gram = {
  technique: 'orthogonality',
  variant: 'keras.orthogonality.gram',
  title: 'Keep this kernel orthogonal (Gram penalty)',
} as const;

/** ‖WᵀW − I‖² of the kernel as a matrix of inputs and units, which also sets the units' lengths. */
export function gramOffer(module: Module, layer: LayerCall): RecipeOffer | undefined {
  const keywords = keywordsOf(layer.type, 'regularizer');
  if (!isMatrixLayer(layer.type)) return undefined;
  const given = layer.args.find(({ name }) => name === 'kernel_regularizer');
  if (given) {
    const { kind, factor } = readRegularizer(module, given.value);
    if (kind !== 'gram' && kind !== 'orthogonal') {
      return unavailable(
        gram,
        layer.call,
        'This layer has another kernel_regularizer, and it takes one',
      );
    }
    const isGram = kind === 'gram';
    const facts = isGram ? gram : builtIn;
    return present({ ...facts, title: 'Orthogonality penalty on this layer' }, layer.call, {
      detail: factor
        ? `Its factor is ${textOf(module.source, factor)}`
        : 'Its factor is the default',
      strength: factor,
      removal: () => withoutPenalty(module, layer, isGram ? gramRegularizer : undefined),
    });
  }
  const helper = helperEdits(module, gramRegularizer, { callee: layer.callee, user: layer.call });
  if (typeof helper === 'string') return unavailable(gram, layer.call, helper);
  const edits = keywordEdits(module, layer, keywords, {
    text: `${gramRegularizer.name}(\${1:1e-2})`,
    imports: [],
  });
  return offered(
    gram,
    layer.call,
    'Adds factor·‖WᵀW − I‖² to model.losses (WWᵀ where there are more units than inputs), so that units point in different directions and have length 1. 1e-3…1e-2 is usual; the initial lengths of Glorot and He differ from 1, so the first epochs show a larger loss.',
    typeof edits === 'string' ? edits : withLossTerm(module, [...helper, ...edits]),
  );
}

const builtIn = {
  technique: 'orthogonality',
  variant: 'keras.orthogonality.built-in',
  title: 'Keep units apart (OrthogonalRegularizer)',
} as const;

/** Keras' own, which looks at directions only and takes matrices only. */
export function builtInOffer(module: Module, layer: LayerCall): RecipeOffer | undefined {
  if (layer.type !== 'Dense' || layer.args.some(({ name }) => name === 'kernel_regularizer')) {
    return undefined;
  }
  const value = kerasWritten(module, layer.callee, 'regularizers.OrthogonalRegularizer');
  const edits = keywordEdits(
    module,
    layer,
    ['kernel_regularizer'],
    value && { ...value, text: `${value.text}(factor=\${1:1.0}, mode="columns")` },
  );
  return offered(
    builtIn,
    layer.call,
    'Keras’ own penalty on the cosines between units; their lengths stay free. mode="columns" compares units, since a kernel has the shape (inputs, units): more units than inputs cannot all be orthogonal. It takes matrices only, so it is for Dense layers.',
    withLossTerm(module, edits),
  );
}

const initializer = {
  technique: 'orthogonality',
  variant: 'keras.orthogonality.initializer',
  title: 'Start with an orthogonal kernel',
} as const;

/** Orthogonal at the start only: where it is used, the penalties are still worth an offer. */
export function orthogonalInitializerOffer(
  module: Module,
  layer: LayerCall,
): RecipeOffer | undefined {
  if (!isMatrixLayer(layer.type)) return undefined;
  const given = layer.args.find(({ name }) => name === 'kernel_initializer');
  if (given) {
    const callee = given.value.type === 'call' ? fieldOf(given.value, 'function') : given.value;
    const name =
      literalString(module.source, given.value) ?? (callee && kerasNameOf(module, callee));
    if (!/(?:^|\.)orthogonal(?:initializer)?$/i.test(name ?? '')) return undefined;
    return present({ ...initializer, title: 'Orthogonal start of this kernel' }, layer.call, {
      detail: 'The kernel starts orthogonal; training does not keep it so',
      removal: () => withoutKeywords(module, layer, ['kernel_initializer']),
    });
  }
  const edits = keywordEdits(module, layer, ['kernel_initializer'], {
    text: '"orthogonal"',
    imports: [],
  });
  return offered(
    initializer,
    layer.call,
    'The kernel starts with orthogonal units, so that signals keep their length at first. Training does not keep it so: for that there is the Gram penalty.',
    edits,
  );
}
