import { html, nothing, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';

import type { LayerRow } from '../../src/protocol/layers';
import type { Actions } from '../actions';
import { cellText } from '../cells';
import { headingOf } from '../columns';
import type { Derived } from '../derive';
import { findingsOf } from '../findings';
import { formatMetric, formatShape } from '../format';
import { notesOf } from '../notes';
import { isRunning, narrowWidth, type PageState } from '../state';
import { chartBox } from './chart';
import { chartsOf } from './charts';
import { findingView } from './findings';
import { icon } from './icon';
import { menu, type MenuItem } from './menu';
import { numbersView } from './numbers';

/** The numbers of the sentence under the name, in the order in which they explain each other. */
const keyMetrics = ['zero.frac', 'l2', 'sigma1', 'srank', 'OI_row'];
const gap = 24;
const padding = 16;

/** A layer: name, key numbers with chance beside them, charts, every number. */
export function layerView(
  state: PageState,
  _derived: Derived,
  actions: Actions,
): TemplateResult | typeof nothing {
  const { open } = state;
  const row = open && state.rows[open.index];
  if (!open || !row) return nothing;
  return html`<section
    class="layer"
    aria-label="Layer ${row.name}"
    tabindex="-1"
    @keydown=${(event: KeyboardEvent) => onKey(event, actions)}
  >
    ${head(row, state, actions)}
    <div class="layer-body" ${ref(actions.watch('layer'))}>
      ${keyNumbers(row, state)} ${notes(row)} ${charts(row, state, actions)}
      ${layerFindings(row, state, actions)} ${numbersView(row, state)}
    </div>
  </section>`;
}

function head(row: LayerRow, state: PageState, actions: Actions): TemplateResult {
  const link = state.start?.links.find(({ layer }) => layer === row.index);
  const narrow = state.ui.pageWidth < narrowWidth;
  return html`<div class="layer-head">
    ${
      narrow
        ? html`<button
            class="tool"
            aria-label="Back to the table"
            title="Back to the table"
            @click=${() => actions.openLayer(undefined)}
          >
            ${icon('arrow-left')}
          </button>`
        : nothing
    }
    <h2 title=${row.tensor}>${row.tensor}</h2>
    <span class="muted facts-line"
      >${row.view ? formatShape(row.view) : formatShape(row.shape)} ·
      ${row.dtype}${
        row.type === undefined ? nothing : html` · ${row.type}`
      }${row.orientation === 'assumed' ? ' · orientation assumed' : nothing}</span
    >
    ${combinedLine(row)} ${expertsLine(row)}
    ${
      link
        ? html`<button
            class="link"
            title=${link.reason}
            @click=${() => actions.ask((host) => host.openCode(row.index))}
          >
            ${link.label} ↗
          </button>`
        : nothing
    }
    <div class="buttons">
      ${techniqueMenu(row, state, actions)}
      <button
        class="tool"
        aria-label="Previous layer"
        title="Previous layer (↑)"
        @click=${() => actions.step(-1)}
      >
        ${icon('arrow-up')}
      </button>
      <button
        class="tool"
        aria-label="Next layer"
        title="Next layer (↓)"
        @click=${() => actions.step(1)}
      >
        ${icon('arrow-down')}
      </button>
      <button
        class="tool"
        aria-label="Close the layer"
        title="Close (Escape)"
        @click=${() => actions.openLayer(undefined)}
      >
        ${icon('close')}
      </button>
    </div>
  </div>`;
}

/** What the weight was put together from, or that it could not be. */
function combinedLine({ combined, notCombined }: LayerRow): TemplateResult | typeof nothing {
  const text = combined ?? (notCombined === undefined ? undefined : `stored part: ${notCombined}`);
  return text === undefined ? nothing : html`<span class="muted combined-line">${text}</span>`;
}

/** That a stack of experts is not one matrix. */
function expertsLine({ blocksAre, blocks }: LayerRow): TemplateResult | typeof nothing {
  return blocksAre === undefined
    ? nothing
    : html`<span class="muted combined-line"
        >${blocks} ${blocksAre}, each measured as a matrix of its own</span
      >`;
}

function techniqueMenu(
  row: LayerRow,
  state: PageState,
  actions: Actions,
): TemplateResult | typeof nothing {
  const techniques = state.start?.techniques ?? [];
  if (techniques.length === 0) return nothing;
  const items = techniques.map(({ id, title, state: offer, detail }): MenuItem => ({
    label: offer === 'present' ? `${title}: present` : title,
    detail,
    disabled: offer !== 'offered',
    run: () => actions.ask((host) => host.addTechnique(id, row.index)),
  }));
  return menu({
    id: 'techniques',
    label: 'Add regularizer',
    face: html`Add regularizer ${icon('chevron-down')}`,
    items,
    state,
    actions,
  });
}

/** What stands beside every number: what random weights of this size would give. */
function keyNumbers(row: LayerRow, state: PageState): TemplateResult {
  const catalogue = state.start?.catalogue ?? [];
  const running = isRunning(state.start?.overview);
  const facts = keyMetrics.flatMap((id) => {
    const descriptor = catalogue.find((one) => one.id === id);
    if (!descriptor) return [];
    const { text, kind, reason } = cellText(row, descriptor, running);
    const chance = row.baselines[id];
    const side = id === 'srank' && row.view ? ` of ${Math.min(...row.view)}` : '';
    return [
      html`<li title=${reason ?? nothing}>
        <button class="fact" data-metric=${id} data-here>
          ${headingOf(descriptor)} <b>${text}${kind === 'value' ? side : ''}</b>
          ${
            chance === undefined || kind !== 'value'
              ? nothing
              : html`<span class="muted">(chance ${formatMetric(chance, descriptor.unit)})</span>`
          }
        </button>
      </li>`,
    ];
  });
  return html`<ul class="key-numbers">
    ${facts}
  </ul>`;
}

function notes(row: LayerRow): TemplateResult | typeof nothing {
  const found = notesOf(row);
  if (found.length === 0) return nothing;
  return html`<p class="layer-notes">${found.map(({ text }) => text).join(' · ')}</p>`;
}

function layerFindings(
  row: LayerRow,
  state: PageState,
  actions: Actions,
): TemplateResult | typeof nothing {
  const found = findingsOf(state.start?.findings.findings ?? [], row.name);
  if (found.length === 0) return nothing;
  return html`<section class="layer-findings">
    <h3>Findings for this layer</h3>
    <ul class="finding-list">
      ${found.map((finding) => html`<li>${findingView(finding, state, actions)}</li>`)}
    </ul>
  </section>`;
}

function charts(row: LayerRow, state: PageState, actions: Actions): TemplateResult {
  const { open, ui } = state;
  const loaded = open?.detail;
  if (loaded?.kind === 'failed') {
    return html`<p class="absent" role="alert">The charts could not be read: ${loaded.message}</p>`;
  }
  const detail = loaded?.kind === 'ready' ? loaded.value : loaded?.previous;
  const columns = ui.layerWidth < 540 ? 1 : ui.layerWidth < 840 ? 2 : 3;
  const width = Math.floor((ui.layerWidth - 2 * padding - gap * (columns - 1)) / columns);
  const boxes = detail
    ? chartsOf({ row, detail, width: Math.max(200, width), state, actions })
    : [];
  return html`<div
    class="charts"
    aria-busy=${loaded?.kind !== 'ready'}
    style="grid-template-columns: repeat(${columns}, minmax(0, 1fr))"
  >
    ${boxes.map((box) => chartBox(box, state, actions))}
  </div>`;
}

function onKey(event: KeyboardEvent, actions: Actions): void {
  if (event.key === 'Escape') {
    actions.openLayer(undefined);
    return;
  }
  const { target, key } = event;
  // Arrow keys belong to menus, heat maps and tables that scroll while these have the keyboard.
  const own = target instanceof Element && target.closest('[role="menu"], canvas, .chart-table');
  if (own || (key !== 'ArrowUp' && key !== 'ArrowDown')) return;
  event.preventDefault();
  actions.step(key === 'ArrowUp' ? -1 : 1);
}
