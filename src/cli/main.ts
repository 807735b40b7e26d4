import { check } from './check';
import { compare } from './compare';
import { inspect } from './inspect';
import { manifestCommand } from './manifestCommand';
import { metricsCommand } from './metricsCommand';
import type { Terminal } from './terminal';
import { usage, UsageError } from './usage';
import { version } from './version';

/** Runs a command; returns the exit code: 0 fine, 1 a file could not be read or a limit is exceeded, 2 bad usage. */
export async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [command, ...rest] = argv;
  try {
    switch (command) {
      case 'inspect':
        return await inspect(rest, terminal);
      case 'check':
        return await check(rest, terminal);
      case 'compare':
        return await compare(rest, terminal);
      case 'manifest':
        return await manifestCommand(rest, terminal);
      case 'metrics':
        return metricsCommand(rest, terminal);
      case '--version':
      case '-v':
        terminal.out(`${version}\n`);
        return 0;
      case 'help':
      case '--help':
      case '-h':
        terminal.out(usage);
        return 0;
      case undefined:
        terminal.err(usage);
        return 2;
      default:
        throw new UsageError(`unknown command "${command}"`);
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    terminal.err(`reglens: ${error.message}\nTry "reglens --help"\n`);
    return 2;
  }
}
