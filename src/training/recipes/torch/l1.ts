import { qualifiedName } from '../../edits/addImport';
import { removeUnused } from '../../edits/removal';
import type { Module } from '../../module';
import { argumentsOf, fieldOf, textOf } from '../../syntax';
import { rangeOf } from '../../textEdit';
import type { TextEdit } from '../../textEdit';
import { lossPlaces } from '../../torch/lossPlaces';
import type { LossPlace } from '../../torch/lossPlaces';
import { ownNodes } from '../../torch/optimizerSteps';
import { shardedBy } from '../../torch/sharding';
import { isBroken } from '../brokenCode';
import type { Recipe, RecipeOffer } from '../recipe';
import { addAfterStep, foundAfterStep, removeAfterStep } from './afterStep';
import type { WeightRule } from './afterStep';
import { addTerm, removeTerm } from './lossTerm';
import { presentTerm, spanOf, sumOverParameters } from './penalties';
import { pruningAfterTraining, pruningIn } from './pruning';

/**
 * L1 in training loops and in Lightning: a proximal step, which makes exact zeros, a term on the loss, which does not, or
 * pruning once training is over.
 *
 * @see Parikh & Boyd, Proximal Algorithms, 2014, section 6.5.2 (soft thresholding)
 */
export const torchL1: Recipe = {
  technique: 'l1',
  framework: 'PyTorch',
  language: 'python',
  find: (module) => {
    const sharded = shardedBy(module);
    return lossPlaces(module).flatMap((place) => offersFor(module, place, sharded));
  },
};

function offersFor(
  module: Module,
  place: LossPlace,
  sharded: string | undefined,
): readonly RecipeOffer[] {
  const { where, models, lightning } = place;
  const family = lightning ? 'lightning' : 'torch';
  const fixed = { technique: 'l1', where, edits: () => [] } as const;
  const present = presentAt(module, place, family);
  if (present) return [{ ...fixed, ...present, state: 'present' }];
  const title = 'Add L1 (sparse): soft-threshold the weights after each step';
  const variant = `${family}.l1.proximal`;
  const unavailable = (detail: string): readonly RecipeOffer[] => [
    { ...fixed, variant, title, state: 'unavailable', detail },
  ];
  if (isBroken(place.loss.use)) return unavailable('The code around this loss has a syntax error');
  if (sharded !== undefined) {
    return unavailable(
      `${sharded} flattens the parameters, so that weights cannot be told from biases`,
    );
  }

  const offers: RecipeOffer[] = [];
  const offer = (
    facts: Pick<RecipeOffer, 'variant' | 'title' | 'detail'>,
    edits?: readonly TextEdit[],
  ): void => {
    if (edits) offers.push({ ...fixed, ...facts, state: 'offered', edits: () => edits });
  };
  const lineSearch = place.step?.takesClosure === true || place.optimizer === 'torch.optim.LBFGS';
  if (!lineSearch) {
    const strength = proximalStrength(place.optimizer);
    const detail = proximalDetail(place, strength);
    offer({ variant, title, detail }, addAfterStep(module, place, softThreshold(module, place)));
  }
  if (models.length > 0) {
    const pattern = '${1:1e-4} * ' + sumOverParameters(models, 'p.abs().sum()');
    const edits = addTerm(
      module,
      place.loss,
      pattern,
      'Add the L1 norm of the weights to the loss',
    );
    offer(
      {
        variant: `${family}.l1.loss`,
        title: 'Add L1 to the loss: small weights, no exact zeros',
        detail: lossDetail(module, place),
      },
      edits,
    );
    const pruning = lightning ? undefined : pruningAfterTraining(module, place);
    offer(
      {
        variant: 'torch.l1.pruning',
        title: 'Prune the smallest weights after training',
        detail:
          'Sets the 50 % smallest weights of all linear and convolutional layers to zero once training is over. No training follows, so accuracy drops with the share; biases and norms stay.',
      },
      pruning,
    );
  }
  return offers;
}

/** Thresholds that act over some hundred steps: each is multiplied by the learning rate, which differs between optimizers. */
function proximalStrength(origin: string | undefined): string {
  switch (origin) {
    case 'torch.optim.Adam':
    case 'torch.optim.AdamW':
    case 'torch.optim.NAdam':
    case 'torch.optim.RAdam':
    case 'torch.optim.Adamax':
      return '1e-1';
    case 'torch.optim.RMSprop':
    case 'torch.optim.Adagrad':
      return '1e-2';
    case 'torch.optim.Adadelta':
      return '1e-4';
    default:
      return '1e-3';
  }
}

function softThreshold(module: Module, place: LossPlace): WeightRule {
  const at = place.step?.statement ?? place.loss.use;
  const softshrink = qualifiedName(module, 'torch.nn.functional.softshrink', at, {
    fallback: {
      line: 'import torch.nn.functional as F',
      binds: 'F',
      origin: 'torch.nn.functional',
    },
  });
  return {
    comment: 'proximal L1 step: exact zeros',
    marker: 'softshrink',
    label: 'Soft-threshold the weights after the step',
    change: ({ p, group }) =>
      softshrink && {
        pattern: `${p}.copy_(${softshrink.text}(${p}, ${group}["lr"] * \${1:${proximalStrength(place.optimizer)}}))`,
        imports: softshrink.imports,
      },
  };
}

function proximalDetail({ optimizer }: LossPlace, strength: string): string {
  const sentences = [
    `Each step moves every weight towards zero by learning rate × ${strength} and sets it to exactly zero when it would cross: the proximal step of L1. A term on the loss gives small weights, but no zeros.`,
    'Matrices and kernels only: biases and norms stay.',
  ];
  if (optimizer === 'torch.optim.SGD') {
    sentences.push(
      'Momentum m multiplies what a term on the loss would do by up to 1 / (1 − m), but not the threshold: raise the strength for the same effect.',
    );
  }
  return sentences.join(' ');
}

function lossDetail(module: Module, { loss, optimizer, lightning }: LossPlace): string {
  const sentences = [
    'Adds 1e-4 × the sum of all absolute weights to the loss, matrices and kernels only. 1e-5…1e-3 are common for a mean loss; the sum grows with the number of weights.',
    'Weights become small but not exactly zero, and the loss that is logged contains the term.',
  ];
  if (lightning) sentences.push('Validation keeps the plain loss.');
  if (/Adam|RMSprop|Adagrad/.test(optimizer ?? '')) {
    sentences.push(
      'This optimizer rescales the gradient of the term, so that its strength says little: the proximal step is the better way.',
    );
  }
  const scope = textOf(module.source, loss.scope);
  if (/reduction\s*=\s*['"]sum['"]/.test(scope)) {
    sentences.push('The loss is a sum over the batch: multiply the strength by the batch size.');
  }
  return sentences.join(' ');
}

type Present = Pick<RecipeOffer, 'variant' | 'title' | 'detail'> &
  Partial<Pick<RecipeOffer, 'strength' | 'removal'>>;

function presentAt(module: Module, place: LossPlace, family: string): Present | undefined {
  const { source } = module;
  const proximal = foundAfterStep(module, place, 'softshrink');
  if (proximal) {
    const threshold = argumentsOf(source, proximal.call)[1]?.value;
    const strength = threshold && fieldOf(threshold, 'right');
    return {
      variant: `${family}.l1.proximal`,
      title: 'L1 (sparse)',
      detail: `The weights are soft-thresholded after each step${strength ? `, by learning rate × ${textOf(source, strength)}` : ''}`,
      ...(strength ? { strength: rangeOf(strength) } : {}),
      removal: () => {
        const edit = removeAfterStep(module, proximal, 'Remove the proximal step');
        return edit && [edit, ...withoutImports(module, edit)];
      },
    };
  }
  const term = presentTerm(module, place, isL1Norm);
  if (term) {
    const { strength } = term;
    return {
      variant: `${family}.l1.loss`,
      title: 'L1 on the loss',
      detail: `The absolute weights are added to the loss${strength ? `, times ${textOf(source, strength)}` : ''}`,
      ...(strength ? { strength: rangeOf(strength) } : {}),
      removal: () => removeTerm(module, term, 'Remove the L1 term'),
    };
  }
  const pruned = pruningIn(module);
  if (pruned) return pruned;
  const { start, end } = spanOf(module, place);
  const isSummed = ownNodes(module, place.loss.scope).some(
    (node) =>
      node.start >= start &&
      node.end <= end &&
      /^(?:for_statement|generator_expression|list_comprehension)$/.test(node.type) &&
      isL1Norm(textOf(source, node)),
  );
  if (!isSummed) return undefined;
  const detail = 'Absolute weights are summed up in this function';
  return { variant: `${family}.l1.loss`, title: 'L1 on the loss', detail };
}

function withoutImports(module: Module, edit: TextEdit): readonly TextEdit[] {
  const imports = ['import torch.nn.functional as F', 'import torch'];
  return removeUnused(module.source, { imports }, [edit]);
}

/** Whether an expression sums the absolute values of parameters: not `l1_loss`, which is about the data. */
export function isL1Norm(text: string): boolean {
  if (/\bl1_?(?:reg|norm|penalty|term)|\blasso/i.test(text) && !/l1_loss/.test(text)) return true;
  return (
    /parameters\(\)/.test(text) &&
    /\.abs\(\)\.(?:sum|mean)\(|\babs\([^()]*\)\.(?:sum|mean)\(|\.norm\((?:[^()]*[ ,])?(?:p ?= ?)?1\)|\.sum\((?:torch\.)?abs\(|\.sum\([^()]*\.abs\(\)/.test(
      text,
    )
  );
}
