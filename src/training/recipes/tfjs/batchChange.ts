import type { Helper } from '../../javascript/edits/helper';
import { fitsIn } from '../../javascript/fits';
import { layersIn } from '../../javascript/layers';
import type { JavaScriptModule } from '../../javascript/module';
import { sizesOf } from '../../javascript/numbers';
import {
  argumentsOf,
  bare,
  callsIn,
  literalText,
  methodOf,
  propertyOf,
} from '../../javascript/syntax';
import { textOf } from '../../syntax';
import type { JavaScriptRecipe } from '../recipe';
import { arraysOffer } from './arraysChange';
import { datasetOffer } from './datasetChange';
import { cutout, mixup, randomShift } from './helpers/images';
import { framework } from './offer';

/** A random change of the training batches. */
export interface BatchChange {
  readonly technique: 'augmentation' | 'cutout' | 'mixup';
  readonly helper: Helper;
  /** After "Add". */
  readonly words: string;
  readonly detail: string;
  /** Strength with its stop. */
  readonly strength: string;
  /** Whether the labels change too. */
  readonly isOfLabels: boolean;
}

const changes: readonly BatchChange[] = [
  {
    technique: 'augmentation',
    helper: randomShift,
    words: 'random shifts of the training images',
    detail:
      'Each image is shifted by up to one pixel each way, anew in each epoch; about a tenth of the side is common. Only training batches change. Flips are left to you: digits and text have none.',
    strength: '${1:1}',
    isOfLabels: false,
  },
  {
    technique: 'cutout',
    helper: cutout,
    words: 'cutout of the training images',
    detail:
      'A square of 4 pixels is zeroed in each image, anew in each epoch; a quarter to half of the side is common. The squares may overlap the border. Only training batches change.',
    strength: '${1:4}',
    isOfLabels: false,
  },
  {
    technique: 'mixup',
    helper: mixup,
    words: 'mixup of the training batches',
    detail:
      'Each sample and its label are mixed with a random partner, weights from Beta(0.2, 0.2); 0.2 for large data, 1 for small images. Labels must be one-hot floats. The training accuracy is against mixed labels and says little; that of validation is as before.',
    strength: '${1:0.2}',
    isOfLabels: true,
  },
];

/** Changes of the batches: in a dataset behind `batch`, or in a loop over epochs of fit on tensors. */
export const batchChanges: readonly JavaScriptRecipe[] = changes.map((change) => ({
  technique: change.technique,
  framework,
  language: 'javascript',
  find: (module) => {
    const fits = fitsIn(module);
    if (fits.length === 0) return [];
    const isApplicable = change.isOfLabels ? isOneHot(module) : takesImages(module);
    return fits.flatMap((fit) => {
      const offer =
        fit.method === 'fit'
          ? arraysOffer(module, fit, change, isApplicable)
          : datasetOffer(module, fit, change, isApplicable);
      return offer ? [offer] : [];
    });
  },
}));

/** Whether the file's models begin with images: a literal input shape of (h, w, c). */
function takesImages(module: JavaScriptModule): boolean {
  const shapes = layersIn(module).flatMap((layer) => {
    const shape = layer.config && propertyOf(module.source, layer.config, 'inputShape')?.value;
    return shape ? [shape] : [];
  });
  const inputs = callsIn(module.source.root).flatMap((call) => {
    const callee = call.children[0];
    const [first] = argumentsOf(call);
    const options = first && bare(first);
    const isInput = callee && /^tf(?:\.layers)?\.input$/.test(module.names.origin(callee) ?? '');
    const shape =
      isInput === true && options?.type === 'object'
        ? propertyOf(module.source, options, 'shape')?.value
        : undefined;
    return shape ? [shape] : [];
  });
  const all = [...shapes, ...inputs];
  return all.length > 0 && all.every((shape) => sizesOf(module, shape)?.length === 3);
}

/** Whether the loss takes one-hot labels. */
function isOneHot(module: JavaScriptModule): boolean {
  const { source } = module;
  const losses = callsIn(source.root).flatMap((call) => {
    if (methodOf(source, call)?.name !== 'compile') return [];
    const [first] = argumentsOf(call);
    const options = first && bare(first);
    const loss =
      options?.type === 'object' ? propertyOf(source, options, 'loss')?.value : undefined;
    return loss ? [loss] : [undefined];
  });
  return (
    losses.length > 0 &&
    losses.every(
      (loss) =>
        loss !== undefined &&
        (literalText(source, loss) === 'categoricalCrossentropy' ||
          textOf(source, loss).startsWith('smoothedCrossentropy(')),
    )
  );
}
