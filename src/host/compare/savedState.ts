/** What a page of ours keeps over a reload of the window: the two files, as text. */
export interface ComparedUris {
  readonly a: string;
  readonly b: string;
}

/** Longer than any path that a file system takes; a state that exceeds it is not ours. */
const maxLength = 32_768;
/** What no file system is called, and what a command or a page could be opened by. */
const refusedSchemes = new Set(['command', 'javascript', 'data', 'http', 'https', 'vscode']);

/** Reads what a page has saved, which is input. Undefined where it names no two files. */
export function parseSavedState(state: unknown): ComparedUris | undefined {
  if (typeof state !== 'object' || state === null || !('uris' in state)) return undefined;
  const { uris } = state;
  if (typeof uris !== 'object' || uris === null || !('a' in uris) || !('b' in uris)) {
    return undefined;
  }
  const { a, b } = uris;
  return isFileUri(a) && isFileUri(b) && a !== b ? { a, b } : undefined;
}

function isFileUri(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > maxLength) return false;
  const scheme = /^([a-z][a-z0-9+.-]*):\/./i.exec(value)?.[1]?.toLowerCase();
  return scheme !== undefined && !refusedSchemes.has(scheme);
}
