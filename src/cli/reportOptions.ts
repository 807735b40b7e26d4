import type { argumentsOf } from './arguments';
import type { MeasureOptions } from './measure';
import { measureFlags, measureOptionsOf } from './measureOptions';
import { UsageError } from './usage';

/** How a report is shown. */
type OutputFormat = 'table' | 'json' | 'markdown' | 'csv';

/** What commands have in common that show layers and their metrics. */
export interface ReportOptions extends MeasureOptions {
  readonly format: OutputFormat;
  readonly layers: string | undefined;
  readonly metrics: readonly string[] | undefined;
  readonly output: string | undefined;
  readonly help: boolean;
}

/** Flags of `ReportOptions`. */
export const reportFlags = {
  json: { type: 'boolean' },
  markdown: { type: 'boolean' },
  csv: { type: 'boolean' },
  layers: { type: 'string' },
  metrics: { type: 'string' },
  output: { type: 'string', short: 'o' },
  help: { type: 'boolean', short: 'h' },
  ...measureFlags,
} as const;

type FlagValues = ReturnType<typeof argumentsOf<typeof reportFlags>>['values'];

/** @param refuseMetric the fault for an id that is none of those the command knows */
export function reportOptionsOf(
  values: FlagValues,
  metricIds: ReadonlySet<string>,
  refuseMetric: (id: string) => string,
): ReportOptions {
  const formats = (['json', 'markdown', 'csv'] as const).filter((format) => values[format]);
  if (formats.length > 1) throw new UsageError(`--${formats.join(' and --')} exclude each other`);
  const metrics = splitIds(values.metrics);
  const unknown = metrics?.find((id) => !metricIds.has(id));
  if (unknown !== undefined) throw new UsageError(refuseMetric(unknown));
  return {
    format: formats[0] ?? 'table',
    layers: values.layers,
    metrics,
    output: values.output,
    help: values.help ?? false,
    ...measureOptionsOf(values),
  };
}

/** Ids are separated by commas; a comma inside parentheses belongs to the id: `nm(2,4)`. */
function splitIds(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  return text
    .split(/,(?![^(]*\))/)
    .map((id) => id.trim())
    .filter((id) => id !== '');
}
