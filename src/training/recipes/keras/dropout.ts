import { activationOf, isActivationStep, isHiddenActivation } from '../../keras/activation';
import { stepsOf } from '../../keras/flow';
import { dimensionsOf, isRecurrent, isWeighted } from '../../keras/layerKinds';
import type { Step } from '../../keras/step';
import type { Module } from '../../module';
import { argumentValue, textOf } from '../../syntax';
import { insertLayers, removeLayers } from './insertedStep';
import { offered, present, unavailable } from './offer';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { layerBeside } from './written';

const facts = { technique: 'dropout', variant: 'keras.dropout.layer' } as const;

/**
 * Dropout after a hidden layer's activation, of whole channels after a convolution.
 *
 * @see Tompson et al., Efficient Object Localization Using Convolutional Networks, CVPR 2015
 */
export const dropoutLayers: PythonRecipe = {
  technique: 'dropout',
  framework: 'Keras',
  language: 'python',
  find: (module) => {
    const steps = stepsOf(module);
    return steps.flatMap((step) => {
      if (isDropout(step)) return [presentOffer(module, step)];
      return isWeighted(step.type) && !isRecurrent(step.type) ? offersAfter(module, step) : [];
    });
  },
};

export const isDropout = ({ type, layer }: Step): boolean =>
  layer !== undefined && /^(?:Spatial|Gaussian|Alpha)?Dropout(?:[123]D)?$/.test(type ?? '');

function presentOffer(module: Module, step: Step): RecipeOffer {
  const rate = step.layer && argumentValue(step.layer.args, 'rate', 0);
  return present({ ...facts, title: step.type ?? 'Dropout' }, step.node, {
    detail: rate ? `Its rate is ${textOf(module.source, rate)}` : 'Its rate is not given here',
    strength: rate,
    removal: () => removeLayers(module, [step], 'Remove dropout'),
  });
}

function offersAfter(module: Module, weighted: Step): readonly RecipeOffer[] {
  const { layer } = weighted;
  const anchor = layer && endOfBlock(module, weighted);
  if (!anchor || anchor.isOutput || isDroppedLater(anchor)) return [];
  const dimensions = dimensionsOf(weighted.type);
  const type = dimensions === undefined ? 'Dropout' : `SpatialDropout${dimensions}D`;
  const rate = dimensions === undefined ? '0.5' : '0.1';
  const title =
    dimensions === undefined
      ? 'Add dropout after this layer'
      : 'Add spatial dropout after this layer';
  const written = layerBeside(module, layer.callee, type);
  if (!written) {
    return [
      unavailable({ ...facts, title }, weighted.node, `${type} means something else in this file`),
    ];
  }
  const edits = insertLayers(module, anchor, weighted, [
    { written: { ...written, text: `${written.text}(\${1:${rate}})` }, attribute: 'dropout' },
  ]);
  return [offered({ ...facts, title }, weighted.node, detailFor(dimensions !== undefined), edits)];
}

function detailFor(isSpatial: boolean): string {
  const rest =
    'Kept values are scaled up in training, so nothing changes at test time. Keras hands the training flag down by itself.';
  return isSpatial
    ? `Drops whole channels, since neighbouring pixels say nearly the same. 0.1…0.2 is usual after convolutions. ${rest}`
    : `Drops activations at random, after the activation and not before a batch normalization. 0.5 is usual for hidden layers, less for narrow ones. ${rest}`;
}

/** The last of the layers that belong together: weights, normalization, activation. Undefined where none is a hidden activation. */
function endOfBlock(module: Module, weighted: Step): Step | undefined {
  let end = weighted;
  let isActive = isHiddenActivation(activationOf(module, weighted));
  for (let i = 0; i < 4; i++) {
    const [next, ...others] = end.next;
    if (!next || others.length > 0 || (next.form !== end.form && !isActivationStep(next))) break;
    const isActivation = isActivationStep(next);
    if (isActivation && isActive) break;
    if (!isActivation && !/Normalization$/.test(next.type ?? '')) break;
    if (isActivation && !isHiddenActivation(activationOf(module, next))) return undefined;
    isActive ||= isActivation;
    end = next;
  }
  return isActive ? end : undefined;
}

const passing = /^(?:(?:Global)?(?:Max|Average)Pooling[123]D|Flatten|Reshape|ZeroPadding2D)$/;

/** Whether dropout follows, maybe after pooling. */
function isDroppedLater(step: Step): boolean {
  let [next] = step.next;
  for (let i = 0; i < 4 && next; i++) {
    if (isDropout(next)) return true;
    if (!passing.test(next.type ?? '')) return false;
    [next] = next.next;
  }
  return false;
}
