import { resolve } from 'node:path';

import { backendSettings, type BackendSetting } from '../kernels';
import type { MeasureOptions } from './measure';
import { UsageError } from './usage';

/** More wait for the disk and for memory. */
const maxThreads = 64;

/** Options of all commands that measure. */
export const measureFlags = {
  budget: { type: 'string' },
  threads: { type: 'string' },
  backend: { type: 'string' },
  tensorflow: { type: 'string' },
} as const;

/** What the options of all commands that measure say. */
export function measureOptionsOf(
  values: Readonly<Partial<Record<keyof typeof measureFlags, string | undefined>>>,
): MeasureOptions {
  return {
    budgetSeconds: seconds(values.budget),
    threads: threadCount(values.threads),
    backend: backendOf(values.backend),
    tensorflow: values.tensorflow === undefined ? undefined : resolve(values.tensorflow),
  };
}

function seconds(text: string | undefined): number {
  if (text === undefined) return 600;
  const value = Number(text);
  if (!(value >= 0) || text.trim() === '') {
    throw new UsageError(`--budget takes a number of seconds, not "${text}"`);
  }
  return value;
}

function threadCount(text: string | undefined): number {
  if (text === undefined) return 0;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > maxThreads) {
    throw new UsageError(`--threads takes a whole number from 1 to ${maxThreads}, not "${text}"`);
  }
  return value;
}

function backendOf(text: string | undefined): BackendSetting {
  const found = backendSettings.find((setting) => setting === (text ?? 'auto'));
  if (found === undefined) {
    throw new UsageError(`--backend takes ${backendSettings.join(', ')}, not "${text ?? ''}"`);
  }
  return found;
}
