import { insertItemBefore } from '../../edits/listItem';
import { removeUnused } from '../../edits/removal';
import type { Module } from '../../module';
import { nodesIn, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import { pipelinesOf } from '../../torch/dataPipelines';
import type { Pipeline, Transform } from '../../torch/dataPipelines';
import { isBroken } from '../brokenCode';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { importEdits, together } from './layerEdits';
import {
  conversionOf,
  cutBefore,
  pipelineImports,
  qualified,
  split,
  unsplit,
} from './pipelineEdits';

const random =
  /^(?:Random(?!Erasing|Apply$|Order$|Choice$)\w+|ColorJitter|RandAugment|AutoAugment|TrivialAugmentWide|AugMix|ElasticTransform|ScaleJitter)$/;
/** These decide the size of the image too, so that they cannot simply go. */
const resizing =
  /^(?:RandomResizedCrop|RandomResize|RandomShortestSize|RandomIoUCrop|RandomZoomOut)$/;

/** Random transforms of training images, never of test images. */
export const augmentation: PythonRecipe = {
  technique: 'augmentation',
  framework: 'PyTorch',
  language: 'python',
  find: (module) => {
    const pipelines = pipelinesOf(module);
    return pipelines.flatMap((pipeline) => {
      if (isBroken(pipeline.compose)) return [];
      const steps = pipeline.transforms.filter(({ name }) => random.test(name));
      return steps.length > 0
        ? [present(module, pipeline, steps)]
        : offerFor(module, pipelines, pipeline);
    });
  },
};

function offerFor(
  module: Module,
  pipelines: readonly Pipeline[],
  pipeline: Pipeline,
): readonly RecipeOffer[] {
  const offer = offerFacts(pipeline);
  const conversion = conversionOf(pipelines, pipeline);
  if (!offer || !conversion) return [];
  if (typeof offer.reason === 'string') {
    return [{ ...offer.facts, state: 'unavailable', detail: offer.reason }];
  }
  if (isAugmentedElsewhere(pipelines, pipeline)) return [];
  if (/\b(?:random_split|SubsetRandomSampler|Subset)\b/.test(module.source.text)) {
    const detail =
      'The file splits a dataset into training and validation data, which would then share the augmentation; give the two parts datasets of their own';
    return [{ ...offer.facts, state: 'unavailable', detail }];
  }
  const patterns = patternsFor(pipeline);
  const edits =
    pipeline.role === 'shared'
      ? split(module, pipeline, { before: patterns, after: [] })
      : inPlace(module, pipeline, conversion, patterns);
  if (!edits) return [];
  const where =
    pipeline.role === 'shared'
      ? 'Training and test data share this pipeline, so the training data gets one of its own.'
      : 'Only the training data goes through this pipeline.';
  return [
    {
      ...offer.facts,
      state: 'offered',
      detail: `${where} The transforms are drawn anew each time an image is read, before it becomes a tensor: ${patterns.map((text) => text.replace(/\$\{\d+:([^}]*)\}/g, '$1')).join(', ')}. Use only what leaves the label true: digits and letters must not be mirrored.`,
      edits: () => edits,
    },
  ];
}

/** What offers about a pipeline have in common, and why there is none; undefined where nothing should be said. */
export function offerFacts(pipeline: Pipeline):
  | {
      readonly facts: Pick<RecipeOffer, 'technique' | 'variant' | 'title' | 'where' | 'edits'>;
      readonly reason: string | undefined;
    }
  | undefined {
  const { role, compose } = pipeline;
  if (role === 'unknown' || role === 'test') return undefined;
  const isShared = role === 'shared';
  const facts = {
    technique: 'augmentation' as const,
    variant: isShared ? 'torch.augmentation.split' : 'torch.augmentation.compose',
    title: isShared ? 'Augment the training data only (split the transform)' : 'Add augmentation',
    where: { start: compose.start, end: compose.end },
    edits: () => [],
  };
  const reason =
    role === 'paired'
      ? 'Inputs and targets of this dataset are transformed apart, and random transforms would no longer fit each other; torchvision.transforms.v2 can transform both at once'
      : undefined;
  return { facts, reason };
}

/** Whether the training data has a pipeline made of this one already. */
function isAugmentedElsewhere(pipelines: readonly Pipeline[], { name }: Pipeline): boolean {
  return pipelines.some(
    ({ transforms }) =>
      transforms.some(({ base }) => base !== undefined && base === name) &&
      transforms.some((step) => random.test(step.name)),
  );
}

const affine = 'RandomAffine(degrees=${1:10}, translate=(${2:0.1}, ${2:0.1}))';

function patternsFor({ uses }: Pipeline): readonly string[] {
  const dataset = uses.find(({ role }) => role === 'training')?.dataset ?? '';
  if (/^CIFAR100?$|^CIFAR10$/.test(dataset)) {
    return ['RandomCrop(32, padding=${1:4})', 'RandomHorizontalFlip(p=${2:0.5})'];
  }
  const isPhoto =
    /^(?:ImageFolder|ImageNet|STL10|FashionMNIST|Food101|Flowers102|OxfordIIITPet|StanfordCars|Imagenette|Caltech\d+|Places365)$/;
  return isPhoto.test(dataset) ? ['RandomHorizontalFlip(p=${3:0.5})', affine] : [affine];
}

function inPlace(
  module: Module,
  pipeline: Pipeline,
  conversion: Transform,
  patterns: readonly string[],
): readonly TextEdit[] | undefined {
  const found = qualified(module, pipeline, patterns);
  if (!found) return undefined;
  return together(
    found.patterns.flatMap((pattern) =>
      insertItemBefore(module.source, conversion.node, pattern, 'Augment the training data'),
    ),
    importEdits(module, found.imports, pipeline.compose),
  );
}

function present(module: Module, pipeline: Pipeline, steps: readonly Transform[]): RecipeOffer {
  const { compose, role } = pipeline;
  const names = steps.map(({ name }) => name).join(', ');
  const [first] = steps;
  const number =
    first && nodesIn(first.node).find(({ type }) => type === 'integer' || type === 'float');
  const isOnTest = role === 'test' || role === 'shared';
  return {
    technique: 'augmentation',
    variant: 'torch.augmentation.compose',
    title: 'Data augmentation',
    state: 'present',
    detail: `${names}${isOnTest ? ', on the test data as well' : ''}`,
    where: { start: compose.start, end: compose.end },
    edits: () => [],
    ...(number ? { strength: { start: number.start, end: number.end } } : {}),
    removal: () => removal(module, pipeline, steps),
  };
}

function removal(
  module: Module,
  pipeline: Pipeline,
  steps: readonly Transform[],
): readonly TextEdit[] | undefined {
  if (steps.some(({ name, node }) => resizing.test(name) || isUnpaddedCrop(module, name, node))) {
    return undefined;
  }
  const rest = pipeline.transforms.filter((step) => !steps.includes(step));
  const [only] = rest;
  if (rest.length === 1 && only?.base !== undefined && pipeline.name !== undefined) {
    return unsplit(module, pipeline, only.base);
  }
  const edits: TextEdit[] = [];
  for (let index = 0; index < pipeline.transforms.length; index++) {
    const first = pipeline.transforms[index];
    if (!first || !steps.includes(first)) continue;
    while (steps.includes(pipeline.transforms[index] ?? first)) {
      if (++index >= pipeline.transforms.length) return undefined;
    }
    const next = pipeline.transforms[index];
    const edit = next && cutBefore(module, first.node, next.node, 'Remove augmentation');
    if (!edit) return undefined;
    edits.push(edit);
  }
  return [...edits, ...removeUnused(module.source, { imports: pipelineImports }, edits)];
}

function isUnpaddedCrop({ source }: Module, name: string, node: Transform['node']): boolean {
  return name === 'RandomCrop' && !/\bpadding\s*=/.test(textOf(source, node));
}
