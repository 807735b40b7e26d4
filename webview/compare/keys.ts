/** Where a key moves the cursor in a list; undefined where it means nothing. */
export function rowFor(
  key: string,
  count: number,
  at: number,
  pageSize: number,
): number | undefined {
  const last = count - 1;
  if (last < 0) return undefined;
  const targets: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + pageSize,
    PageUp: at - pageSize,
    Home: 0,
    End: last,
  };
  const target = Object.hasOwn(targets, key) ? targets[key] : undefined;
  return target === undefined ? undefined : Math.max(0, Math.min(last, target));
}
