import type { Loaded } from './state';

/** Pulls a list in pages, one after the other, so that the first rows show at once. */
export async function* loadPages<T>(
  count: number,
  pageSize: number,
  read: (start: number, end: number) => Promise<readonly T[]>,
): AsyncGenerator<readonly T[]> {
  for (let start = 0; start < count; start += pageSize) {
    yield await read(start, Math.min(count, start + pageSize));
  }
}

/** Asks for one layer at a time; of those wanted meanwhile only the last is asked for, so that paging never queues up. */
export function loadDetails<T>(options: {
  readonly detail: (layer: number) => Promise<T>;
  readonly loaded: (layer: number, detail: Loaded<T>) => void;
}): (layer: number) => void {
  let wanted: number | undefined;
  let busy = false;
  const run = async (): Promise<void> => {
    while (wanted !== undefined) {
      const layer = wanted;
      wanted = undefined;
      try {
        options.loaded(layer, { kind: 'ready', value: await options.detail(layer) });
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        options.loaded(layer, { kind: 'failed', message });
      }
    }
    busy = false;
  };
  return (layer) => {
    wanted = layer;
    if (busy) return;
    busy = true;
    void run();
  };
}
