import type { Notice } from '../../core/checkpoint';
import type { GlobalSeverity } from './globals';

/** Names told in one message; a whole pickled model names hundreds. */
const maxNames = 20;

/** What a reader of the file should know about the classes and functions that it names. */
export function noticesOf(globals: ReadonlyMap<string, GlobalSeverity>): Notice[] {
  const namesOf = (severity: GlobalSeverity): string[] =>
    [...globals].filter(([, found]) => found === severity).map(([name]) => name);
  const notices: Notice[] = [];
  const alarms = namesOf('alarm');
  if (alarms.length > 0) {
    notices.push({
      severity: 'problem',
      message: `The pickle would run ${listed(alarms)} when loaded in Python. RegLens ran nothing; do not load this file unless you trust its source`,
    });
  }
  const unknown = namesOf('warn');
  if (unknown.length > 0) {
    notices.push({
      severity: 'warn',
      message: `The pickle names code outside the list that plain checkpoints use: ${listed(unknown)}. It was kept as labels and not run`,
    });
  }
  return notices;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, maxNames).join(', ');
  return names.length > maxNames ? `${shown} and ${names.length - maxNames} more` : shown;
}
