import { insertHelper } from '../../edits/helper';
import { removeUnused } from '../../edits/removal';
import type { Module } from '../../module';
import { textOf } from '../../syntax';
import { rangeOf } from '../../textEdit';
import type { TextEdit } from '../../textEdit';
import { lossPlaces } from '../../torch/lossPlaces';
import type { LossPlace } from '../../torch/lossPlaces';
import { trainerCalls } from '../../torch/trainerCalls';
import type { TrainerCall } from '../../torch/trainerCalls';
import { shardedBy } from '../../torch/sharding';
import { isBroken } from '../brokenCode';
import type { Recipe, RecipeOffer } from '../recipe';
import { gramImports, gramPenalty, gramVariant, helperFor, sripPenalty } from './gramHelpers';
import type { GramPenalty } from './gramHelpers';
import { addTerm, removeTerm } from './lossTerm';
import type { LossTerm } from './lossTerm';
import { presentTerm } from './penalties';
import { addTrainerTerm, removeTrainerTerm, trainerTerm } from './trainerLoss';

const penalties: readonly GramPenalty[] = [gramPenalty, sripPenalty];

const details: Record<GramPenalty['variant'], string> = {
  gram: 'Adds 1e-3 × Σ ‖W Wᵀ − I‖² over all linear and convolutional layers to the loss, on the smaller side of each weight matrix. 1e-4…1e-2 are common: it is a sum of squares, not a mean. The output layer is pulled as well.',
  srip: 'Adds 1e-2 × the largest singular value of W Wᵀ − I of each layer to the loss (SRIP, two power iterations). It looks at the worst direction only, so that its strength depends less on the size of a layer; the value is an estimate that changes from step to step.',
};

/** Soft orthogonality as a term on the loss, in loops and in Lightning. */
export const torchOrthogonality: Recipe = {
  technique: 'orthogonality',
  framework: 'PyTorch',
  language: 'python',
  find: (module) => {
    const sharded = shardedBy(module);
    return lossPlaces(module).flatMap((place) => offersAtPlace(module, place, sharded));
  },
};

/** The same with Hugging Face's Trainer. */
export const trainerOrthogonality: Recipe = {
  technique: 'orthogonality',
  framework: 'Hugging Face Trainer',
  language: 'python',
  find: (module) => {
    const sharded = shardedBy(module);
    return trainerCalls(module).flatMap((trainer) => offersAtTrainer(module, trainer, sharded));
  },
};

function offersAtPlace(
  module: Module,
  place: LossPlace,
  sharded: string | undefined,
): readonly RecipeOffer[] {
  const { where, models, loss } = place;
  const family = place.lightning ? 'lightning' : 'torch';
  const term = presentTerm(module, place, (text) => gramVariant(text) !== undefined);
  if (term) {
    return [
      presentOffer(module, family, where, term, () => {
        const edits = removeTerm(module, term, 'Remove the penalty');
        return edits && [...edits, ...unused(module, edits)];
      }),
    ];
  }
  if (models.length === 0) return [];
  const reason = isBroken(loss.use)
    ? 'The code around this loss has a syntax error'
    : flat(sharded);
  return offers(family, where, reason, (penalty) => {
    const found = helperFor(module, penalty, loss.use);
    const calls = models.map((model) => `${penalty.name}(${model})`).join(' + ');
    const sum = models.length === 1 ? calls : `(${calls})`;
    const pattern = `\${1:${penalty.strength}} * ${sum}`;
    const edits = found && addTerm(module, loss, pattern, 'Add the penalty to the loss');
    if (!found || !edits) return undefined;
    const { helper } = found;
    if (!helper) return edits;
    const label = `Add ${helper.name}`;
    return [...edits, insertHelper(module.source, helper.code, loss.use, label, helper.imports)];
  });
}

function offersAtTrainer(
  module: Module,
  trainer: TrainerCall,
  sharded: string | undefined,
): readonly RecipeOffer[] {
  const where = rangeOf(trainer.call);
  const term = trainerTerm(module, trainer, (text) => gramVariant(text) !== undefined);
  if (term) {
    return [
      presentOffer(module, 'trainer', where, term, () => {
        const helpers = penalties.map(({ name }) => name);
        return removeTrainerTerm(module, trainer, term, helpers, gramImports);
      }),
    ];
  }
  const reason = isBroken(trainer.call)
    ? 'The code around this Trainer has a syntax error'
    : flat(sharded);
  return offers('trainer', where, reason, (penalty) => {
    const found = helperFor(module, penalty, trainer.call);
    const pattern = `\${1:${penalty.strength}} * ${penalty.name}(model)`;
    return found && addTrainerTerm(module, trainer, pattern, found.helper);
  });
}

function flat(sharded: string | undefined): string | undefined {
  return sharded === undefined
    ? undefined
    : `${sharded} flattens the parameters, so that the weights are no matrices during training`;
}

function offers(
  family: string,
  where: RecipeOffer['where'],
  reason: string | undefined,
  editsFor: (penalty: GramPenalty) => readonly TextEdit[] | undefined,
): readonly RecipeOffer[] {
  return penalties.flatMap((penalty): RecipeOffer[] => {
    const offer = {
      technique: 'orthogonality',
      variant: `${family}.orthogonality.${penalty.variant}`,
      title:
        penalty.variant === 'gram'
          ? 'Add an orthogonality penalty: ‖W Wᵀ − I‖²'
          : 'Add an orthogonality penalty: largest singular value of W Wᵀ − I (SRIP)',
      where,
      edits: () => [],
    } as const;
    if (reason !== undefined) {
      return penalty === gramPenalty ? [{ ...offer, state: 'unavailable', detail: reason }] : [];
    }
    const edits = editsFor(penalty);
    const detail = details[penalty.variant];
    return edits ? [{ ...offer, state: 'offered', detail, edits: () => edits }] : [];
  });
}

function presentOffer(
  { source }: Module,
  family: string,
  where: RecipeOffer['where'],
  { penalty, strength }: LossTerm,
  remove: () => readonly TextEdit[] | undefined,
): RecipeOffer {
  const variant = gramVariant(textOf(source, penalty));
  return {
    technique: 'orthogonality',
    variant: `${family}.orthogonality.${variant === 'srip' ? 'srip' : 'gram'}`,
    title: 'Orthogonality penalty',
    state: 'present',
    detail: `${textOf(source, penalty)} is added to the loss${strength ? `, times ${textOf(source, strength)}` : ''}`,
    where,
    edits: () => [],
    ...(strength ? { strength: rangeOf(strength) } : {}),
    // A penalty of the file's own may be all that the term is about: it is taken out as ours is.
    removal: remove,
  };
}

function unused(module: Module, edits: readonly TextEdit[]): readonly TextEdit[] {
  const helpers = penalties.map(({ name }) => name);
  return removeUnused(module.source, { helpers, imports: gramImports }, edits);
}
