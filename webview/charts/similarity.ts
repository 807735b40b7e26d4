import type { CosineMap, FilterPair } from '../../src/protocol/layers';
import { formatNumber, grouped } from '../format';
import type { Tabular } from '../tabular';

/** Rows of the table that stands for the map: the strongest pairs say more than the whole matrix. */
const tableRows = 200;

export type FilterOrder = 'natural' | 'similarity';

/** Which cell row of the map stands at each place of the picture. */
export function placesOf(map: CosineMap, order: FilterOrder): readonly number[] {
  const natural = Array.from({ length: map.size }, (_, index) => index);
  return order === 'similarity' && map.order.length === map.size ? map.order : natural;
}

/** `filter 12`, or `filters 24–25` where a cell stands for several. */
export function filtersOf(map: CosineMap, cell: number): string {
  const [first, end] = rangeOf(map, cell);
  return end - first <= 1 ? `filter ${first}` : `filters ${first}–${end - 1}`;
}

/** The cell row that holds a filter: filter i is in cell ⌊i · size / count⌋. */
export function cellOf({ size, filterCount }: CosineMap, filter: number): number {
  return Math.min(size - 1, Math.floor((filter * size) / Math.max(1, filterCount)));
}

function rangeOf({ size, filterCount }: CosineMap, cell: number): readonly [number, number] {
  const first = Math.ceil((cell * filterCount) / size);
  return [first, Math.max(first + 1, Math.ceil(((cell + 1) * filterCount) / size))];
}

export function describeCell(map: CosineMap, i: number, j: number): string {
  const cosine = map.values[i * map.size + j] ?? 0;
  const norms = [map.norms[i] ?? 0, map.norms[j] ?? 0].map(formatNumber);
  return (
    `${filtersOf(map, i)} and ${filtersOf(map, j)}: cos ${formatNumber(cosine)}, ` +
    `norms ${norms.join(' and ')}`
  );
}

export function cosinesSummary(map: CosineMap): string {
  const { size, values, filterCount } = map;
  let strongest = 0;
  let sum = 0;
  for (let i = 0; i < size; i++) {
    for (let j = i + 1; j < size; j++) {
      const cosine = values[i * size + j] ?? 0;
      sum += Math.abs(cosine);
      if (Math.abs(cosine) > Math.abs(strongest)) strongest = cosine;
    }
  }
  const mean = size > 1 ? sum / ((size * (size - 1)) / 2) : 0;
  const cells = size < filterCount ? `, ${size} blocks that hold their strongest cosine` : '';
  return (
    `${grouped(filterCount)} filters${cells}: mean |cos| ${formatNumber(mean)}, ` +
    `strongest ${formatNumber(strongest)}`
  );
}

/** The strongest pairs of the map, for reading. */
export function cosinesTable(map: CosineMap): Tabular {
  const pairs: FilterPair[] = [];
  for (let i = 0; i < map.size; i++) {
    for (let j = i + 1; j < map.size; j++) {
      pairs.push({ i, j, cosine: map.values[i * map.size + j] ?? 0 });
    }
  }
  pairs.sort((a, b) => Math.abs(b.cosine) - Math.abs(a.cosine));
  return {
    head: ['i', 'j', 'cosine', '‖w_i‖', '‖w_j‖'],
    rows: pairs
      .slice(0, tableRows)
      .map(({ i, j, cosine }) => [
        filtersOf(map, i).replace(/^filters? /, ''),
        filtersOf(map, j).replace(/^filters? /, ''),
        cosine,
        map.norms[i] ?? 0,
        map.norms[j] ?? 0,
      ]),
  };
}

/** The whole matrix, for copying. */
export function cosinesMatrix(map: CosineMap): Tabular {
  const cells = Array.from({ length: map.size }, (_, index) => index);
  return {
    head: ['', ...cells.map((cell) => filtersOf(map, cell))],
    rows: cells.map((i) => [
      filtersOf(map, i),
      ...cells.map((j) => map.values[i * map.size + j] ?? 0),
    ]),
  };
}

export function pairsTable(pairs: readonly FilterPair[]): Tabular {
  return { head: ['i', 'j', 'cosine'], rows: pairs.map(({ i, j, cosine }) => [i, j, cosine]) };
}
