import type { Comparison } from '../core/comparison';
import { metricCatalogue } from '../metrics';
import { compareService } from '../worker/compareService';
import { kernelsFor } from '../worker/kernelSettings';
import { pairColumns } from './compareColumns';
import { compareMarkdown } from './compareMarkdown';
import { compareOptions, type CompareOptions } from './compareOptions';
import { relativeChange, sortedPairs } from './compareSort';
import { compareTable } from './compareTable';
import { threeDigits } from './columns';
import { globToRegExp } from './glob';
import { builtWorker, kernelSettings, maxSpectrumSide, messageOf } from './measure';
import { ProgressLine } from './progressLine';
import { say } from './output';
import type { Terminal } from './terminal';
import { usage, UsageError } from './usage';
import { startWatchdog } from './watchdog';

const metricIds: ReadonlySet<string> = new Set(metricCatalogue.map(({ id }) => id));

/** `reglens compare`: 0 fine, 1 a file cannot be read or the change is larger than allowed. */
export async function compare(argv: readonly string[], terminal: Terminal): Promise<number> {
  const options = compareOptions(argv, metricIds);
  if (options.help) {
    terminal.out(usage);
    return 0;
  }
  let comparison: Comparison;
  try {
    comparison = selected(await compared(options, terminal), options.layers);
  } catch (error) {
    const message = messageOf(error);
    if (message === undefined) throw error;
    terminal.err(`${message}\n`);
    return 1;
  }
  const text = render(comparison, options, terminal);
  await say(text, options.output, terminal);
  return verdict(comparison, options.failOnChange, terminal);
}

async function compared(options: CompareOptions, terminal: Terminal): Promise<Comparison> {
  const settings = kernelSettings(options);
  const choice = await kernelsFor(__dirname, settings);
  if (choice.problem !== undefined) terminal.err(`${choice.problem}\n`);
  const line = new ProgressLine(terminal);
  const workerFile = builtWorker();
  const watchdog = startWatchdog(`${options.a} or ${options.b}`);
  const service = compareService(
    {
      progressed: ({ progress }) => {
        line.draw(() => ({ ...progress, phase: 'spectra' }));
        return Promise.resolve();
      },
      rowsChanged: () => Promise.resolve(),
    },
    {
      kernels: Promise.resolve(choice),
      stopFlag: new Int32Array(new SharedArrayBuffer(4)),
      beat: watchdog.beat,
      threads: workerFile === undefined ? undefined : { workerFile, settings },
    },
  );
  try {
    const plan = {
      maxSpectrumSide,
      budgetSeconds: options.budgetSeconds,
      threads: options.threads,
    };
    const [a, b] = [options.a, options.b].map((path) => ({ kind: 'path', path }) as const);
    if (!a || !b) throw new UsageError('compare takes two files');
    await service.open(a, b, plan);
    await service.compare();
    return await service.comparison();
  } finally {
    line.clear();
    await service.close();
    await watchdog.end();
  }
}

/** Only layers whose name in A or in B matches; the totals stay those of the whole. */
function selected(comparison: Comparison, glob: string | undefined): Comparison {
  if (glob === undefined) return comparison;
  const pattern = globToRegExp(glob);
  const matches = ({ name, tensor }: { readonly name: string; readonly tensor: string }): boolean =>
    pattern.test(name) || pattern.test(tensor);
  return {
    ...comparison,
    pairs: comparison.pairs.filter(({ a, b }) => matches(a) || matches(b)),
    unmatched: {
      a: comparison.unmatched.a.filter(matches),
      b: comparison.unmatched.b.filter(matches),
    },
  };
}

function render(comparison: Comparison, options: CompareOptions, terminal: Terminal): string {
  if (options.format === 'json') return `${JSON.stringify(comparison, null, 2)}\n`;
  const columns = pairColumns(options.sort, metricIds.has(options.sort));
  const pairs = sortedPairs(comparison, options.sort);
  if (options.format === 'markdown') return compareMarkdown(comparison, { columns, pairs });
  const colours = terminal.hasColours && options.output === undefined;
  return compareTable(comparison, { columns, pairs, colours, width: terminal.columns });
}

function verdict({ pairs }: Comparison, limit: number | undefined, terminal: Terminal): number {
  if (limit === undefined) return 0;
  let largest = 0;
  let layer = '';
  let incomparable = 0;
  for (const { change, b } of pairs) {
    if (!change) {
      incomparable += 1;
      continue;
    }
    const value = relativeChange(change);
    if (value <= largest) continue;
    largest = value;
    layer = b.name;
  }
  if (incomparable > 0) terminal.err(`${incomparable} layers could not be compared\n`);
  if (largest <= limit) return 0;
  terminal.err(`${layer} changed by ${threeDigits(largest)}, more than ${limit}\n`);
  return 1;
}
