import type { ZeroMap } from '../../src/protocol/layers';
import { formatFraction, formatNumber, grouped } from '../format';
import type { Tabular } from '../tabular';
import { mix } from './colour';
import { gridChart } from './grid';
import { themeColours } from './theme';

/** Where the zeros are; in a matrix without zeros, where the weights are large. */
export function zerosChart(map: ZeroMap, width: number, height: number): HTMLElement {
  const theme = themeColours();
  const values = hasZeros(map) ? map.zeroFractions : map.rms;
  const most = hasZeros(map) ? 1 : values.reduce((high, value) => Math.max(high, value), 0);
  return gridChart({
    columns: map.width,
    rows: map.height,
    width,
    height,
    label: zerosSummary(map),
    colour: (row, column) => {
      const value = values[row * map.width + column] ?? 0;
      return mix(theme.background, theme.blue, most > 0 ? value / most : 0);
    },
    describe: (row, column) => describeZeros(map, row, column),
    ink: theme.foreground,
    hint: hasZeros(map)
      ? 'Filled: all zero. Row down, column across; point at a cell'
      : 'No zeros: shade is the size of the weights (RMS). Row down, column across',
  });
}

export function hasZeros({ zeroFractions }: ZeroMap): boolean {
  return zeroFractions.some((fraction) => fraction > 0);
}

export function zerosSummary(map: ZeroMap): string {
  const size = `${grouped(map.rows)} × ${grouped(map.columns)} weights`;
  if (!hasZeros(map)) return `${size} without a zero; shade shows their root mean square`;
  const full = map.zeroFractions.filter((fraction) => fraction === 1).length;
  const cells = map.width * map.height;
  return `${size}; ${formatFraction(full / cells)} of the ${grouped(cells)} cells are all zero`;
}

function describeZeros(map: ZeroMap, row: number, column: number): string {
  const at = row * map.width + column;
  const rows = rangeText('row', row, map.height, map.rows);
  const columns = rangeText('column', column, map.width, map.columns);
  const zeros = formatFraction(map.zeroFractions[at] ?? 0);
  return `${rows}, ${columns}: ${zeros} zeros, RMS ${formatNumber(map.rms[at] ?? 0)}`;
}

function rangeText(name: string, cell: number, cells: number, count: number): string {
  const first = Math.floor((cell * count) / cells);
  const end = Math.max(first + 1, Math.floor(((cell + 1) * count) / cells));
  return end - first === 1 ? `${name} ${first}` : `${name}s ${first}–${end - 1}`;
}

export function zerosTable(map: ZeroMap): Tabular {
  return {
    head: ['cell row', 'cell column', 'zeros', 'RMS'],
    rows: Array.from(map.zeroFractions, (fraction, at) => [
      Math.floor(at / map.width),
      at % map.width,
      fraction,
      map.rms[at] ?? 0,
    ]),
  };
}
