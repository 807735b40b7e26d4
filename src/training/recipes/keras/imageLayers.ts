import { addImports } from '../../edits/addImport';
import { insertAfter } from '../../edits/insertStatement';
import { insertItemAfter } from '../../edits/listItem';
import { removeStatement, removeUnused } from '../../edits/removal';
import { imageInputs, isUnitRescaling } from '../../keras/inputs';
import type { ImageInput } from '../../keras/inputs';
import { layerCallsIn } from '../../keras/layerCalls';
import { stepsOf } from '../../keras/flow';
import type { Step } from '../../keras/step';
import type { Module } from '../../module';
import { argumentsOf, nodesIn, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import { datasetAugmentationOffers, datasetAugmentationRemoval } from './datasetAugmentation';
import { insertLayers, removeLayers } from './insertedStep';
import { offered, present, unavailable } from './offer';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { layerBeside } from './written';

interface ImageVariant {
  readonly facts: Pick<RecipeOffer, 'technique' | 'variant' | 'title'>;
  readonly titlePresent: string;
  readonly type: string;
  readonly args: string;
  readonly detail: string;
}

const translation: ImageVariant = {
  facts: {
    technique: 'augmentation',
    variant: 'keras.augmentation.translation',
    title: 'Shift training images at random',
  },
  titlePresent: 'Data augmentation',
  type: 'RandomTranslation',
  args: '${1:0.1}, ${1:0.1}, fill_mode="constant"',
  detail:
    'Shifts each training image by up to a tenth of its size, and does nothing at test time. As a layer it is part of the model and saved with it; predict and evaluate turn it off, model(x) only with training=False.',
};

const flip: ImageVariant = {
  facts: {
    technique: 'augmentation',
    variant: 'keras.augmentation.flip',
    title: 'Mirror training images at random',
  },
  titlePresent: 'Data augmentation',
  type: 'RandomFlip',
  args: '"horizontal"',
  detail:
    'Mirrors half of the training images, and does nothing at test time. Right for photographs; wrong for digits, text and whatever has a left and a right.',
};

const erasing: ImageVariant = {
  facts: {
    technique: 'cutout',
    variant: 'keras.cutout.random-erasing',
    title: 'Erase a part of training images at random (cutout)',
  },
  titlePresent: 'Random erasing',
  type: 'RandomErasing',
  args: 'factor=${1:0.5}, scale=(${2:0.05}, ${3:0.2}), fill_value=0.0, value_range=(0, 1)',
  detail:
    'Erases a rectangle of 5…20 % of the image with zeros in training; Keras draws the probability from 0…factor. Without fill_value Keras fills with noise of up to 255, whatever the range of the images. Keras 3.10 and later.',
};

const augmentations =
  /^(?:Random(?:Flip|Translation|Rotation|Zoom|Crop|Contrast|Brightness|Height|Width|ColorJitter|Shear|Perspective|Hue|Saturation)|RandAugment|AugMix|AutoContrast|CutMix)$/;

export const augmentationLayers = imageRecipe(
  [translation, flip],
  augmentations,
  datasetAugmentationOffers,
);
export const cutoutLayers = imageRecipe([erasing], /^(?:RandomErasing|RandomCutout|Cutout)$/);

function imageRecipe(
  variants: readonly ImageVariant[],
  types: RegExp,
  more: (module: Module) => readonly RecipeOffer[] = () => [],
): PythonRecipe {
  const [first] = variants;
  return {
    technique: first?.facts.technique ?? 'augmentation',
    framework: 'Keras',
    language: 'python',
    find: (module) => {
      const there = layerCallsIn(module, module.source.root).filter(({ type }) => types.test(type));
      if (there.length > 0 && first) {
        return there.map(({ call, type, args }) =>
          present({ ...first.facts, title: `${first.titlePresent}: ${type}` }, call, {
            detail: args.map(({ node }) => textOf(module.source, node)).join(', '),
            strength: args[0]?.value,
            removal: () => {
              const step = stepsOf(module).find((candidate) => candidate.layer?.call === call);
              return step ? removal(module, step) : datasetAugmentationRemoval(module, call);
            },
          }),
        );
      }
      return [
        ...imageInputs(module).flatMap((input) =>
          variants.map((variant) => offerFor(module, input, variant)),
        ),
        ...more(module),
      ];
    },
  };
}

function offerFor(module: Module, input: ImageInput, variant: ImageVariant): RecipeOffer {
  const { source } = module;
  const { facts, type, args, detail } = variant;
  const written = layerBeside(module, input.callee, type);
  if (!written) return unavailable(facts, input.call, `${type} means something else in this file`);
  const text = `${written.text}(${args})`;
  const imports =
    written.imports.length > 0 ? addImports(source, written.imports, input.call) : undefined;
  const label = `Add ${type}`;

  // Holes of zeros belong behind the rescaling, where zeros are what they seem to be.
  const rescaling = input.first.find((step) => isUnitRescaling(module, step));
  if (type === 'RandomErasing' && rescaling) {
    const edits = insertLayers(module, rescaling, rescaling, [
      { written: { text, imports: written.imports }, attribute: 'random_erasing' },
    ]);
    return offered(facts, input.call, detail, edits);
  }
  if (input.form === 'item') {
    const edits = insertItemAfter(source, input.call, text, label);
    return offered(facts, input.call, detail, [...(imports ? [imports] : []), ...edits]);
  }
  const { name, statement, use } = input;
  const target = input.first[0]?.target;
  if (name === undefined || !statement || !use || target === undefined) {
    return unavailable(facts, input.call, 'What the input goes to has no name of its own');
  }
  const line = insertAfter(source, statement, `${target} = ${text}(${name})`, label);
  if (!line) return unavailable(facts, input.call, 'Another statement stands on this line');
  return offered(facts, input.call, detail, [
    ...(imports ? [imports] : []),
    line,
    { start: use.start, end: use.end, newText: target, label: 'Use the changed images' },
  ]);
}

/** Takes the layer out; what came after it is applied to what it was applied to. */
function removal(module: Module, step: Step): readonly TextEdit[] | undefined {
  const { source } = module;
  const label = 'Remove the layer';
  const plain = removeLayers(module, [step], label);
  if (plain || step.form !== 'applied') return plain;
  const { statement, target } = step;
  const [input, ...others] = argumentsOf(source, step.node);
  const [next, ...more] = step.next;
  const use =
    next && argumentsOf(source, next.node).find(({ value }) => textOf(source, value) === target);
  const cut = statement && removeStatement(source, statement, label);
  if (!input || others.length > 0 || !use || more.length > 0 || !cut || !step.layer)
    return undefined;
  const isOnlyUse = nodesIn(next.node).filter(
    (node) => node.type === 'identifier' && textOf(source, node) === target,
  );
  if (isOnlyUse.length !== 1) return undefined;
  const { start, end } = use.value;
  const edits = [cut, { start, end, newText: textOf(source, input.value), label }];
  const imports = ['keras', 'tensorflow.keras'].map(
    (name) => `from ${name}.layers import ${step.type ?? ''}`,
  );
  return [...removeUnused(source, { imports }, edits), ...edits];
}
