import { removeArgument, addKeyword } from '../../edits/keywords';
import {
  activationArgument,
  activationOf,
  isActivationStep,
  isHiddenActivation,
} from '../../keras/activation';
import { stepsOf } from '../../keras/flow';
import type { Step } from '../../keras/step';
import type { Module } from '../../module';
import { nodesIn, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import { insertLayers, removeLayers } from './insertedStep';
import { offered, present, unavailable } from './offer';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { layerBeside } from './written';

const facts = {
  technique: 'batch-norm',
  variant: 'keras.batch-norm.layer',
  title: 'Add batch normalization after this layer',
} as const;

const detail =
  'Normalizes each channel over the batch, between the weights and the activation; the bias goes, since the normalization subtracts it anyway. In training it uses the batch, at test time running means: small batches (below 16) make these noisy.';

/** Batch normalization between a layer and its activation. */
export const batchNormLayers: PythonRecipe = {
  technique: 'batch-norm',
  framework: 'Keras',
  language: 'python',
  find: (module) => {
    const seen = new Set<number>();
    return stepsOf(module).flatMap((step) => {
      if (step.type === 'BatchNormalization') return [presentOffer(module, step)];
      if (!step.layer || !/^(?:Dense|Conv[123]D)$/.test(step.type ?? '')) return [];
      const { start } = step.layer.call;
      if (seen.has(start)) return [];
      seen.add(start);
      const offer = offerAfter(module, step);
      return offer ? [offer] : [];
    });
  },
};

function offerAfter(module: Module, step: Step): RecipeOffer | undefined {
  const { source } = module;
  const { layer } = step;
  const [next, ...others] = step.next;
  if (!layer || step.isOutput || others.length > 0 || step.isUsedElsewhere) return undefined;
  if (!next || /Normalization$/.test(next.type ?? '')) return undefined;
  const activation = activationOf(module, step);
  const splits = isHiddenActivation(activation);
  const isSplitAlready = activation === 'linear' && isActivationStep(next);
  if (!splits && !(isSplitAlready && isHiddenActivation(activationOf(module, next)))) {
    return undefined;
  }
  const bias = layer.args.find(({ name }) => name === 'use_bias');
  if (bias) {
    return unavailable(
      facts,
      step.node,
      'use_bias is set here; add layers.BatchNormalization() by hand',
    );
  }
  if (layer.args.some(({ isSplat }) => isSplat)) return undefined;
  if (usesBias(module)) {
    return unavailable(facts, step.node, 'The file reads the bias of layers, which would go');
  }
  const given = activationArgument(step);
  if (splits && given?.name === undefined) {
    return unavailable(
      facts,
      step.node,
      'The activation has no name here; write activation=… first',
    );
  }
  const norm = layerBeside(module, layer.callee, 'BatchNormalization');
  const after = layerBeside(module, layer.callee, 'Activation');
  if (!norm || !after)
    return unavailable(facts, step.node, 'BatchNormalization means something else here');
  const added = [
    { written: { ...norm, text: `${norm.text}()` }, attribute: 'batch_norm' },
    ...(splits && given
      ? [
          {
            written: { ...after, text: `${after.text}(${textOf(source, given.value)})` },
            attribute: 'activation',
          },
        ]
      : []),
  ];
  const layers = insertLayers(module, step, step, added);
  if (typeof layers === 'string') return unavailable(facts, step.node, layers);
  const label = 'Leave the bias out';
  const withoutActivation: readonly TextEdit[] =
    splits && given
      ? [
          {
            start: given.value.start,
            end: given.value.end,
            newText: 'None',
            label: 'Move the activation',
          },
        ]
      : [];
  const edits = merged([
    ...withoutActivation,
    ...addKeyword(source, layer.call, 'use_bias=False', label),
    ...layers,
  ]);
  return offered(facts, step.node, detail, edits);
}

/** `use_bias=False` may end where an element of the list goes in: edits in the order in which they are applied. */
function merged(edits: readonly TextEdit[]): readonly TextEdit[] {
  return [...edits].sort((a, b) => a.start - b.start);
}

const usesBias = (module: Module): boolean =>
  nodesIn(module.source.root).some(
    (node) => node.type === 'attribute' && /\.bias$/.test(textOf(module.source, node)),
  );

function presentOffer(module: Module, step: Step): RecipeOffer {
  return present({ ...facts, title: 'Batch normalization' }, step.node, {
    detail: 'Between a layer and its activation, it makes a bias of the layer superfluous',
    removal: () => removal(module, step),
  });
}

/** Gives the layer before it its bias back, and the activation that was moved behind it. */
function removal(module: Module, step: Step): readonly TextEdit[] | undefined {
  const { source } = module;
  const [before] = step.previous;
  const [after, ...others] = step.next;
  const layer = before?.layer;
  const bias = layer?.args.find(({ name }) => name === 'use_bias');
  const moved = before && activationArgument(before);
  const wasMoved =
    moved?.value.type === 'none' && after?.type === 'Activation' && others.length === 0;
  const layers = removeLayers(
    module,
    wasMoved ? [step, after] : [step],
    'Remove batch normalization',
  );
  if (!layers) return undefined;
  const edits: TextEdit[] = [...layers];
  if (layer && bias && textOf(source, bias.value) === 'False') {
    edits.push(...removeArgument(source, layer.call, bias, 'Give the bias back'));
  }
  const activation = wasMoved ? activationArgument(after) : undefined;
  if (moved && activation) {
    const newText = textOf(source, activation.value);
    edits.push({
      start: moved.value.start,
      end: moved.value.end,
      newText,
      label: 'Move the activation back',
    });
  }
  return edits;
}
