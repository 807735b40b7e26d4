/** Losses in training and in validation, where the run's log is in the file. */
import { isJsonObject, property, type Json } from '../../core/json';
import type { Facts } from '../facts';

const maxPoints = 10_000;

export interface Curve {
  /** Where it was read. */
  readonly where: string;
  /** What is compared: `loss`, `box_loss`. */
  readonly name: string;
  readonly training: readonly number[];
  readonly validation: readonly number[];
}

/** Curves of the Hugging Face Trainer, of Ultralytics, and of any record of two lists `loss` and `val_loss`. */
export function curvesOf({ recorded }: Facts): readonly Curve[] {
  const curves: Curve[] = [];
  const trainer = trainerCurve(recorded);
  if (trainer) curves.push(trainer);
  const visit = (value: Json, where: string, depth: number): void => {
    if (!isJsonObject(value)) return;
    curves.push(...pairsOf(value, where));
    if (depth >= 3) return;
    for (const [key, child] of Object.entries(value)) visit(child, `${where}.${key}`, depth + 1);
  };
  curves.push(...pairsOf(recorded, ''));
  for (const [key, value] of Object.entries(recorded)) visit(value, key, 0);
  return curves;
}

/** Names of the same loss on data that is held out. */
const heldOut = [
  'val_$',
  'valid_$',
  'validation_$',
  'test_$',
  'eval_$',
  'val/$',
  'val_$es',
  '$_val',
];

function pairsOf(record: { readonly [key: string]: Json }, where: string): readonly Curve[] {
  return Object.keys(record).flatMap((key): Curve[] => {
    const name = key.replace(/^train(ing)?[_/]/, '');
    if (!/loss(es)?$/.test(name) || /^(val|eval|test)/.test(name)) return [];
    const training = numbersAt(record, key);
    const other = heldOut
      .map((pattern) => pattern.replace('$', name))
      .find((candidate) => candidate !== key && Object.hasOwn(record, candidate));
    const validation = other === undefined ? undefined : numbersAt(record, other);
    if (!training || !validation) return [];
    return [{ where: where === '' ? key : `${where}.${key}`, name, training, validation }];
  });
}

/** `log_history` of the Hugging Face Trainer: `{ loss, step }` and `{ eval_loss, step }` in turns. */
function trainerCurve(recorded: Facts['recorded']): Curve | undefined {
  const history =
    property(recorded['trainer_state.json'], 'log_history') ?? property(recorded, 'log_history');
  if (!Array.isArray(history)) return undefined;
  const validation: number[] = [];
  const training: number[] = [];
  let last: number | undefined;
  for (const entry of history.slice(0, maxPoints)) {
    const loss = property(entry, 'loss');
    const held = property(entry, 'eval_loss');
    if (typeof loss === 'number') last = loss;
    if (typeof held === 'number' && last !== undefined) {
      training.push(last);
      validation.push(held);
    }
  }
  if (validation.length === 0) return undefined;
  return { where: 'trainer_state.json.log_history', name: 'loss', training, validation };
}

function numbersAt(
  record: { readonly [key: string]: Json },
  key: string,
): readonly number[] | undefined {
  const value = record[key];
  if (!Array.isArray(value)) return undefined;
  const numbers = value.slice(0, maxPoints).map(Number);
  return numbers.length > 0 && numbers.every(Number.isFinite) ? numbers : undefined;
}
