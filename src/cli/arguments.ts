import { parseArgs, type ParseArgsConfig } from 'node:util';

import { UsageError } from './usage';

type Flags = NonNullable<ParseArgsConfig['options']>;

/** Flags and positionals of a command; a flag that there is not is a fault of use. */
export function argumentsOf<T extends Flags>(argv: readonly string[], options: T) {
  return refusing(() => parseArgs({ args: [...argv], options, allowPositionals: true }));
}

/** Flags of a command that takes nothing else. */
export function flagsOf<T extends Flags>(argv: readonly string[], options: T) {
  return refusing(() => parseArgs({ args: [...argv], options })).values;
}

function refusing<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** A whole number ≥ 1. */
export function positiveInteger(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new UsageError(`--${flag} takes a whole number from 1, not "${text}"`);
  }
  return value;
}
