import type { Notice } from '../../core/checkpoint';
import type { GlobalSeverity, GlobalUse } from './globals';

/** Names told in one message; a whole pickled model names hundreds. */
const maxNames = 20;
/** Names are texts of the file's, of any length. */
const maxNameLength = 120;

/** What a reader of the file should know about the classes and functions that it names. */
export function noticesOf(globals: ReadonlyMap<string, GlobalUse>): Notice[] {
  const notices: Notice[] = [];
  const alarms = alarmsOf(globals);
  if (alarms !== undefined) {
    notices.push({
      severity: 'problem',
      message: `This file tries to run ${alarms} when it is loaded with pickle. RegLens ran nothing; do not load it unless you trust its source`,
    });
  }
  const unknown = placesOf(globals, 'warn');
  if (unknown !== undefined) {
    notices.push({
      severity: 'warn',
      message: `The pickle names code outside the list that plain checkpoints use: ${unknown}. It was kept as labels and not run`,
    });
  }
  return notices;
}

/** The names with which a pickle takes over a machine, each with its place; undefined where there is none. */
export function alarmsOf(globals: ReadonlyMap<string, GlobalUse>): string | undefined {
  return placesOf(globals, 'alarm');
}

function placesOf(
  globals: ReadonlyMap<string, GlobalUse>,
  severity: GlobalSeverity,
): string | undefined {
  const places: string[] = [];
  let count = 0;
  for (const [name, use] of globals) {
    if (use.severity !== severity) continue;
    count += 1;
    if (count > maxNames) continue;
    const shown = name.length > maxNameLength ? `${name.slice(0, maxNameLength)}…` : name;
    places.push(`${shown} (${use.opcode} at byte ${use.byteOffset})`);
  }
  if (count === 0) return undefined;
  return count > maxNames ? `${places.join(', ')} and ${count - maxNames} more` : places.join(', ');
}
