import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { ref } from 'lit/directives/ref.js';
import { repeat } from 'lit/directives/repeat.js';

import type { Actions } from '../actions';
import type { Column } from '../columns';
import type { Derived } from '../derive';
import { visibleSpan } from '../navigation';
import type { Item } from '../rows';
import { isRunning, nextSort, type PageState } from '../state';
import { groupCells, layerCells, type CellContext } from './cell';
import { icon } from './icon';

export const rowHeight = 22;
export const headerHeight = 24;
/** Rows kept ready above and below what is visible. */
const margin = 12;
const nameWidth = 168;

/** The layers as a tree grid. Only rows near the visible part are in the page. */
export function tableView(state: PageState, derived: Derived, actions: Actions): TemplateResult {
  const { columns, items } = derived;
  const width = columns.reduce((sum, column) => sum + column.width, nameWidth);
  const template = `minmax(${nameWidth}px, 2fr) ${columns.map(trackOf).join(' ')}`;
  return html`<div
    class="table-scroller"
    ${ref(actions.watch('table'))}
    @scroll=${(event: Event) => {
      if (event.target instanceof Element) actions.change({ scroll: event.target.scrollTop });
    }}
  >
    <div
      class="table"
      role="treegrid"
      aria-label="Layers"
      aria-rowcount=${items.length + 1}
      aria-colcount=${columns.length + 1}
      style="--columns: ${template}; min-width: ${width}px"
      @keydown=${(event: KeyboardEvent) => onKey(event, state, actions)}
    >
      <div class="head" role="rowgroup" @keydown=${headKeys}>
        <div class="row" role="row" aria-rowindex="1">
          ${heading('name', 'Layer', undefined, state, actions)}
          ${columns.map((column) => heading(column.id, column.heading, column, state, actions))}
        </div>
      </div>
      <div class="body" role="rowgroup" style="height: ${Math.max(1, items.length) * rowHeight}px">
        ${items.length === 0 ? empty(state, derived) : lines(state, derived, actions)}
      </div>
    </div>
  </div>`;
}

/** Columns with a picture or with words use the room that is left. */
function trackOf({ width, kind, mark }: Column): string {
  if (kind === 'notes') return `minmax(${width}px, 2fr)`;
  return mark ? `minmax(${width}px, 1fr)` : `${width}px`;
}

function heading(
  id: string,
  title: string,
  column: Column | undefined,
  state: PageState,
  actions: Actions,
): TemplateResult {
  const { sort } = state.view;
  const sorted = sort?.column === id;
  const direction = !sorted ? 'none' : sort.descending ? 'descending' : 'ascending';
  const numeric = column?.kind === 'metric' || column?.kind === 'parameters';
  return html`<div
    role="columnheader"
    class="${numeric ? 'number' : ''} ${id === 'name' ? 'name' : ''}"
    aria-sort=${direction}
  >
    <button
      tabindex=${id === 'name' ? 0 : -1}
      data-metric=${column?.descriptor?.id ?? nothing}
      @click=${() => actions.change({ sort: nextSort(sort, id) })}
    >
      <span>${title}</span>
      ${sorted ? icon(sort.descending ? 'arrow-down' : 'arrow-up') : nothing}
    </button>
  </div>`;
}

function empty(state: PageState, derived: Derived): TemplateResult {
  return html`<div class="row empty" role="row">
    <div role="gridcell">${whyEmpty(state, derived)}</div>
  </div>`;
}

function whyEmpty(state: PageState, derived: Derived): string {
  const overview = state.start?.overview;
  if (derived.rows.length > 0) return `No layer matches “${state.view.filter}”`;
  if (overview && overview.layerCount > 0) return 'Reading the layers…';
  const { tensorCount = 0 } = overview?.totals ?? {};
  return tensorCount === 0
    ? 'The file holds no tensors'
    : 'No tensor of this file is the weight of a layer: see Tensors and file';
}

function lines(state: PageState, derived: Derived, actions: Actions): unknown {
  const { items, columns, scales } = derived;
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
    items.findIndex((item) => item.key === ui.cursor),
  );
  const indices = Array.from({ length: span.end - span.start }, (_, step) => span.start + step);
  // The row with the keyboard stays in the page wherever one scrolls: else the focus would be lost.
  if (cursor < span.start) indices.unshift(cursor);
  if (cursor >= span.end) indices.push(cursor);
  const context: CellContext = { columns, scales, running: isRunning(state.start?.overview) };
  return repeat(
    indices,
    (index) => items[index]?.key,
    (index) => {
      const item = items[index];
      return item ? line(item, index, index === cursor, state, actions, context) : nothing;
    },
  );
}

function line(
  item: Item,
  index: number,
  hasCursor: boolean,
  state: PageState,
  actions: Actions,
  context: CellContext,
): TemplateResult {
  const selected = item.kind === 'layer' && item.row.index === state.open?.index;
  const act = (): void => {
    actions.show({ cursor: item.key });
    if (item.kind === 'layer') actions.openLayer(item.row.index);
    else actions.typed(item.expanded ? 'ArrowLeft' : 'ArrowRight');
  };
  return html`<div
    class="row ${item.kind} ${selected ? 'selected' : ''}"
    role="row"
    aria-rowindex=${index + 2}
    aria-level=${item.level}
    aria-expanded=${item.kind === 'group' ? item.expanded : nothing}
    aria-selected=${item.kind === 'layer' ? selected : nothing}
    tabindex=${hasCursor ? 0 : -1}
    data-key=${item.key}
    style="top: ${index * rowHeight}px"
    @click=${act}
  >
    ${guard([item, context.columns, context.scales, context.running], () =>
      item.kind === 'group' ? groupCells(item, context) : layerCells(item, context),
    )}
  </div>`;
}

function onKey(event: KeyboardEvent, state: PageState, actions: Actions): void {
  const { target, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (!(target instanceof Element) || target.getAttribute('role') !== 'row') return;
  if (key === '/' || key === 'Tab') return;
  if (key === 'Escape') {
    if (state.open) actions.openLayer(undefined);
    return;
  }
  if (key.length === 1 || /^(Arrow|Page|Home$|End$|Enter$)/.test(key)) {
    event.preventDefault();
    actions.typed(key);
  }
}

/** Left and right go from heading to heading; the table has one tab stop for them all. */
export function headKeys(event: KeyboardEvent): void {
  if (!(event.currentTarget instanceof Element)) return;
  const buttons = [...event.currentTarget.querySelectorAll('button')];
  const at = buttons.findIndex((button) => button === document.activeElement);
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (at < 0 || step === undefined) return;
  event.preventDefault();
  buttons[at + step]?.focus();
}
