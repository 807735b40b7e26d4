import { removeUnused } from '../../edits/removal';
import type { Module } from '../../module';
import { argumentsOf, textOf } from '../../syntax';
import { rangeOf } from '../../textEdit';
import type { TextEdit } from '../../textEdit';
import { lossPlaces } from '../../torch/lossPlaces';
import type { LossPlace } from '../../torch/lossPlaces';
import { trainerCalls } from '../../torch/trainerCalls';
import type { TrainerCall } from '../../torch/trainerCalls';
import { shardedBy } from '../../torch/sharding';
import { isBroken } from '../brokenCode';
import type { Recipe, RecipeOffer } from '../recipe';
import { addAfterStep, foundAfterStep, removeAfterStep } from './afterStep';
import type { WeightRule } from './afterStep';
import { addCallback, callbackIn, removeCallback } from './trainerCallback';
import type { WeightCallback } from './trainerCallback';

const rule: WeightRule = {
  comment: 'max-norm: scale back units that have grown too long',
  marker: 'renorm_',
  label: 'Limit the length of the weights of each unit',
  change: ({ p }) => ({ pattern: `${p}.renorm_(p=2, dim=0, maxnorm=\${1:3.0})`, imports: [] }),
};

const callback: WeightCallback = {
  name: 'MaxNorm',
  summary: 'Scale back the weights of every unit that are longer than the limit.',
  parameter: 'limit',
  value: '${1:3.0}',
  change: () => 'p.renorm_(p=2, dim=0, maxnorm=self.limit)',
  marker: 'renorm',
};

const detail =
  'After each step the incoming weights of every unit or filter (a row of a matrix, a vector of an embedding) that are longer than 3 are scaled back to length 3; 1…4 are common, often together with dropout. Transposed convolutions have their units on the other axis.';

/**
 * Max-norm in training loops and in Lightning: PyTorch has no constraints on weights, so they are set after the step.
 *
 * @see Srivastava et al., Dropout, JMLR 2014, section 5.1
 */
export const torchMaxNorm: Recipe = {
  technique: 'max-norm',
  framework: 'PyTorch',
  language: 'python',
  find: (module) => {
    const sharded = shardedBy(module);
    return lossPlaces(module).flatMap((place) => offerAtPlace(module, place, sharded));
  },
};

/** The same with Hugging Face's Trainer, as a callback. */
export const trainerMaxNorm: Recipe = {
  technique: 'max-norm',
  framework: 'Hugging Face Trainer',
  language: 'python',
  find: (module) => {
    const sharded = shardedBy(module);
    return trainerCalls(module).flatMap((trainer) => offerAtTrainer(module, trainer, sharded));
  },
};

function offerAtPlace(
  module: Module,
  place: LossPlace,
  sharded: string | undefined,
): readonly RecipeOffer[] {
  const { source } = module;
  const offer = {
    technique: 'max-norm',
    variant: `${place.lightning ? 'lightning' : 'torch'}.max-norm.step`,
    where: place.where,
    edits: () => [],
  } as const;
  const found = foundAfterStep(module, place, 'renorm_');
  if (found) {
    const limit = argumentsOf(source, found.call).find(({ name }) => name === 'maxnorm')?.value;
    return [
      {
        ...offer,
        title: 'Max-norm',
        state: 'present',
        detail: `Units are scaled back after each step${limit ? `, to at most ${textOf(source, limit)}` : ''}`,
        ...(limit ? { strength: rangeOf(limit) } : {}),
        removal: () => {
          const edit = removeAfterStep(module, found, 'Remove max-norm');
          return edit && [edit, ...removeUnused(source, { imports: ['import torch'] }, [edit])];
        },
      },
    ];
  }
  const isSearch = place.step?.takesClosure === true || place.optimizer === 'torch.optim.LBFGS';
  if (isSearch || sharded !== undefined || isBroken(place.loss.use)) return [];
  return offered(offer, addAfterStep(module, place, rule));
}

function offerAtTrainer(
  module: Module,
  trainer: TrainerCall,
  sharded: string | undefined,
): readonly RecipeOffer[] {
  const { call } = trainer;
  const offer = {
    technique: 'max-norm',
    variant: 'trainer.max-norm.step',
    where: rangeOf(call),
    edits: () => [],
  } as const;
  const use = callbackIn(module, trainer, callback.marker);
  if (use) {
    const limit = argumentsOf(module.source, use)[0]?.value;
    return [
      {
        ...offer,
        title: 'Max-norm in the Trainer',
        state: 'present',
        detail: 'A callback scales units back after each step',
        ...(limit ? { strength: rangeOf(limit) } : {}),
        removal: () => removeCallback(module, trainer, use, callback.name),
      },
    ];
  }
  if (isBroken(call) || sharded !== undefined) return [];
  return offered(offer, addCallback(module, trainer, callback));
}

function offered(
  offer: Omit<RecipeOffer, 'title' | 'detail' | 'state'>,
  edits: readonly TextEdit[] | undefined,
): readonly RecipeOffer[] {
  const title = 'Add a max-norm constraint after each step';
  return edits ? [{ ...offer, title, state: 'offered', detail, edits: () => edits }] : [];
}
