/** Size and time of a file at a look. */
export interface FileLook {
  readonly size: number;
  readonly mtime: number;
}

/** Whether a file stands still, or when to look again. */
export type Settling =
  { readonly kind: 'still' } | { readonly kind: 'look'; readonly inMs: number };

const lookAgainMs = 500;
/** Large files are written in bursts, with pauses in which a disk catches up. */
const longestPauseMs = 5000;
const bytesPerSecond = 400e6;

/**
 * Whether a file is still being written. One that looks the same twice is not; nor is one that was whole before it got its name, which
 * its time says.
 */
export function settling(before: FileLook | undefined, now: FileLook, nowMs: number): Settling {
  const pause = pauseMs(now.size);
  if (now.size > 0) {
    if (before?.size === now.size && before.mtime === now.mtime) return { kind: 'still' };
    if (!before && nowMs - now.mtime > longestPauseMs + pause) return { kind: 'still' };
  }
  return { kind: 'look', inMs: pause };
}

function pauseMs(size: number): number {
  return Math.min(longestPauseMs, lookAgainMs + (1000 * size) / bytesPerSecond);
}

/** A file that stands still and cannot be read may be half of one: its writer is slow, or copies it. Undefined: it is broken. */
export function retryMs(failures: number): number | undefined {
  return [2000, 10_000, 30_000][failures - 1];
}
