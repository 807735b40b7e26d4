import type { Module } from '../../module';
import { argumentsOf, textOf } from '../../syntax';
import { rangeOf } from '../../textEdit';
import type { TextEdit } from '../../textEdit';
import { trainerCalls } from '../../torch/trainerCalls';
import type { TrainerCall } from '../../torch/trainerCalls';
import { shardedBy } from '../../torch/sharding';
import { isBroken } from '../brokenCode';
import type { Recipe, RecipeOffer } from '../recipe';
import { isL1Norm } from './l1';
import { sumOverParameters } from './penalties';
import { addCallback, callbackIn, removeCallback } from './trainerCallback';
import type { WeightCallback } from './trainerCallback';
import { addTrainerTerm, removeTrainerTerm, trainerTerm } from './trainerLoss';

const proximal: WeightCallback = {
  name: 'ProximalL1',
  summary: 'Soft-threshold the weights after every optimizer step (exact zeros).',
  parameter: 'strength',
  value: '${1:1e-1}',
  change: ({ torch }) =>
    `p.copy_(${torch}.nn.functional.softshrink(p, group["lr"] * self.strength))`,
  marker: 'softshrink',
};

/** L1 with Hugging Face's Trainer: a callback that takes the proximal step, or a term on the loss. */
export const trainerL1: Recipe = {
  technique: 'l1',
  framework: 'Hugging Face Trainer',
  language: 'python',
  find: (module) => trainerCalls(module).flatMap((trainer) => offersFor(module, trainer)),
};

function offersFor(module: Module, trainer: TrainerCall): readonly RecipeOffer[] {
  const { source } = module;
  const { call } = trainer;
  const fixed = { technique: 'l1', where: rangeOf(call), edits: () => [] } as const;
  const byStep = { variant: 'trainer.l1.proximal', title: 'L1 (sparse) in the Trainer' };
  const byLoss = { variant: 'trainer.l1.loss', title: 'L1 on the loss of the Trainer' };

  const use = callbackIn(module, trainer, proximal.marker);
  if (use) {
    const strength = argumentsOf(source, use)[0]?.value;
    const detail = 'A callback soft-thresholds the weights after each step';
    return [
      {
        ...fixed,
        ...byStep,
        state: 'present',
        detail,
        ...(strength ? { strength: rangeOf(strength) } : {}),
        removal: () => removeCallback(module, trainer, use, proximal.name),
      },
    ];
  }
  const term = trainerTerm(module, trainer, isL1Norm);
  if (term) {
    const { strength } = term;
    const detail = `The absolute weights are added to the loss${strength ? `, times ${textOf(source, strength)}` : ''}`;
    return [
      {
        ...fixed,
        ...byLoss,
        state: 'present',
        detail,
        ...(strength ? { strength: rangeOf(strength) } : {}),
        removal: () => removeTrainerTerm(module, trainer, term),
      },
    ];
  }
  const sharded = shardedBy(module);
  if (isBroken(call) || sharded !== undefined) {
    const detail =
      sharded === undefined
        ? 'The code around this Trainer has a syntax error'
        : `${sharded} flattens the parameters, so that weights cannot be told from biases`;
    return [{ ...fixed, ...byStep, title: `Add ${byStep.title}`, state: 'unavailable', detail }];
  }
  const offered = (
    facts: Pick<RecipeOffer, 'variant' | 'title' | 'detail'>,
    edits: readonly TextEdit[] | undefined,
  ): readonly RecipeOffer[] =>
    edits ? [{ ...fixed, ...facts, state: 'offered', edits: () => edits }] : [];
  return [
    ...offered(
      {
        ...byStep,
        title: 'Add L1 (sparse) to the Trainer: soft-threshold the weights after each step',
        detail:
          "A callback moves every weight towards zero by learning rate × 1e-1 after each step and sets it to exactly zero when it would cross. The strength suits the Trainer's AdamW. Matrices and embeddings only: biases and norms stay. With FSDP or DeepSpeed, which the Trainer may be told to use, it has no effect.",
      },
      addCallback(module, trainer, proximal),
    ),
    ...offered(
      {
        ...byLoss,
        title: 'Add L1 to the loss of the Trainer: small weights, no exact zeros',
        detail:
          'A subclass adds 1e-5 × the sum of all absolute weights to the loss of training; evaluation keeps the plain loss. AdamW rescales the gradient of the term, so that its strength says little: the callback is the better way.',
      },
      addTrainerTerm(
        module,
        trainer,
        '${1:1e-5} * ' + sumOverParameters(['model'], 'p.abs().sum()'),
      ),
    ),
  ];
}
