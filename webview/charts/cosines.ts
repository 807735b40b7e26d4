import type { CosineMap } from '../../src/protocol/layers';
import { diverging } from './colour';
import { gridChart } from './grid';
import { cellOf, cosinesSummary, describeCell, placesOf, type FilterOrder } from './similarity';
import { themeColours } from './theme';

/** Cosines this strong get a stroke besides their colour where the theme asks for high contrast. */
const strong = 0.5;

/** Cosine of every filter with every other: orange for opposite, blue for alike, the editor's background for orthogonal. */
export function cosinesChart(
  map: CosineMap,
  order: FilterOrder,
  pair: readonly [number, number] | undefined,
  side: number,
): HTMLElement {
  const theme = themeColours();
  const ends = { low: theme.orange, middle: theme.background, high: theme.blue };
  const places = placesOf(map, order);
  const cell = (place: number): number => places[place] ?? place;
  const cosine = (row: number, column: number): number =>
    map.values[cell(row) * map.size + cell(column)] ?? 0;
  const marked = pair?.map((filter) => places.indexOf(cellOf(map, filter)));
  const [i, j] = marked ?? [];
  return gridChart({
    columns: map.size,
    rows: map.size,
    width: side,
    height: side,
    label: cosinesSummary(map),
    colour: (row, column) => diverging(cosine(row, column), ends),
    ...(theme.contrast ? { struck: (row, column) => cosine(row, column) < -strong } : {}),
    describe: (row, column) => describeCell(map, cell(row), cell(column)),
    ...(i !== undefined && j !== undefined
      ? {
          marked: [
            [i, j],
            [j, i],
          ],
        }
      : {}),
    ink: theme.foreground,
    hint: 'Filter i down, filter j across; point at a cell',
  });
}
