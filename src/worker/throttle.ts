/** Calls `action` at most once in `intervalMs`, and always once more after the last request. */
export function throttle(
  action: () => void,
  intervalMs: number,
): { request(): void; flush(): void } {
  let timer: NodeJS.Timeout | undefined;
  const run = (): void => {
    clearTimeout(timer);
    timer = undefined;
    action();
  };
  return {
    request: () => {
      timer ??= setTimeout(run, intervalMs);
    },
    flush: () => {
      if (timer !== undefined) run();
    },
  };
}
