import { parseArgs, type ParseArgsConfig } from 'node:util';

import { UsageError } from './usage';

/** Flags and positionals of a command; a flag that there is not is a fault of use. */
export function argumentsOf<T extends NonNullable<ParseArgsConfig['options']>>(
  argv: readonly string[],
  options: T,
) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true });
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
