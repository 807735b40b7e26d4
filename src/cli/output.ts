import { writeFile } from 'node:fs/promises';

import type { Terminal } from './terminal';
import { UsageError } from './usage';

/** Gives a command's result to the file of `--output`, or to the terminal. */
export async function say(
  text: string,
  output: string | undefined,
  terminal: Terminal,
): Promise<void> {
  if (output === undefined) terminal.out(text);
  else await write(output, text);
}

/** Writes a file that the user has named; one that cannot be written is a fault of use. */
export async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`cannot write "${path}": ${reason}`);
  }
}
