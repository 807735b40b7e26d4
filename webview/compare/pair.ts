import { html, nothing, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';

import type { PairRow } from '../../src/protocol/compareApi';
import { formatShape } from '../format';
import { narrowWidth } from '../state';
import { chartBox } from '../views/chart';
import { icon } from '../views/icon';
import type { CompareActions } from './actions';
import { pairCellText } from './cells';
import { matchText, pairColumns, pairName } from './columns';
import { companionsView, metricsView } from './metrics';
import { changeFacts, pairChartsOf } from './pairCharts';
import { isComparing, type CompareState } from './state';

/** The numbers under the name, in the order in which they explain each other. */
const keyColumns = ['change.relative', 'change.cosine', 'change.newZeros', 'change.rank'];
const gap = 24;
const padding = 16;
/** Width from which two charts stand side by side. */
const twoColumns = 460;

/** A pair: names, how it changed, charts, every number A → B. */
export function pairView(
  state: CompareState,
  actions: CompareActions,
): TemplateResult | typeof nothing {
  const { open } = state;
  const row = open && state.rows[open.index];
  if (!row) return nothing;
  return html`<section
    class="layer"
    aria-label="Layer ${row.b.name}"
    tabindex="-1"
    @keydown=${(event: KeyboardEvent) => onKey(event, actions)}
  >
    ${head(row, state, actions)}
    <div class="layer-body" ${ref(actions.watch('pair'))}>
      ${keyNumbers(row, state)}
      <p class="layer-notes">${changeFacts(row).join(' · ')}</p>
      ${charts(row, state, actions)} ${companionsView(row)}
      ${metricsView(row, state.start?.catalogue ?? [])}
    </div>
  </section>`;
}

function head(row: PairRow, state: CompareState, actions: CompareActions): TemplateResult {
  const { a, b, match } = row;
  const [shapeOfA, shapeOfB] = [a, b].map(({ view, shape }) => formatShape(view ?? shape));
  const how = matchText(match);
  return html`<div class="layer-head">
    ${
      state.ui.pageWidth < narrowWidth
        ? tool('arrow-left', 'Back to the table', () => actions.openPair(undefined))
        : nothing
    }
    <h2 title=${pairName(row)}>${pairName(row)}</h2>
    <span class="muted facts-line"
      >${shapeOfA === shapeOfB ? shapeOfB : `${shapeOfA ?? ''} → ${shapeOfB ?? ''}`} ·
      ${a.dtype === b.dtype ? b.dtype : `${a.dtype} → ${b.dtype}`}${
        how === '' ? nothing : html` · matched by ${how}`
      }${match.detail === undefined ? nothing : html` (${match.detail})`}</span
    >
    <div class="buttons">
      <button
        class="link"
        title="Open this layer of A"
        @click=${() => actions.ask((host) => host.openCheckpoint('a', a.name))}
      >
        A ↗
      </button>
      <button
        class="link"
        title="Open this layer of B"
        @click=${() => actions.ask((host) => host.openCheckpoint('b', b.name))}
      >
        B ↗
      </button>
      ${tool('arrow-up', 'Previous pair', () => actions.step(-1), ' (↑)')}
      ${tool('arrow-down', 'Next pair', () => actions.step(1), ' (↓)')}
      ${tool('close', 'Close the pair', () => actions.openPair(undefined), ' (Escape)')}
    </div>
  </div>`;
}

function tool(name: string, label: string, run: () => void, key = ''): TemplateResult {
  return html`<button class="tool" aria-label=${label} title="${label}${key}" @click=${run}>
    ${icon(name)}
  </button>`;
}

function keyNumbers(row: PairRow, state: CompareState): TemplateResult {
  const running = isComparing(state.start?.overview);
  const shown = pairColumns.filter(({ id }) => keyColumns.includes(id));
  return html`<ul class="key-numbers">
    ${shown.map((column) => {
      const { text, reason } = pairCellText(row, column, running);
      return html`<li title=${reason ?? nothing}>
        <button class="fact" data-metric=${column.id}>${column.heading} <b>${text}</b></button>
      </li>`;
    })}
  </ul>`;
}

function charts(row: PairRow, state: CompareState, actions: CompareActions): TemplateResult {
  const { open, ui } = state;
  const loaded = open?.detail;
  if (loaded?.kind === 'failed') {
    return html`<p class="absent" role="alert">The charts could not be read: ${loaded.message}</p>`;
  }
  const detail = loaded?.kind === 'ready' ? loaded.value : loaded?.previous;
  const columns = ui.pairWidth < twoColumns ? 1 : 2;
  const width = Math.floor((ui.pairWidth - 2 * padding - gap * (columns - 1)) / columns);
  const boxes = detail
    ? pairChartsOf({ row, detail, width: Math.max(180, width), state, actions })
    : [];
  return html`<div
    class="charts"
    aria-busy=${loaded?.kind !== 'ready'}
    style="grid-template-columns: repeat(${columns}, minmax(0, 1fr))"
  >
    ${boxes.map((box) => chartBox(box, state, actions))}
  </div>`;
}

function onKey(event: KeyboardEvent, actions: CompareActions): void {
  if (event.key === 'Escape') {
    actions.openPair(undefined);
    return;
  }
  const { target, key } = event;
  // Arrow keys belong to heat maps and tables that scroll while these have the keyboard.
  const own = target instanceof Element && target.closest('canvas, .chart-table');
  if (own || (key !== 'ArrowUp' && key !== 'ArrowDown')) return;
  event.preventDefault();
  actions.step(key === 'ArrowUp' ? -1 : 1);
}
