import { insertItemAfter, removeItem } from '../../edits/listItem';
import { removeUnused } from '../../edits/removal';
import type { Module } from '../../module';
import { argumentsOf, argumentValue, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import { pipelinesOf } from '../../torch/dataPipelines';
import type { Pipeline, Transform } from '../../torch/dataPipelines';
import { isBroken } from '../brokenCode';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { offerFacts } from './augmentation';
import { nonEmpty } from './dropoutPresent';
import { importEdits, together } from './layerEdits';
import { lastTensorStep, pipelineImports, qualified, split, unsplit } from './pipelineEdits';

/**
 * A random square of each training image set to 0, after normalization and so to the mean.
 *
 * @see DeVries & Taylor, Improved Regularization of Convolutional Neural Networks with Cutout, 2017
 */
export const cutout: PythonRecipe = {
  technique: 'cutout',
  framework: 'PyTorch',
  language: 'python',
  find: (module) => {
    const pipelines = pipelinesOf(module);
    return pipelines.flatMap((pipeline) => {
      if (isBroken(pipeline.compose)) return [];
      const step = pipeline.transforms.find(({ name }) => name === 'RandomErasing');
      return step ? [present(module, pipeline, step)] : offerFor(module, pipelines, pipeline);
    });
  },
};

const erasing = 'RandomErasing(p=${1:0.5}, scale=(${2:0.02}, ${3:0.2}), ratio=(1.0, 1.0))';

function offerFor(
  module: Module,
  pipelines: readonly Pipeline[],
  pipeline: Pipeline,
): readonly RecipeOffer[] {
  const offer = offerFacts(pipeline);
  const last = lastTensorStep(pipelines, pipeline);
  const isDone = pipelines.some(
    ({ transforms }) =>
      transforms.some(({ base }) => base !== undefined && base === pipeline.name) &&
      transforms.some(({ name }) => name === 'RandomErasing'),
  );
  const isSubset = /\b(?:random_split|SubsetRandomSampler|Subset)\b/.test(module.source.text);
  if (!offer || offer.reason !== undefined || !last || isDone || isSubset) return [];
  const edits =
    pipeline.role === 'shared'
      ? split(module, pipeline, { before: [], after: [erasing] })
      : inPlace(module, pipeline, last);
  if (!edits) return [];
  const isNormalized = pipeline.transforms.some(({ name }) => name === 'Normalize');
  return [
    {
      ...offer.facts,
      technique: 'cutout',
      variant: pipeline.role === 'shared' ? 'torch.cutout.split' : 'torch.cutout.compose',
      title:
        pipeline.role === 'shared'
          ? 'Erase squares of the training images only (split the transform)'
          : 'Add RandomErasing (cutout)',
      state: 'offered',
      detail: `Sets a square of 2 to 20 % of every second training image to 0${isNormalized ? ', which is the mean after Normalize' : ''}. It must stand behind ToTensor. The paper masks one square of fixed size in every image.`,
      edits: () => edits,
    },
  ];
}

function inPlace(
  module: Module,
  pipeline: Pipeline,
  last: Transform,
): readonly TextEdit[] | undefined {
  const found = qualified(module, pipeline, [erasing]);
  const [pattern] = found?.patterns ?? [];
  if (!found || pattern === undefined) return undefined;
  return together(
    nonEmpty(insertItemAfter(module.source, last.node, pattern, 'Erase random squares')),
    importEdits(module, found.imports, pipeline.compose),
  );
}

function present(module: Module, pipeline: Pipeline, step: Transform): RecipeOffer {
  const { source } = module;
  const rate = argumentValue(argumentsOf(source, step.node), 'p', 0);
  return {
    technique: 'cutout',
    variant: 'torch.cutout.compose',
    title: 'Random erasing',
    state: 'present',
    detail: `Erases a rectangle with probability ${rate ? textOf(source, rate) : '0.5'}`,
    where: { start: step.node.start, end: step.node.end },
    edits: () => [],
    ...(rate ? { strength: { start: rate.start, end: rate.end } } : {}),
    removal: () => {
      const rest = pipeline.transforms.filter((other) => other !== step);
      const [only] = rest;
      if (rest.length === 1 && only?.base !== undefined && pipeline.name !== undefined) {
        return unsplit(module, pipeline, only.base);
      }
      const edits = removeItem(source, step.node, 'Remove RandomErasing');
      if (edits.length === 0) return undefined;
      return [...edits, ...removeUnused(source, { imports: pipelineImports }, edits)];
    },
  };
}
