import type { PairRow } from '../../src/protocol/compareApi';
import type { Scale } from '../columns';
import { memo, throttled } from '../derive';
import type { Sort } from '../rows';
import { pairColumns, pairName, pairScale, pairSortValue } from './columns';
import { parsePairFilter, type PairFilter } from './filter';
import { isComparing, knownPairs, type CompareState } from './state';

/** A line of the table. */
export interface PairItem {
  readonly label: string;
  readonly row: PairRow;
}

export interface DerivedPairs {
  readonly rows: readonly PairRow[];
  readonly filter: PairFilter;
  readonly items: readonly PairItem[];
  readonly scales: ReadonlyMap<string, Scale>;
}

const naturalOrder = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** Returns a function that derives what is dear enough to keep between two frames. */
export function pairDeriver(now: () => number): (state: CompareState) => DerivedPairs {
  const rowsOf = memo(knownPairs);
  const filterOf = memo((text: string, catalogue: readonly { readonly id: string }[]) =>
    parsePairFilter(
      text,
      catalogue.map(({ id }) => id),
    ),
  );
  const rowsForOrder = throttled<PairRow>(now);
  const itemsOf = memo(itemsFor);
  const scalesOf = memo(scalesFor);
  const noCatalogue: readonly { readonly id: string }[] = [];
  return (state) => {
    const { view, start } = state;
    const rows = rowsOf(state.rows);
    const filter = filterOf(view.filter, start?.catalogue ?? noCatalogue);
    // While results stream in, a sorted table is put in order now and then: rows must not dance.
    const held = view.sort !== undefined && isComparing(start?.overview);
    const order = held ? rowsForOrder(rows, view.sort) : rows;
    const items = itemsOf(order, filter, view.sort);
    return { rows, filter, items: held ? fresh(items, state.rows) : items, scales: scalesOf(rows) };
  };
}

/** The pairs that pass, in the order of a column; those without a value last, whatever the direction. */
export function itemsFor(
  rows: readonly PairRow[],
  filter: PairFilter,
  sort: Sort | undefined,
): readonly PairItem[] {
  const passing = rows.filter((row) => filter.passes(row));
  const values = new Map(sort ? passing.map((row) => [row, pairSortValue(row, sort.column)]) : []);
  const sorted = sort
    ? passing.toSorted((x, y) => order(values.get(x), values.get(y), sort.descending))
    : passing;
  return sorted.map((row) => ({ label: pairName(row), row }));
}

function order(
  x: number | string | undefined,
  y: number | string | undefined,
  descending: boolean,
): number {
  if (x === undefined || y === undefined) return Number(x === undefined) - Number(y === undefined);
  // Two infinities have no difference.
  const ascending =
    typeof x === 'number' && typeof y === 'number'
      ? Number(x > y) - Number(x < y)
      : naturalOrder.compare(String(x), String(y));
  return descending ? -ascending : ascending;
}

/** The same order with the numbers of now. */
function fresh(
  items: readonly PairItem[],
  rows: readonly (PairRow | undefined)[],
): readonly PairItem[] {
  return items.map((item) => {
    const row = rows[item.row.index];
    return row === undefined || row === item.row ? item : { label: item.label, row };
  });
}

function scalesFor(rows: readonly PairRow[]): ReadonlyMap<string, Scale> {
  return new Map(
    pairColumns.flatMap((column): [string, Scale][] => {
      const scale = pairScale(column, rows);
      return scale ? [[column.id, scale]] : [];
    }),
  );
}
