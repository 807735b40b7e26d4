import { addCommand } from './addCommand';
import { check } from './check';
import { compare } from './compare';
import { findingsCommand } from './findingsCommand';
import { inspect } from './inspect';
import { lintCommand } from './lintCommand';
import { manifestCommand } from './manifestCommand';
import { metricsCommand } from './metricsCommand';
import { seriesCommand } from './seriesCommand';
import { techniquesCommand } from './techniquesCommand';
import type { Terminal } from './terminal';
import { usage, UsageError } from './usage';
import { version } from './version';

type Command = (argv: readonly string[], terminal: Terminal) => Promise<number> | number;

const say =
  (text: string): Command =>
  (_, terminal) => {
    terminal.out(text);
    return 0;
  };
const help = say(usage);

/** All commands. A new one is a file, a line here and its lines in the usage. */
const commands: Readonly<Record<string, Command>> = {
  inspect,
  check,
  compare,
  series: seriesCommand,
  manifest: manifestCommand,
  techniques: techniquesCommand,
  add: addCommand,
  lint: lintCommand,
  metrics: metricsCommand,
  findings: findingsCommand,
  '--version': say(`${version}\n`),
  '-v': say(`${version}\n`),
  help,
  '--help': help,
  '-h': help,
};

/** Runs a command; returns the exit code: 0 fine, 1 a file could not be read or a limit is exceeded, 2 bad usage. */
export async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined) {
    terminal.err(usage);
    return 2;
  }
  try {
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!command) throw new UsageError(`unknown command "${name}"`);
    return await command(rest, terminal);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    terminal.err(`reglens: ${error.message}\nTry "reglens --help"\n`);
    return 2;
  }
}
