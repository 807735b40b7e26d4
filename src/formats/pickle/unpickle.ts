import { FormatError } from '../../core/errors';
import type { GlobalUse } from './globals';
import { lookInto, Machine } from './machine';
import { alarmsOf } from './notices';
import type { Unpickled } from './values';

/** Reads one pickle from the start of the bytes; what follows STOP is not looked at. */
export function unpickle(bytes: Uint8Array): Unpickled {
  const machine = new Machine(bytes, 0);
  try {
    return machine.run();
  } catch (error) {
    // Python runs a pickle as it reads: what stands before the fault has been run by then.
    const alarms = error instanceof FormatError ? alarmsOf(machine.named()) : undefined;
    if (!(error instanceof FormatError) || alarms === undefined) throw error;
    throw new FormatError('pickle', `${error.reason}; before that it tries to run ${alarms}`, {
      byteOffset: error.byteOffset,
      remedy: 'Do not load this file with pickle. RegLens ran nothing',
    });
  }
}

/** What a pickle names, also where it is damaged. */
export function namesIn(bytes: Uint8Array): ReadonlyMap<string, GlobalUse> {
  return lookInto(bytes, 0).globals;
}
