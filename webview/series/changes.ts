import { html, nothing, type TemplateResult } from 'lit';

import type { PointChanges, SeriesChange } from '../../src/core/series';
import { formatMetric, formatNumber, plural } from '../format';
import { descriptorOf, pointIndex, type SeriesState } from './state';

const shown = 8;

/** What is different at the point of the scrub bar from the one before it. */
export function changesView(
  state: SeriesState,
  follow: (layer: string) => void,
): TemplateResult | typeof nothing {
  const at = pointIndex(state);
  const here = state.start?.points[at];
  if (!here) return nothing;
  const change = state.start.changes.find(({ point }) => point === at);
  return html`<section class="series-changes" aria-labelledby="changes-title">
    <h3 id="changes-title">What changed at ${here.label}</h3>
    ${change ? listOf(change, state, follow) : html`<p class="muted">The first checkpoint of the run</p>`}
  </section>`;
}

function listOf(
  change: PointChanges,
  state: SeriesState,
  follow: (layer: string) => void,
): TemplateResult {
  const { changes, appeared, gone, newLayers, lostLayers } = change;
  const count =
    changes.length + appeared.length + gone.length + newLayers.length + lostLayers.length;
  if (count === 0) return html`<p class="muted">Nothing by more than 5 %</p>`;
  return html`<ul>
    ${appeared.map(({ title, message }) => html`<li><b>New finding: ${title}.</b> ${message}</li>`)}
    ${gone.map(({ title }) => html`<li>Finding gone: ${title}</li>`)}
    ${newLayers.length > 0 ? html`<li>${plural(newLayers.length, 'new layer')}</li>` : nothing}
    ${lostLayers.length > 0 ? html`<li>${plural(lostLayers.length, 'layer')} gone</li>` : nothing}
    ${changes.slice(0, shown).map(
      (one) =>
        html`<li>
          <button class="link" @click=${() => follow(one.layer)}>${one.layer}</button>
          ${textOf(one, state)}
        </li>`,
    )}
  </ul>`;
}

function textOf({ metric, before, after }: SeriesChange, state: SeriesState): string {
  const descriptor = descriptorOf(state, metric);
  const text = (value: number): string =>
    descriptor ? formatMetric(value, descriptor.unit) : formatNumber(value);
  return `${descriptor?.title ?? metric} ${text(before)} → ${text(after)}`;
}
