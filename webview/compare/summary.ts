import { html, nothing, type TemplateResult } from 'lit';

import type { CompareOverview } from '../../src/protocol/compareApi';
import { formatFraction, formatNumber, grouped, plural } from '../format';
import { icon } from '../views/icon';
import type { CompareActions } from './actions';
import { isComparing, type CompareState } from './state';

/** One line: how much has changed, where most, what the rules say of it, and how far the comparison is. */
export function compareSummary(
  state: CompareState,
  actions: CompareActions,
): TemplateResult | typeof nothing {
  const overview = state.start?.overview;
  if (!overview) return nothing;
  const { totals } = overview;
  const { largestRelative: largest } = totals;
  const changed = totals.comparedCount - totals.identicalCount;
  return html`<div class="summary">
    <span class="total"
      >${changed === 0 ? 'No layer' : plural(changed, 'layer')} of
      <b>${grouped(totals.pairCount)}</b> changed</span
    >
    <span class="total" title="Over all compared weights together"
      >‖ΔW‖ / ‖W‖
      <b>${totals.relative === undefined ? '…' : formatNumber(totals.relative)}</b></span
    >
    ${
      largest && largest.value > 0
        ? html`<span class="total"
            >largest <b>${formatNumber(largest.value)}</b> in
            <button class="link" @click=${() => actions.openLayerNamed(largest.layer)}>
              ${largest.layer}
            </button></span
          >`
        : nothing
    }
    <span class="total">new zeros <b>${grouped(totals.newZeros)}</b></span>
    ${zeros(overview)} ${findings(state, actions)} ${progress(overview, actions)}
  </div>`;
}

function zeros({ a, b }: CompareOverview): TemplateResult | typeof nothing {
  const [before, after] = [a.totals.zeroFraction, b.totals.zeroFraction];
  if (before === undefined || after === undefined || before === after) return nothing;
  return html`<span class="total"
    >zeros <b>${formatFraction(before)} → ${formatFraction(after)}</b></span
  >`;
}

function findings(
  { start }: CompareState,
  actions: CompareActions,
): TemplateResult | typeof nothing {
  if (!start?.findings) return nothing;
  const { appeared, gone } = start.findings;
  if (appeared.length + gone.length === 0) return nothing;
  return html`<button class="link" @click=${() => actions.change({ tab: 'findings' })}>
    ${plural(appeared.length, 'finding')} appeared, ${grouped(gone.length)} went
  </button>`;
}

function progress(
  overview: CompareOverview,
  actions: CompareActions,
): TemplateResult | typeof nothing {
  const { done, total, current, phase } = overview.progress;
  if (phase === 'cancelled') {
    return html`<span class="progress">
      <span>Cancelled at ${grouped(done)} of ${grouped(total)}</span>
      <button class="link" @click=${() => actions.ask((host) => host.resume())}>Resume</button>
    </span>`;
  }
  if (!isComparing(overview)) return nothing;
  return html`<span class="progress">
    ${current === undefined ? nothing : html`<span class="current muted">${current}</span>`}
    <span
      class="progress-bar"
      role="progressbar"
      aria-label="Comparison"
      aria-valuemin="0"
      aria-valuemax=${total}
      aria-valuenow=${done}
      aria-valuetext="${grouped(done)} of ${grouped(total)}"
      ><span style="width: ${total > 0 ? (100 * done) / total : 0}%"></span
    ></span>
    <span class="count">${grouped(done)} of ${grouped(total)}</span>
    <button
      class="tool"
      aria-label="Cancel the comparison"
      title="Cancel the comparison"
      @click=${() => actions.ask((host) => host.cancel())}
    >
      ${icon('close')}
    </button>
  </span>`;
}

/** What a screen reader hears of the progress: a quarter at a time. */
export function compareAnnouncement({ start }: CompareState): string {
  if (!start) return 'Reading the files';
  if (start.failure) return start.failure.title;
  if (!start.overview) return '';
  const { phase, done, total } = start.overview.progress;
  switch (phase) {
    case 'done':
      return `Comparison finished: ${plural(start.overview.totals.pairCount, 'pair')}`;
    case 'cancelled':
      return 'Comparison cancelled';
    case 'opening':
    case 'changes':
    case 'measuring':
      return `Comparison ${total > 0 ? Math.floor((4 * done) / total) * 25 : 0} %`;
  }
}
