import { thresholdsFrom, type Thresholds } from '../findings';
import { argumentsOf } from './arguments';
import { failOnOf, type FailOn } from './failOn';
import type { MeasureOptions } from './measure';
import { measureFlags, measureOptionsOf } from './measureOptions';
import { UsageError } from './usage';

const checkFormats = ['text', 'json', 'sarif', 'junit', 'github'] as const;
export type CheckFormat = (typeof checkFormats)[number];

export interface CheckOptions extends MeasureOptions {
  readonly files: readonly string[];
  readonly failOn: FailOn;
  readonly format: CheckFormat;
  readonly baseline: string | undefined;
  readonly writeBaseline: string | undefined;
  readonly thresholds: Thresholds;
  readonly output: string | undefined;
  readonly help: boolean;
}

const flags = {
  'fail-on': { type: 'string' },
  format: { type: 'string' },
  baseline: { type: 'string' },
  'write-baseline': { type: 'string' },
  threshold: { type: 'string', multiple: true },
  output: { type: 'string', short: 'o' },
  help: { type: 'boolean', short: 'h' },
  ...measureFlags,
} as const;

/** Reads the arguments of `reglens check`. */
export function checkOptions(argv: readonly string[]): CheckOptions {
  const { values, positionals } = argumentsOf(argv, flags);
  if (positionals.length === 0 && !values.help) throw new UsageError('check needs a file');
  return {
    files: positionals,
    failOn: failOnOf(values['fail-on'] ?? 'problem'),
    format: formatOf(values.format ?? 'text'),
    baseline: values.baseline,
    writeBaseline: values['write-baseline'],
    thresholds: thresholdsOf(values.threshold ?? []),
    output: values.output,
    help: values.help ?? false,
    ...measureOptionsOf(values),
  };
}

function formatOf(text: string): CheckFormat {
  const found = checkFormats.find((format) => format === text);
  if (found === undefined) {
    throw new UsageError(`--format takes ${checkFormats.join(', ')}, not "${text}"`);
  }
  return found;
}

/** `name=value`, several separated by commas or in options of their own. */
function thresholdsOf(texts: readonly string[]): Thresholds {
  const overrides = new Map<string, number>();
  for (const text of texts.flatMap((one) => one.split(','))) {
    const match = /^\s*([^=\s]+)\s*=\s*(\S+)\s*$/.exec(text);
    const value = Number(match?.[2]);
    if (!match || Number.isNaN(value)) {
      throw new UsageError(`--threshold takes name=number, not "${text}"`);
    }
    overrides.set(match[1] ?? '', value);
  }
  const { thresholds, problems } = thresholdsFrom(Object.fromEntries(overrides));
  if (problems.length > 0) throw new UsageError(problems.join('; '));
  return thresholds;
}
