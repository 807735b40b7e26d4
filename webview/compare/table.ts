import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { ref } from 'lit/directives/ref.js';
import { repeat } from 'lit/directives/repeat.js';

import { visibleSpan } from '../navigation';
import { icon } from '../views/icon';
import { headKeys, rowHeight } from '../views/table';
import type { CompareActions } from './actions';
import { pairCells } from './cell';
import { pairColumns, type PairColumn } from './columns';
import type { DerivedPairs, PairItem } from './derive';
import { isComparing, nextPairSort, type CompareState } from './state';

/** Rows kept ready above and below what is visible. */
const margin = 12;
const nameWidth = 168;

/** The pairs as a grid. Only rows near the visible part are in the page. */
export function pairTable(
  state: CompareState,
  derived: DerivedPairs,
  actions: CompareActions,
): TemplateResult {
  const { items } = derived;
  const width = pairColumns.reduce((sum, column) => sum + column.width, nameWidth);
  const tracks = pairColumns.map((column) =>
    column.mark ? `minmax(${column.width}px, 1fr)` : `${column.width}px`,
  );
  return html`<div
    class="table-scroller"
    ${ref(actions.watch('table'))}
    @scroll=${(event: Event) => {
      if (event.target instanceof Element) actions.change({ scroll: event.target.scrollTop });
    }}
  >
    <div
      class="table"
      role="grid"
      aria-label="Pairs of layers"
      aria-rowcount=${items.length + 1}
      aria-colcount=${pairColumns.length + 1}
      style="--columns: minmax(${nameWidth}px, 2fr) ${tracks.join(' ')}; min-width: ${width}px"
      @keydown=${(event: KeyboardEvent) => onKey(event, state, actions)}
    >
      <div class="head" role="rowgroup" @keydown=${headKeys}>
        <div class="row" role="row" aria-rowindex="1">
          ${heading('name', 'Layer', undefined, state, actions)}
          ${pairColumns.map((column) => heading(column.id, column.heading, column, state, actions))}
        </div>
      </div>
      <div class="body" role="rowgroup" style="height: ${Math.max(1, items.length) * rowHeight}px">
        ${items.length === 0 ? empty(state, derived) : lines(state, derived, actions)}
      </div>
    </div>
  </div>`;
}

function heading(
  id: string,
  title: string,
  column: PairColumn | undefined,
  state: CompareState,
  actions: CompareActions,
): TemplateResult {
  const { sort } = state.view;
  const sorted = sort?.column === id;
  const direction = !sorted ? 'none' : sort.descending ? 'descending' : 'ascending';
  return html`<div
    role="columnheader"
    class="${column && !column.isText ? 'number' : ''} ${id === 'name' ? 'name' : ''}"
    aria-sort=${direction}
  >
    <button
      tabindex=${id === 'name' ? 0 : -1}
      data-metric=${column ? (column.metric ?? column.id) : nothing}
      @click=${() => actions.change({ sort: nextPairSort(sort, id) })}
    >
      <span>${title}</span>
      ${sorted ? icon(sort.descending ? 'arrow-down' : 'arrow-up') : nothing}
    </button>
  </div>`;
}

function empty(state: CompareState, derived: DerivedPairs): TemplateResult {
  const count = state.start?.overview?.totals.pairCount ?? 0;
  const text =
    derived.rows.length > 0
      ? `No pair matches “${state.view.filter}”`
      : count > 0
        ? 'Reading the layers…'
        : 'No layer of one file was found in the other: see Without partner';
  return html`<div class="row empty" role="row"><div role="gridcell">${text}</div></div>`;
}

function lines(state: CompareState, derived: DerivedPairs, actions: CompareActions): unknown {
  const { items, scales } = derived;
  const { ui, view } = state;
  const span = visibleSpan({
    scroll: view.scroll,
    height: ui.tableHeight,
    rowHeight,
    count: items.length,
    margin,
  });
  const cursor = Math.max(
    0,
    items.findIndex((item) => item.row.index === ui.cursor),
  );
  const indices = Array.from({ length: span.end - span.start }, (_, step) => span.start + step);
  // The row with the keyboard stays in the page wherever one scrolls: else the focus would be lost.
  if (cursor < span.start) indices.unshift(cursor);
  if (cursor >= span.end) indices.push(cursor);
  const running = isComparing(state.start?.overview);
  return repeat(
    indices,
    (at) => items[at]?.row.index,
    (at) => {
      const item = items[at];
      if (!item) return nothing;
      return line(item, { at, hasCursor: at === cursor }, state, actions, () =>
        guard([item.row, scales, running], () => pairCells(item, scales, running)),
      );
    },
  );
}

function line(
  { row }: PairItem,
  { at, hasCursor }: { readonly at: number; readonly hasCursor: boolean },
  state: CompareState,
  actions: CompareActions,
  cells: () => unknown,
): TemplateResult {
  const selected = row.index === state.open?.index;
  return html`<div
    class="row layer ${selected ? 'selected' : ''}"
    role="row"
    aria-rowindex=${at + 2}
    aria-selected=${selected}
    tabindex=${hasCursor ? 0 : -1}
    style="top: ${at * rowHeight}px"
    @click=${() => {
      actions.show({ cursor: row.index });
      actions.openPair(row.index);
    }}
  >
    ${cells()}
  </div>`;
}

function onKey(event: KeyboardEvent, state: CompareState, actions: CompareActions): void {
  const { target, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (!(target instanceof Element) || target.getAttribute('role') !== 'row') return;
  if (key === '/' || key === 'Tab') return;
  if (key === 'Escape') {
    if (state.open) actions.openPair(undefined);
    return;
  }
  if (key.length === 1 || /^(Arrow(Up|Down)|Page|Home$|End$|Enter$)/.test(key)) {
    event.preventDefault();
    actions.typed(key);
  }
}
