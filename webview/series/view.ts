import { html, nothing, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';

import { plural } from '../format';
import { chartBox, type ChartActions } from '../views/chart';
import { icon } from '../views/icon';
import { changesView } from './changes';
import { hereView } from './here';
import { linesChart, linesOf, linesSummary, linesTable, recordedLine } from './lines';
import { scrubBar } from './scrub';
import { followedLayer, pointIndex, type SeriesState } from './state';

/** What the page of a run may do. */
export interface SeriesActions extends ChartActions {
  follow(layer: string | undefined): void;
  /** Moves the scrub bar to the index that is made of the present one. */
  scrub(next: (at: number) => number): void;
  open(): void;
  cancel(): void;
  resume(): void;
  readonly watch: (element: Element | undefined) => void;
}

const narrowest = 300;
const gap = 24;
const padding = 32;

/** The whole page of a run. */
export function seriesView(state: SeriesState, actions: SeriesActions): TemplateResult {
  return html`<div class="page series" ${ref(actions.watch)}>
    ${
      state.trouble === undefined
        ? nothing
        : html`<div class="bar" role="alert">${icon('warning')}<span>${state.trouble}</span></div>`
    }
    ${state.start ? contents(state, actions) : nothing}
  </div>`;
}

function contents(state: SeriesState, actions: SeriesActions): TemplateResult {
  const points = state.start?.points ?? [];
  const space = Math.max(narrowest, state.width - padding);
  const columns = Math.max(1, Math.floor((space + gap) / (narrowest + gap)));
  const width = Math.floor((space - (columns - 1) * gap) / columns);
  return html`
    ${header(state, actions)}
    <div class="series-body" tabindex="-1">
      ${
        points.length === 0
          ? html`<p class="absent muted">No checkpoint of this run is measured yet</p>`
          : html`<h2 class="visually-hidden">Over the run</h2>
              <div class="charts" style="grid-template-columns: repeat(${columns}, minmax(0, 1fr))">
                ${charts(state, width, actions)}
              </div>
              ${scrubBar(state, (next) => actions.scrub(next))}
              ${changesView(state, (layer) => actions.follow(layer))}
              ${hereView(state, Math.min(space, 640), actions)}`
      }
    </div>
  `;
}

function charts(state: SeriesState, width: number, actions: SeriesActions): unknown {
  const recorded = (['loss', 'accuracy', 'score'] as const).flatMap((measure) => {
    const line = recordedLine(state, measure);
    if (!line) return [];
    const title = {
      loss: 'Loss, as recorded',
      accuracy: 'Accuracy, as recorded',
      score: 'Figure in the file names',
    }[measure];
    const unit = measure === 'accuracy' ? ('fraction' as const) : ('none' as const);
    return [{ id: measure, title, unit, label: measure, lines: [line] }];
  });
  const metrics = (state.start?.catalogue ?? []).map(({ id, title, unit }) => ({
    id,
    title,
    unit,
    label: title.toLowerCase(),
    lines: linesOf(state, id),
  }));
  return [...recorded, ...metrics].map(({ id, title, unit, label, lines }) =>
    chartBox(
      {
        key: id,
        title,
        absent: lines.length === 0 ? 'No layer has this number yet' : undefined,
        summary: linesSummary(lines, unit),
        table: () => linesTable(state, lines),
        content: () => linesChart(state, lines, { width, unit, label }),
      },
      state,
      actions,
    ),
  );
}

function header(state: SeriesState, actions: SeriesActions): TemplateResult {
  const { start } = state;
  const layer = followedLayer(state);
  const first = start?.points[0];
  const last = start?.points.at(-1);
  return html`<header class="header">
    <h1 title=${start?.folder ?? ''}>${start?.name}</h1>
    <ul class="facts">
      <li>${plural(start?.progress.total ?? 0, 'checkpoint')}</li>
      ${first && last && first !== last ? html`<li>${first.label} to ${last.label}</li>` : nothing}
      <li>${plural(start?.layers.length ?? 0, 'layer')}</li>
    </ul>
    ${progress(state, actions)}
    <div class="buttons">
      <label class="series-layer"
        >Layer
        <select
          @change=${({ target }: Event) => {
            if (target instanceof HTMLSelectElement) {
              actions.follow(target.value === '' ? undefined : target.value);
            }
          }}
        >
          <option value="" ?selected=${layer === undefined}>All layers</option>
          ${(start?.layers ?? []).map(
            (name) => html`<option value=${name} .selected=${name === layer}>${name}</option>`,
          )}
        </select>
      </label>
      <vscode-button
        appearance="secondary"
        ?disabled=${pointIndex(state) < 0}
        @click=${() => actions.open()}
        >Open checkpoint</vscode-button
      >
    </div>
  </header>`;
}

function progress({ start }: SeriesState, actions: SeriesActions): TemplateResult | typeof nothing {
  if (!start) return nothing;
  const { done, total, isRunning, current, failed } = start.progress;
  const troubles = failed.map(({ label, reason }) => `${label}: ${reason}`).join('\n');
  return html`<div class="progress" role="status">
    ${
      failed.length > 0
        ? html`<span title=${troubles}>${icon('warning')} ${failed.length} unreadable</span>`
        : nothing
    }
    ${
      done + failed.length < total
        ? html`<span class="progress-bar"
              ><span style="width: ${(100 * done) / Math.max(1, total)}%"></span
            ></span>
            <span class="current"
              >${done} of ${total}${current === undefined ? '' : ` · ${current}`}</span
            >
            <button
              class="tool"
              aria-label=${isRunning ? 'Stop measuring' : 'Go on measuring'}
              title=${isRunning ? 'Stop measuring' : 'Go on measuring'}
              @click=${() => (isRunning ? actions.cancel() : actions.resume())}
            >
              ${icon(isRunning ? 'debug-stop' : 'debug-continue')}
            </button>`
        : nothing
    }
  </div>`;
}
