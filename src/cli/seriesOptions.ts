import { argumentsOf } from './arguments';
import type { MeasureOptions } from './measure';
import { measureFlags, measureOptionsOf, splitIds, type OutputFormat } from './options';
import { UsageError } from './usage';

export interface SeriesOptions extends MeasureOptions {
  readonly paths: readonly string[];
  readonly format: OutputFormat;
  readonly layers: string | undefined;
  readonly metrics: readonly string[] | undefined;
  readonly output: string | undefined;
  readonly help: boolean;
}

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

/** @param metricIds ids of all metrics that are one number, to refuse a misspelt one */
export function seriesOptions(
  argv: readonly string[],
  metricIds: ReadonlySet<string>,
): SeriesOptions {
  const { values, positionals } = argumentsOf(argv, flags);
  const help = values.help ?? false;
  if (positionals.length === 0 && !help) throw new UsageError('series needs a folder, or files');
  const formats = (['json', 'markdown', 'csv'] as const).filter((format) => values[format]);
  if (formats.length > 1) throw new UsageError(`--${formats.join(' and --')} exclude each other`);
  const metrics = splitIds(values.metrics);
  const unknown = metrics?.find((id) => !metricIds.has(id));
  if (unknown !== undefined) throw new UsageError(`no metric "${unknown}" that is one number`);
  return {
    paths: positionals,
    format: formats[0] ?? 'table',
    layers: values.layers,
    metrics,
    output: values.output,
    help,
    ...measureOptionsOf(values),
  };
}
