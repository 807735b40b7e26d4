import { isJsonObject } from '../core/json';
import { thresholdTable, type Threshold } from './thresholdTable';

/** The name of a threshold: `exact-sparsity.note`. */
export type ThresholdName = keyof typeof thresholdTable;
/** A value for each. */
export type Thresholds = Readonly<Record<ThresholdName, number>>;

export const thresholdNames: readonly ThresholdName[] = Object.keys(thresholdTable).filter(isName);

export const defaultThresholds: Thresholds = merge({});

/** Thresholds with those of a record in place of the defaults. What is wrong in it is told and passed over: it comes from workspace settings. */
export function thresholdsFrom(overrides: unknown): {
  readonly thresholds: Thresholds;
  readonly problems: readonly string[];
} {
  if (overrides === undefined || overrides === null) {
    return { thresholds: defaultThresholds, problems: [] };
  }
  if (!isJsonObject(overrides)) {
    return { thresholds: defaultThresholds, problems: ['thresholds are no record of numbers'] };
  }
  const problems: string[] = [];
  const accepted: Partial<Record<ThresholdName, number>> = {};
  for (const [name, value] of Object.entries(overrides)) {
    const problem = problemWith(name, value);
    if (problem !== undefined) problems.push(problem);
    else if (isName(name) && typeof value === 'number') accepted[name] = value;
  }
  return { thresholds: merge(accepted), problems };
}

function problemWith(name: string, value: unknown): string | undefined {
  if (!isName(name)) return `unknown threshold "${name}"`;
  const { min, max }: Threshold = thresholdTable[name];
  if (typeof value !== 'number' || !(value >= min && value <= max)) {
    const shown = typeof value === 'number' ? value : JSON.stringify(value);
    return `threshold "${name}" takes a number from ${min} to ${max}, not ${shown}`;
  }
  return undefined;
}

function isName(name: string): name is ThresholdName {
  return Object.hasOwn(thresholdTable, name);
}

function merge(overrides: Readonly<Partial<Record<ThresholdName, number>>>): Thresholds {
  const merged: Partial<Record<ThresholdName, number>> = {};
  for (const [name, { default: value }] of Object.entries(thresholdTable)) {
    if (isName(name)) merged[name] = overrides[name] ?? value;
  }
  if (!isComplete(merged)) throw new RangeError('a threshold has no value');
  return merged;
}

function isComplete(values: Partial<Record<ThresholdName, number>>): values is Thresholds {
  return Object.keys(thresholdTable).every((name) => Object.hasOwn(values, name));
}
