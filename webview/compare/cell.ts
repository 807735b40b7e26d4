import { html, nothing, type TemplateResult } from 'lit';

import type { PairRow } from '../../src/protocol/compareApi';
import type { Scale } from '../columns';
import { formatFraction, formatNumber } from '../format';
import { bothValues, pairCellText } from './cells';
import { barOf, matchText, pairColumns, pairValue, type PairColumn } from './columns';
import type { PairItem } from './derive';

/** The cells of a pair. */
export function pairCells(
  { label, row }: PairItem,
  scales: ReadonlyMap<string, Scale>,
  running: boolean,
): unknown {
  return [
    html`<div role="rowheader" class="name" title=${label}>${label}</div>`,
    ...pairColumns.map((column) =>
      column.isText ? matchCell(row) : numberCell(row, column, scales.get(column.id), running),
    ),
  ];
}

function matchCell({ match }: PairRow): TemplateResult {
  return html`<div role="gridcell" class="muted" title=${match.detail ?? nothing}>
    ${matchText(match)}
  </div>`;
}

function numberCell(
  row: PairRow,
  column: PairColumn,
  scale: Scale | undefined,
  running: boolean,
): TemplateResult {
  const { text, kind, reason } = pairCellText(row, column, running);
  const value = pairValue(row, column);
  const both =
    column.metric === undefined
      ? undefined
      : bothValues(
          row,
          column.metric,
          column.metric === 'zero.frac' ? formatFraction : formatNumber,
        );
  return html`<div role="gridcell" class="number ${kind}" title=${reason ?? both ?? nothing}>
    ${
      scale && kind === 'value' && value !== undefined && value !== 0
        ? mark(scale, value, column.mark === 'signed')
        : nothing
    }<span
      >${text}${
        reason === undefined ? nothing : html`<span class="visually-hidden"> ${reason}</span>`
      }</span
    >
  </div>`;
}

/** A bar from zero: to the right for more; to the left, in the other colour, for less. */
function mark(scale: Scale, value: number, isSigned: boolean): TemplateResult {
  const { start, length } = barOf(scale, value);
  const style = `left: ${100 * start}%; width: ${100 * length}%`;
  return html`<span class="mark ${isSigned ? 'signed' : ''}" aria-hidden="true"
    ><i class="${isSigned && value < 0 ? 'fill less' : 'fill'}" style=${style}></i>${
      isSigned ? html`<i class="chance" style="left: 50%"></i>` : nothing
    }</span
  >`;
}
