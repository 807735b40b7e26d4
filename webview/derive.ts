import type { LayerRow } from '../src/protocol/layers';
import { chosenColumns, scaleOf, sortValue, type Column, type Scale } from './columns';
import { parseFilter, type Filter } from './filter';
import { arrange, type Item } from './rows';
import { isRunning, knownRows, type PageState } from './state';

/** What follows from the state and is dear enough to keep between two frames. */
export interface Derived {
  readonly rows: readonly LayerRow[];
  readonly columns: readonly Column[];
  readonly scales: ReadonlyMap<string, Scale>;
  readonly filter: Filter;
  readonly items: readonly Item[];
}

/** While results stream in, a sorted table is put in order again no more often than this: rows must not dance. */
const resortMs = 2000;

/** Returns a function that derives, working again only on what changed. */
export function deriver(now: () => number): (state: PageState) => Derived {
  const rowsOf = memo(knownRows);
  const columnsOf = memo(chosenColumns);
  const scalesOf = memo(scalesFor);
  const filterOf = memo(parseFilter);
  const idsOf = memo((catalogue: readonly { readonly id: string }[]) =>
    catalogue.map(({ id }) => id),
  );
  const foldedOf = memo((folded: readonly string[]) => new Set(folded));
  const rowsForOrder = throttled<LayerRow>(now);
  const itemsOf = memo(
    (
      rows: readonly LayerRow[],
      filter: Filter,
      sort: PageState['view']['sort'],
      grouped: boolean,
      folded: ReadonlySet<string>,
    ) => arrange(rows, { passes: filter.passes, sort, grouped, folded, valueOf: sortValue }),
  );
  return (state) => {
    const { view, start } = state;
    const catalogue = start?.catalogue ?? [];
    const rows = rowsOf(state.rows);
    const columns = columnsOf(catalogue, view.columns);
    const filter = filterOf(view.filter, idsOf(catalogue));
    const still = view.sort !== undefined && isRunning(start?.overview);
    const ordered = still ? rowsForOrder(rows, view.sort) : rows;
    const items = itemsOf(ordered, filter, view.sort, view.grouped, foldedOf(view.folded));
    return { rows, columns, filter, items, scales: scalesOf(columns, rows) };
  };
}

function scalesFor(
  columns: readonly Column[],
  rows: readonly LayerRow[],
): ReadonlyMap<string, Scale> {
  return new Map(
    columns.flatMap((column): [string, Scale][] => {
      const scale = scaleOf(column, rows);
      return scale ? [[column.id, scale]] : [];
    }),
  );
}

/** Gives the rows that it gave before, unless that was long ago or the order is another. */
export function throttled<T>(
  now: () => number,
): (rows: readonly T[], sort: unknown) => readonly T[] {
  let held: readonly T[] | undefined;
  let heldSort: unknown;
  let heldAt = -Infinity;
  return (rows, sort) => {
    const stale = now() - heldAt >= resortMs;
    if (!held || stale || sort !== heldSort || held.length !== rows.length) {
      held = rows;
      heldSort = sort;
      heldAt = now();
    }
    return held;
  };
}

/** Computes anew only when an argument is another one. */
export function memo<A extends readonly unknown[], R>(
  compute: (...args: A) => R,
): (...args: A) => R {
  let last: { readonly args: A; readonly result: R } | undefined;
  return (...args) => {
    if (last?.args.every((arg, index) => Object.is(arg, args[index]))) return last.result;
    const result = compute(...args);
    last = { args, result };
    return result;
  };
}
