import { html, nothing, type TemplateResult } from 'lit';

import type { LayerRow } from '../../src/protocol/layers';
import { cellText } from '../cells';
import { positionOn, type Column, type Scale } from '../columns';
import { formatCount, formatFraction, formatNumber, formatShape, plural } from '../format';
import { notesOf } from '../notes';
import type { GroupItem, LayerItem } from '../rows';
import { icon } from './icon';
import { sparkline } from './sparkline';

export interface CellContext {
  readonly columns: readonly Column[];
  readonly scales: ReadonlyMap<string, Scale>;
  readonly running: boolean;
}

/** Indent of a level, and of a layer against the twistie of its group. */
const indent = 12;

export function layerCells(item: LayerItem, context: CellContext): unknown {
  const { row, label, level } = item;
  return [
    html`<div
      role="rowheader"
      class="name"
      style="padding-left: ${level * indent + 12}px"
      title=${row.type === undefined ? row.name : `${row.name} (${row.type})`}
    >
      ${label}
    </div>`,
    ...context.columns.map((column) => layerCell(row, column, context)),
  ];
}

function layerCell(row: LayerRow, column: Column, context: CellContext): TemplateResult {
  switch (column.kind) {
    case 'view':
      return html`<div role="gridcell" class="shape" title="Stored as ${formatShape(row.shape)}">
        ${row.view ? formatShape(row.view) : formatShape(row.shape)}
      </div>`;
    case 'dtype':
      return html`<div role="gridcell" class="muted">${row.dtype}</div>`;
    case 'parameters':
      return html`<div role="gridcell" class="number">${formatCount(row.parameterCount)}</div>`;
    case 'spectrum':
      return sparkline(row, context.running);
    case 'notes': {
      const notes = notesOf(row);
      const text = notes.map((note) => note.text).join(', ');
      return html`<div role="gridcell" class="notes" title=${text}>
        ${
          notes.length > 0
            ? html`${icon(notes[0]?.weight === 'problem' ? 'error' : 'circle-small-filled')}${text}`
            : nothing
        }
      </div>`;
    }
    case 'metric':
      return metricCell(row, column, context);
  }
}

function metricCell(row: LayerRow, column: Column, context: CellContext): TemplateResult {
  const { descriptor } = column;
  if (!descriptor) return html`<div role="gridcell"></div>`;
  const { text, kind, reason } = cellText(row, descriptor, context.running);
  const value = row.metrics[column.id];
  const scale = context.scales.get(column.id);
  const suffix = column.mark === 'centred' && kind === 'value' ? '×' : '';
  return html`<div role="gridcell" class="number ${kind}" title=${reason ?? nothing}>
    ${
      scale && kind === 'value' && value !== undefined
        ? mark(scale, value, row.baselines[column.id])
        : nothing
    }<span
      >${text}${suffix}${
        reason === undefined ? nothing : html`<span class="visually-hidden"> ${reason}</span>`
      }</span
    >
  </div>`;
}

/** The bar or dot of a cell, with chance as a hairline. */
function mark(scale: Scale, value: number, baseline: number | undefined): TemplateResult {
  const at = 100 * positionOn(scale, value);
  const chance = scale.kind === 'centred' ? 1 : baseline;
  const line = chance === undefined ? undefined : 100 * positionOn(scale, chance);
  if (scale.kind === 'centred') {
    const low = Math.min(at, 50);
    return html`<span class="mark centred" aria-hidden="true"
      ><i class="stem" style="left: ${low}%; width: ${Math.abs(at - 50)}%"></i
      ><i class="chance" style="left: 50%"></i><i class="dot" style="left: ${at}%"></i
    ></span>`;
  }
  return html`<span class="mark" aria-hidden="true"
    ><i class="fill" style="width: ${at}%"></i>${
      line === undefined ? nothing : html`<i class="chance" style="left: ${line}%"></i>`
    }</span
  >`;
}

export function groupCells(item: GroupItem, context: CellContext): unknown {
  const { sum, label, level, expanded } = item;
  return [
    html`<div role="rowheader" class="name" style="padding-left: ${level * indent - 6}px">
      ${icon(expanded ? 'chevron-down' : 'chevron-right')}<span>${label}</span>
      <span class="muted">${plural(sum.layerCount, 'layer')}</span>
    </div>`,
    ...context.columns.map((column) => {
      const text = groupText(item, column);
      const numeric = column.kind === 'metric' || column.kind === 'parameters';
      const title = column.id === 'view' ? plural(item.sum.parameterCount, 'parameter') : nothing;
      return html`<div role="gridcell" class="${numeric ? 'number' : ''} muted" title=${title}>
        ${text}
      </div>`;
    }),
  ];
}

/** Only what can be added up: a mean of condition numbers would mean nothing. */
function groupText(item: GroupItem, column: Column): string {
  const { parameterCount, zeroFraction, l2 } = item.sum;
  if (column.id === 'parameters' || column.id === 'view') return formatCount(parameterCount);
  if (column.id === 'zero.frac' && zeroFraction !== undefined) return formatFraction(zeroFraction);
  if (column.id === 'l2' && l2 !== undefined) return formatNumber(l2);
  return '';
}
