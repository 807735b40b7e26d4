import { argumentsOf } from './arguments';
import type { MeasureOptions } from './measure';
import { measureFlags, measureOptionsOf } from './measureOptions';
import { UsageError } from './usage';

/** Figures of the change by which pairs can be sorted, besides the ids of metrics. */
const changeFigures = ['relative', 'frobenius', 'cosine', 'largest', 'changed', 'rank'] as const;

export interface CompareOptions extends MeasureOptions {
  readonly a: string;
  readonly b: string;
  readonly format: 'table' | 'json' | 'markdown';
  readonly layers: string | undefined;
  /** One of `changeFigures`, or the id of a metric: the largest change of it first. */
  readonly sort: string;
  readonly output: string | undefined;
  /** Largest relative change that is no failure. */
  readonly failOnChange: number | undefined;
  readonly help: boolean;
}

const flags = {
  json: { type: 'boolean' },
  markdown: { type: 'boolean' },
  layers: { type: 'string' },
  sort: { type: 'string' },
  output: { type: 'string', short: 'o' },
  'fail-on-change': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  ...measureFlags,
} as const;

/** @param metricIds all ids there are, to refuse a misspelt one */
export function compareOptions(
  argv: readonly string[],
  metricIds: ReadonlySet<string>,
): CompareOptions {
  const { values, positionals } = argumentsOf(argv, flags);
  const [a = '', b = '', ...more] = positionals;
  const help = values.help ?? false;
  if (!help && (b === '' || more.length > 0)) {
    throw new UsageError(`compare takes two files, not ${positionals.length}`);
  }
  if (values.json && values.markdown)
    throw new UsageError('--json and --markdown exclude each other');
  const sort = values.sort ?? 'relative';
  if (!metricIds.has(sort) && !changeFigures.some((figure) => figure === sort)) {
    throw new UsageError(
      `--sort takes ${changeFigures.join(', ')} or the id of a metric, not "${sort}"`,
    );
  }
  return {
    a,
    b,
    format: values.json ? 'json' : values.markdown ? 'markdown' : 'table',
    layers: values.layers,
    sort,
    output: values.output,
    failOnChange: limitOf(values['fail-on-change']),
    help,
    ...measureOptionsOf(values),
  };
}

function limitOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value >= 0) || text.trim() === '') {
    throw new UsageError(`--fail-on-change takes a share like 0.05, not "${text}"`);
  }
  return value;
}
