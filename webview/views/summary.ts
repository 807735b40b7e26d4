import { html, nothing, type TemplateResult } from 'lit';

import type { Overview } from '../../src/protocol/viewApi';
import type { Actions } from '../actions';
import { countsText } from '../findings';
import { formatFraction, formatNumber, grouped, plural } from '../format';
import { isRunning, type PageState } from '../state';
import { icon } from './icon';

/** How many highlights the line shows: more would be a list. */
const highlightLimit = 4;

/** One line: what the whole checkpoint looks like, what stands out, how far the analysis is. */
export function summaryView(state: PageState, actions: Actions): TemplateResult | typeof nothing {
  const overview = state.start?.overview;
  if (!overview) return nothing;
  const { totals, highlights } = overview;
  return html`<div class="summary">
    <span class="total"
      >Zeros
      ${
        totals.zeroFraction === undefined
          ? html`<b>…</b>`
          : html`<b>${formatFraction(totals.zeroFraction)}</b>
              <span class="meter" aria-hidden="true"
                ><span style="width: ${totals.zeroFraction * 100}%"></span
              ></span>`
      }</span
    >
    <span class="total" title="Frobenius norm of all measured weights"
      >‖W‖ <b>${totals.l2 === undefined ? '…' : formatNumber(totals.l2)}</b></span
    >
    ${
      highlights.length > 0
        ? html`<span class="highlights"
            ><span class="muted">Stands out:</span> ${highlights
              .slice(0, highlightLimit)
              .map(
                ({ layer, text }) =>
                  html`<button class="link" @click=${() => actions.openLayerNamed(layer)}>
                    ${text.includes(layer) ? text : `${layer}: ${text}`}
                  </button>`,
              )}</span
          >`
        : nothing
    }
    ${findingCounts(state, actions)} ${progressView(overview, actions)}
  </div>`;
}

function findingCounts({ start }: PageState, actions: Actions): TemplateResult | typeof nothing {
  const text = countsText(start?.findings.findings ?? []);
  if (text === '') return nothing;
  return html`<button class="link" @click=${() => actions.change({ tab: 'findings' })}>
    ${text}
  </button>`;
}

function progressView(overview: Overview, actions: Actions): TemplateResult | typeof nothing {
  const { progress } = overview;
  const { done, total, current, phase } = progress;
  const resume = html`<button class="link" @click=${() => actions.ask((host) => host.resume())}>
    Resume
  </button>`;
  if (phase === 'cancelled' || phase === 'paused') {
    const word = phase === 'cancelled' ? 'Cancelled' : 'Paused';
    return html`<span class="progress">
      <span>${word} at ${grouped(done)} of ${grouped(total)}</span>${resume}
    </span>`;
  }
  if (!isRunning(overview)) return nothing;
  return html`<span class="progress">
    ${current === undefined ? nothing : html`<span class="current muted">${current}</span>`}
    <span
      class="progress-bar"
      role="progressbar"
      aria-label="Analysis"
      aria-valuemin="0"
      aria-valuemax=${total}
      aria-valuenow=${done}
      aria-valuetext="${grouped(done)} of ${grouped(total)}"
      ><span style="width: ${total > 0 ? (100 * done) / total : 0}%"></span
    ></span>
    <span class="count">${grouped(done)} of ${grouped(total)}</span>
    <button
      class="tool"
      aria-label="Cancel the analysis"
      title="Cancel the analysis"
      @click=${() => actions.ask((host) => host.cancel())}
    >
      ${icon('close')}
    </button>
  </span>`;
}

/** What a screen reader hears of the progress: a quarter at a time, not every layer. */
export function announcement(state: PageState): string {
  const { start } = state;
  if (!start) return 'Reading the file';
  if (start.failure) return start.failure.title;
  const { overview } = start;
  if (!overview) return '';
  const { phase, done, total } = overview.progress;
  switch (phase) {
    case 'done':
      return `Analysis finished: ${plural(overview.layerCount, 'layer')}`;
    case 'cancelled':
      return 'Analysis cancelled';
    case 'paused':
      return 'Analysis paused: the time budget is used up';
    case 'opening':
    case 'statistics':
    case 'spectra': {
      const quarter = total > 0 ? Math.floor((4 * done) / total) * 25 : 0;
      return `Analysis ${quarter} %`;
    }
  }
}
