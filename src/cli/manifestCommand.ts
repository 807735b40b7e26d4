import { manifestOf } from '../analysis/manifest';
import { argumentsOf } from './arguments';
import { fileMeasurer, messageOf } from './measure';
import { measureFlags, measureOptionsOf } from './measureOptions';
import type { Terminal } from './terminal';
import { usage, UsageError } from './usage';

const flags = {
  ...measureFlags,
  help: { type: 'boolean', short: 'h' },
} as const;

/** `reglens manifest`: a checkpoint as text, for a diff of two. */
export async function manifestCommand(
  argv: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const { values, positionals } = argumentsOf(argv, flags);
  if (values.help) {
    terminal.out(usage);
    return 0;
  }
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) {
    throw new UsageError(`manifest takes one file, not ${positionals.length}`);
  }
  try {
    const measurer = await fileMeasurer(measureOptionsOf(values), terminal);
    terminal.out(manifestOf(await measurer.measure(file)));
    return 0;
  } catch (error) {
    const message = messageOf(error);
    if (message === undefined) throw error;
    terminal.err(`${file}: ${message}\n`);
    return 1;
  }
}
