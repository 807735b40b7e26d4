import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { backendSettings, type BackendSetting } from '../kernels';
import type { MeasureOptions } from './measure';
import { UsageError } from './usage';

/** More wait for the disk and for memory. */
const maxThreads = 64;

export type OutputFormat = 'table' | 'json' | 'markdown' | 'csv';

export interface InspectOptions extends MeasureOptions {
  readonly files: readonly string[];
  readonly format: OutputFormat;
  readonly layers: string | undefined;
  readonly metrics: readonly string[] | undefined;
  readonly output: string | undefined;
  readonly help: boolean;
}

/** Options of all commands that measure. */
export const measureFlags = {
  budget: { type: 'string' },
  threads: { type: 'string' },
  backend: { type: 'string' },
  tensorflow: { type: 'string' },
} as const;

const flags = {
  json: { type: 'boolean' },
  markdown: { type: 'boolean' },
  csv: { type: 'boolean' },
  layers: { type: 'string' },
  metrics: { type: 'string' },
  output: { type: 'string', short: 'o' },
  help: { type: 'boolean', short: 'h' },
  ...measureFlags,
} as const;

/** @param metricIds all ids there are, to refuse a misspelt one */
export function inspectOptions(
  argv: readonly string[],
  metricIds: ReadonlySet<string>,
): InspectOptions {
  const { values, positionals } = parse(argv);
  if (positionals.length === 0 && !values.help) throw new UsageError('inspect needs a file');
  const formats = (['json', 'markdown', 'csv'] as const).filter((format) => values[format]);
  if (formats.length > 1) throw new UsageError(`--${formats.join(' and --')} exclude each other`);
  const metrics = splitIds(values.metrics);
  const unknown = metrics?.find((id) => !metricIds.has(id));
  if (unknown !== undefined) throw new UsageError(`unknown metric "${unknown}"`);
  return {
    files: positionals,
    format: formats[0] ?? 'table',
    layers: values.layers,
    metrics,
    output: values.output,
    help: values.help ?? false,
    ...measureOptionsOf(values),
  };
}

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

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: flags, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Ids are separated by commas; a comma inside parentheses belongs to the id: `nm(2,4)`. */
export function splitIds(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  return text
    .split(/,(?![^(]*\))/)
    .map((id) => id.trim())
    .filter((id) => id !== '');
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
