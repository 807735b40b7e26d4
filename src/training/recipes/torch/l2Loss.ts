import type { Module } from '../../module';
import { textOf } from '../../syntax';
import { lossPlaces } from '../../torch/lossPlaces';
import type { LossPlace } from '../../torch/lossPlaces';
import { rangeOf } from '../../textEdit';
import { isBroken } from '../brokenCode';
import type { Recipe, RecipeOffer } from '../recipe';
import { addTerm, removeTerm } from './lossTerm';
import { presentTerm, sumOverParameters } from './penalties';
import { torchOptimizers } from './torchOptimizers';

/** L2 as a term on the loss, for the optimizers that have no weight decay: LBFGS, Rprop, SparseAdam. */
export const torchL2Loss: Recipe = {
  technique: 'l2',
  framework: 'PyTorch',
  language: 'python',
  find: (module) => lossPlaces(module).flatMap((place) => offerFor(module, place)),
};

function offerFor(module: Module, place: LossPlace): readonly RecipeOffer[] {
  const { loss, models, where, optimizer } = place;
  const offer = {
    technique: 'l2',
    variant: `${place.lightning ? 'lightning' : 'torch'}.l2.loss`,
    where,
    edits: () => [],
  } as const;
  const term = presentTerm(module, place, isL2Norm);
  if (term) {
    const { strength } = term;
    const times = strength ? `, times ${textOf(module.source, strength)}` : '';
    return [
      {
        ...offer,
        title: 'L2 on the loss',
        state: 'present',
        detail: `The squares of the weights are added to the loss${times}`,
        ...(strength ? { strength: rangeOf(strength) } : {}),
        removal: () => removeTerm(module, term, 'Remove the L2 term'),
      },
    ];
  }
  const facts = torchOptimizers.get(optimizer ?? '');
  if (facts?.decay !== 'none' || models.length === 0 || isBroken(loss.use)) return [];
  const pattern = '${1:1e-4} * ' + sumOverParameters(models, 'p.square().sum()');
  const edits = addTerm(module, loss, pattern, 'Add the squares of the weights to the loss');
  if (!edits) return [];
  return [
    {
      ...offer,
      title: `Add L2 to the loss: ${facts.name} has no weight decay`,
      state: 'offered',
      detail:
        'Adds 1e-4 × the sum of all squared weights to the loss, matrices and kernels only; 1e-5…1e-3 are common for a mean loss. It acts as a weight decay of 2e-4 would, and the loss that is logged contains it.',
      edits: () => edits,
    },
  ];
}

/** Whether an expression sums the squares of parameters. */
function isL2Norm(text: string): boolean {
  if (/\bl2_?(?:reg|norm|penalty|term)/i.test(text)) return true;
  return (
    /parameters\(\)/.test(text) &&
    /\.square\(\)\.(?:sum|mean)\(|\.pow\(2(?:\.0)?\)\.(?:sum|mean)\(|\*\* ?2(?:\.0)?\)\.(?:sum|mean)\(|\.norm\((?:2|p ?= ?2)?\)|\.norm\(\w+(?:, ?(?:2|p ?= ?2))?\)/.test(
      text,
    ) &&
    !/\beye\(|grad/.test(text)
  );
}
