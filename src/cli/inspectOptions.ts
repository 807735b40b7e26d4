import { argumentsOf } from './arguments';
import { reportFlags, reportOptionsOf, type ReportOptions } from './reportOptions';
import { UsageError } from './usage';

export interface InspectOptions extends ReportOptions {
  readonly files: readonly string[];
}

/** @param metricIds all ids there are, to refuse a misspelt one */
export function inspectOptions(
  argv: readonly string[],
  metricIds: ReadonlySet<string>,
): InspectOptions {
  const { values, positionals } = argumentsOf(argv, reportFlags);
  if (positionals.length === 0 && !values.help) throw new UsageError('inspect needs a file');
  const options = reportOptionsOf(values, metricIds, (id) => `unknown metric "${id}"`);
  return { files: positionals, ...options };
}
