/** Longer than any path that a file system takes, twice. */
const maxLength = 65_536;

/** Reads from what a page has saved, which is input, the run that it showed. An id is only ever compared with those that there are. */
export function savedRunId(state: unknown): string | undefined {
  if (typeof state !== 'object' || state === null || !('runId' in state)) return undefined;
  const { runId } = state;
  const isId = typeof runId === 'string' && runId !== '' && runId.length <= maxLength;
  return isId ? runId : undefined;
}
