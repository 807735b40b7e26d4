import { argumentsOf } from './arguments';
import { reportFlags, reportOptionsOf, type ReportOptions } from './reportOptions';
import { UsageError } from './usage';

export interface SeriesOptions extends ReportOptions {
  readonly paths: readonly string[];
}

/** @param metricIds ids of all metrics that are one number, to refuse a misspelt one */
export function seriesOptions(
  argv: readonly string[],
  metricIds: ReadonlySet<string>,
): SeriesOptions {
  const { values, positionals } = argumentsOf(argv, reportFlags);
  if (positionals.length === 0 && !values.help) {
    throw new UsageError('series needs a folder, or files');
  }
  const options = reportOptionsOf(
    values,
    metricIds,
    (id) => `no metric "${id}" that is one number`,
  );
  return { paths: positionals, ...options };
}
