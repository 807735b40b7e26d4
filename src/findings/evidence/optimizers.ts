/** Recorded optimizers: what weight decay did to a weight without a gradient, over the run. */
import type { OptimizerGroup } from '../../core/checkpoint';
import { property, type Json, type JsonObject } from '../../core/json';
import { numberOf, type Facts } from '../facts';
import { leavesOf } from './flatten';
import { tidy } from './sighting';

/**
 * Whether decay acts on the weight itself or as a gradient that the optimizer rescales. For SGD both are the same. `undecidable`:
 * Adam and AdamW had the same keys before PyTorch 2.7.
 */
export type Coupling = 'decoupled' | 'sgd' | 'coupled' | 'undecidable';

/** One parameter group of one optimizer. */
export interface GroupFacts {
  /** `AdamW`, or the candidates. */
  readonly optimizer: string;
  readonly optimizerIndex: number;
  readonly groupIndex: number;
  /** `optimizer`, `optimizer group 1`. */
  readonly where: string;
  /** Number of tensors. */
  readonly parameterCount: number;
  readonly hyperparameters: JsonObject;
  readonly weightDecay?: number;
  /** Learning rate when the file was written. */
  readonly lr?: number;
  /** Highest learning rate that is known: the initial one, or the top of the schedule. */
  readonly peakLr?: number;
  readonly coupling: Coupling;
  readonly steps?: number;
  /** Steps after which a weight without gradient has shrunk to 1/e: 1/(ηλ), of SGD with momentum μ (1−μ)/(ηλ). */
  readonly tauSteps?: number;
  /** Σ ηλ over the run, between a schedule that falls to zero and a constant rate: e^−D is left of a weight without gradient. */
  readonly dose?: readonly [low: number, high: number];
  /** √(η/2λ): RMS that AdamW keeps in equilibrium, at the last and at the highest rate. */
  readonly equilibriumRms?: readonly [low: number, high: number];
}

const decoupledClasses = /^(AdamW|Lion|Muon|Adafactor|LAMB|Lamb|AdEMAMix|Adan|Lookahead_AdamW)$/;

export function groupFacts(facts: Facts): readonly GroupFacts[] {
  const steps = stepsOf(facts);
  const recordedLr = facts.framework === 'pytorch' ? recordedRate(facts) : undefined;
  return facts.optimizers.flatMap(({ name, groups }, optimizerIndex) =>
    groups.map((group, groupIndex): GroupFacts => {
      const { hyperparameters, parameterCount } = group;
      const weightDecay = decayOf(hyperparameters);
      const lr = rateOf(hyperparameters);
      const peakLr = peakOf([lr?.now, lr?.peak, recordedLr]);
      const optimizer = name ?? 'optimizer of unknown class';
      const coupling = couplingOf(facts.framework, name, hyperparameters);
      const prefix = facts.optimizers.length > 1 ? `optimizer ${optimizerIndex}` : 'optimizer';
      return {
        optimizer,
        optimizerIndex,
        groupIndex,
        where: groups.length > 1 ? `${prefix} group ${groupIndex}` : prefix,
        parameterCount,
        hyperparameters,
        coupling,
        ...(weightDecay !== undefined && { weightDecay }),
        ...(lr?.now !== undefined && { lr: lr.now }),
        ...(peakLr !== undefined && { peakLr }),
        ...(steps !== undefined && { steps }),
        ...derived(group, { coupling, weightDecay, lr: lr?.now ?? peakLr, peakLr, steps }),
      };
    }),
  );
}

interface Inputs {
  readonly coupling: Coupling;
  readonly weightDecay: number | undefined;
  readonly lr: number | undefined;
  readonly peakLr: number | undefined;
  readonly steps: number | undefined;
}

function derived(
  { hyperparameters }: OptimizerGroup,
  { coupling, weightDecay, lr, peakLr, steps }: Inputs,
): Pick<GroupFacts, 'tauSteps' | 'dose' | 'equilibriumRms'> {
  // Adam rescales coupled decay with the gradient: it has no rate of its own.
  if (coupling !== 'decoupled' && coupling !== 'sgd') return {};
  if (weightDecay === undefined || weightDecay <= 0 || lr === undefined || peakLr === undefined)
    return {};
  const momentum = coupling === 'sgd' ? (numberAt(hyperparameters, 'momentum') ?? 0) : 0;
  const gain = momentum < 1 ? 1 / (1 - momentum) : 1;
  const perStep = peakLr * weightDecay * gain;
  if (!(perStep > 0) || !Number.isFinite(perStep)) return {};
  return {
    tauSteps: tidy(1 / perStep),
    ...(steps !== undefined && {
      dose: [tidy((steps * perStep) / 2), tidy(steps * perStep)] as const,
    }),
    ...(coupling === 'decoupled' &&
      lr > 0 && {
        equilibriumRms: [
          Math.sqrt(Math.min(lr, peakLr) / (2 * weightDecay)),
          Math.sqrt(peakLr / (2 * weightDecay)),
        ] as const,
      }),
  };
}

function couplingOf(
  framework: Facts['framework'],
  name: string | undefined,
  hyperparameters: JsonObject,
): Coupling {
  const flag = hyperparameters['decoupled_weight_decay'];
  if (typeof flag === 'boolean') return flag ? 'decoupled' : 'coupled';
  // Every optimizer of Keras 3 decays the weight itself, by rate times decay.
  if (framework === 'keras') return 'decoupled';
  if (name === 'SGD') return 'sgd';
  if (name !== undefined && decoupledClasses.test(name)) return 'decoupled';
  if (name === undefined || name.includes(' or ')) return 'undecidable';
  return 'coupled';
}

function decayOf(hyperparameters: JsonObject): number | undefined {
  const value =
    numberAt(hyperparameters, 'weight_decay') ?? numberAt(hyperparameters, 'weightDecay');
  return value === undefined ? undefined : tidy(value);
}

function rateOf(
  hyperparameters: JsonObject,
): { readonly now?: number; readonly peak?: number } | undefined {
  for (const key of ['lr', 'learning_rate', 'learningRate']) {
    const value = property(hyperparameters, key);
    if (typeof value === 'number') {
      const now = tidy(value);
      const peak = peakOf([
        numberAt(hyperparameters, 'initial_lr'),
        numberAt(hyperparameters, 'max_lr'),
      ]);
      return { now, ...(peak !== undefined && { peak }) };
    }
    // A schedule of Keras: `{ class_name: 'CosineDecay', config: { initial_learning_rate } }`.
    const config = property(value, 'config');
    const peak = peakOf([
      numberAt(config, 'initial_learning_rate'),
      numberAt(config, 'warmup_target'),
      numberAt(config, 'learning_rate'),
    ]);
    if (peak !== undefined) return { peak: tidy(peak) };
  }
  return undefined;
}

/** Schedules written by hand leave only the last rate in the group; the highest one stands in the arguments. */
function recordedRate({ recorded }: Facts): number | undefined {
  for (const { key, value } of leavesOf(recorded, {
    skip: /sched|callback|loops|log_history|history/i,
  })) {
    if (/^(lr|learning_rate|max_lr|base_lr)$/.test(key) && typeof value === 'number' && value > 0) {
      return value;
    }
  }
  return undefined;
}

/** Steps of the optimizer, wherever the framework counts them. */
function stepsOf({ recorded, report }: Facts): number | undefined {
  const trainer = property(recorded['trainer_state.json'], 'global_step');
  for (const value of [recorded['optimizer.step'], trainer, recorded['global_step']]) {
    if (typeof value === 'number' && value > 0) return value;
  }
  const counters = Object.entries(recorded).filter(([key]) =>
    /(^|[./])(iterations?|step|iter)$/.test(key),
  );
  for (const [key, value] of counters) {
    if (/optim/.test(key) && typeof value === 'number' && value > 0) return value;
  }
  for (const tensor of report.tensors) {
    if (tensor.role !== 'optimizer' || tensor.shape.length > 0) continue;
    if (!/(^|[./])(step|iterations?)(:0)?$/.test(tensor.name)) continue;
    const value = numberOf(tensor, 'rms');
    if (value !== undefined && value > 0) return Math.round(value);
  }
  return undefined;
}

function numberAt(record: Json | undefined, key: string): number | undefined {
  const value = property(record, key);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function peakOf(rates: readonly (number | undefined)[]): number | undefined {
  const known = rates.filter((rate) => rate !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
