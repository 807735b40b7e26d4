import { isJsonObject, property, type Json } from '../../core/json';
import type { RunMark } from '../../core/series';
import { shareOf } from './findRuns';

type Measure = keyof Pick<RunMark, 'epoch' | 'step' | 'loss' | 'accuracy'>;

/** Keys under which trainers record where they are and how well they do, validation before training. */
const keys: readonly (readonly [Measure, readonly string[]])[] = [
  ['epoch', ['epoch', 'epochs', 'epochs_trained', 'current_epoch', 'last_epoch']],
  [
    'step',
    ['global_step', 'step', 'iteration', 'iter', 'iter_num', 'num_updates', 'num_timesteps'],
  ],
  ['loss', ['val_loss', 'eval_loss', 'valid_loss', 'best_val_loss', 'test_loss', 'loss']],
  [
    'accuracy',
    [
      ...['val_acc', 'val_accuracy', 'eval_accuracy', 'valid_acc', 'test_acc', 'test_accuracy'],
      ...['best_acc1', 'best_acc', 'best_accuracy', 'acc1', 'acc', 'accuracy', 'best_prec1'],
    ],
  ],
];
/** Records inside the record: Ultralytics' `train_metrics`, the Trainer's state. */
const nested =
  /^(?:metrics|train_metrics|val_metrics|results|state|trainer_state\.json|extra|info|meta|stats|history)$/;
const deepest = 2;

/** What the file itself says of its place in the run and of its quality. */
export function recordedMark(recorded: { readonly [key: string]: Json }): RunMark {
  const mark: { -readonly [K in Measure]?: number } = {};
  const take = (record: { readonly [key: string]: Json }, depth: number): void => {
    for (const [measure, names] of keys) {
      for (const name of names) {
        const value = numberAt(record, name);
        if (value === undefined || mark[measure] !== undefined) continue;
        if ((measure === 'epoch' || measure === 'step') && value < 0) continue;
        mark[measure] = measure === 'accuracy' ? shareOf(value) : value;
      }
    }
    // The Trainer writes a line for every evaluation; the last one is of this checkpoint.
    const log = property(record, 'log_history');
    if (Array.isArray(log)) {
      for (const line of [...(log as readonly Json[])].reverse().slice(0, 50)) {
        if (isJsonObject(line)) take(line, deepest);
      }
    }
    if (depth === deepest) return;
    for (const [key, value] of Object.entries(record)) {
      if (nested.test(key) && isJsonObject(value)) take(value, depth + 1);
    }
  };
  take(recorded, 0);
  return mark;
}

/** A number as JSON has it, as a tensor of one element is recorded, or in text. */
function numberAt(record: { readonly [key: string]: Json }, key: string): number | undefined {
  const value = property(record, key);
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value !== 'string' || !/^-?\d+(?:\.\d+)?(?:e[-+]?\d+)?$/i.test(value))
    return undefined;
  return Number(value);
}

/** What the name says, and where it is silent, what the file records. */
export function joinedMark(named: RunMark, recorded: RunMark): RunMark {
  return { ...recorded, ...named };
}
