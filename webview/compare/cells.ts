import type { PairRow } from '../../src/protocol/compareApi';
import type { CellText } from '../cells';
import { formatPairValue, pairValue, type PairColumn } from './columns';

/** Text of a cell: a dot for what is still to come; a dash, with the reason, for what will not come. */
export function pairCellText(row: PairRow, column: PairColumn, running: boolean): CellText {
  const value = pairValue(row, column);
  if (value !== undefined && !Number.isNaN(value)) {
    return { kind: 'value', text: formatPairValue(value, column) };
  }
  const pending = { kind: 'pending', text: '…' } as const;
  const missing = (reason: string): CellText => ({ kind: 'missing', text: '–', reason });
  if (column.metric !== undefined) {
    if (running) return pending;
    const values = Object.hasOwn(row.metrics, column.metric) ? row.metrics[column.metric] : {};
    if (values?.a !== undefined) return missing('B has no such number');
    return missing(values?.b === undefined ? 'Neither has such a number' : 'A has no such number');
  }
  if (row.state === 'pending') {
    return running ? pending : missing('Not compared: it was stopped before it');
  }
  if (!row.change || column.id === 'change.rank') {
    const part = row.change ? 'spectrum' : 'change';
    const found = row.missing.find((one) => one.part === part)?.reason;
    return missing(found ?? 'Does not apply to this pair');
  }
  return missing('One of the two is zero');
}

/** `22.4 → 23.6`: what a signed cell is the difference of. */
export function bothValues(
  row: PairRow,
  metric: string,
  text: (value: number) => string,
): string | undefined {
  const values = Object.hasOwn(row.metrics, metric) ? row.metrics[metric] : undefined;
  if (!values) return undefined;
  const [a, b] = [values.a, values.b].map((value) => (value === undefined ? '–' : text(value)));
  return `${a ?? '–'} → ${b ?? '–'}`;
}
