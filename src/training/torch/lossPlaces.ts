import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import type { TextRange } from '../textEdit';
import { enclosing } from '../syntax';
import { lightningModules, returnedLoss } from './lightning';
import { optimizedBy } from './optimizedModels';
import { optimizerSteps } from './optimizerSteps';
import type { OptimizerStep } from './optimizerSteps';
import { backwardLosses } from './trainingLoss';
import type { TrainingLoss } from './trainingLoss';

/** More places than any real file has; each is compared with the others. */
const maxPlaces = 64;

/** Where a model is trained: its loss, the step that follows, and the models that this changes. */
export interface LossPlace {
  readonly loss: TrainingLoss;
  readonly step: OptimizerStep | undefined;
  /** `torch.optim.SGD`, where it is known. */
  readonly optimizer: string | undefined;
  /** As the code at this place writes them; empty where that is not known. */
  readonly models: readonly string[];
  /** The class, where the loss is that of a LightningModule. */
  readonly lightning: SyntaxNode | undefined;
  /** From the loss to the step. */
  readonly where: TextRange;
}

const known = new WeakMap<Module['source'], readonly LossPlace[]>();

/** All places of the file, one for each step of an optimizer, and one for each `training_step` of Lightning. */
export function lossPlaces(module: Module): readonly LossPlace[] {
  const places = known.get(module.source) ?? findPlaces(module);
  known.set(module.source, places);
  return places;
}

function findPlaces(module: Module): readonly LossPlace[] {
  const steps = optimizerSteps(module).slice(0, maxPlaces);
  const classes = lightningModules(module).slice(0, maxPlaces);
  // Several losses may be added up in the gradient before one step: the last of them stands for all.
  const byStep = new Map<OptimizerStep, TrainingLoss>();
  for (const loss of backwardLosses(module).slice(0, maxPlaces)) {
    const step = steps.find((candidate) => follows(candidate, loss));
    if (step) byStep.set(step, loss);
  }
  const loops = [...byStep].map(([step, loss]): LossPlace => {
    const owner = enclosing(loss.use, 'class_definition');
    const lightning = owner && classes.includes(owner) ? owner : undefined;
    const { origin, models } = optimizedBy(module, step);
    return {
      loss,
      step,
      optimizer: origin,
      models: lightning && models.length === 0 ? ['self'] : models,
      lightning,
      where: rangeOf(loss, step),
    };
  });
  const returned = classes.flatMap((lightning): LossPlace[] => {
    const loss = returnedLoss(module, lightning);
    if (!loss) return [];
    const facts = { step: undefined, optimizer: undefined, models: ['self'] };
    return [{ loss, ...facts, lightning, where: rangeOf(loss, undefined) }];
  });
  return [...loops, ...returned];
}

/** Whether a step comes next after the gradient of a loss: in the same function, or as `step(closure)` around it. */
function follows(step: OptimizerStep, { scope, use }: TrainingLoss): boolean {
  if (step.statement.start < use.end) return false;
  if (step.scope === scope) return true;
  return step.takesClosure && step.scope.start <= scope.start && scope.end <= step.scope.end;
}

function rangeOf(loss: TrainingLoss, step: OptimizerStep | undefined): TextRange {
  const start = Math.min(loss.use.start, (loss.computed ?? loss.use).start);
  const isNear = step !== undefined && step.scope === loss.scope;
  return { start, end: Math.max(loss.use.end, isNear ? step.statement.end : 0) };
}
