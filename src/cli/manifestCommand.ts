import { parseArgs } from 'node:util';

import { manifestOf } from '../analysis/manifest';
import { fileMeasurer, messageOf } from './measure';
import { measureFlags, measureOptionsOf } from './options';
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
  const { values, positionals } = parse(argv);
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

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: flags, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
