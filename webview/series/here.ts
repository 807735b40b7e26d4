import { html, nothing, type TemplateResult } from 'lit';

import { spectrumChart } from '../charts/spectrum';
import { spectrumSummary, spectrumTable, type Spectrum } from '../charts/spectra';
import { formatMetric, formatShape } from '../format';
import { chartBox, type ChartActions } from '../views/chart';
import { courseOf, followedLayer, pointIndex, type SeriesState } from './state';

/** The followed layer at the point of the scrub bar: its numbers, by chance and at the point before, and its spectrum. */
export function hereView(
  state: SeriesState,
  width: number,
  actions: ChartActions,
): TemplateResult | typeof nothing {
  const { start, here } = state;
  const layer = followedLayer(state);
  if (!start || layer === undefined) return nothing;
  const at = pointIndex(state);
  const label = start.points[at]?.label ?? '';
  if (!here) return html`<p class="series-here muted">${layer} is not in ${label}</p>`;
  const index = start.layers.indexOf(layer);
  const spectrum = spectrumAt(here);
  return html`<section class="series-here" aria-label="${layer} at ${label}">
    <table>
      <caption>
        ${layer}${here.view ? ` ${formatShape(here.view)}` : ''} at ${label}
      </caption>
      <thead>
        <tr>
          <th scope="col">Metric</th>
          <th scope="col">Here</th>
          <th scope="col">Before</th>
          <th scope="col">By chance</th>
        </tr>
      </thead>
      <tbody>
        ${start.catalogue.map(({ id, title, unit, meaning }) => {
          const text = (value: number | null | undefined): string =>
            typeof value === 'number' ? formatMetric(value, unit) : '–';
          return html`<tr>
            <th scope="row" title=${meaning}>${title}</th>
            <td>${text(here.metrics[id])}</td>
            <td class="muted">${at > 0 ? text(courseOf(state, id, index)[at - 1]) : '–'}</td>
            <td class="muted">${text(here.baselines[id])}</td>
          </tr>`;
        })}
      </tbody>
    </table>
    ${chartBox(
      {
        key: 'spectrum',
        title: 'Singular values',
        absent: spectrum ? undefined : 'No spectrum was computed for this layer',
        ...(spectrum
          ? {
              summary: spectrumSummary(spectrum),
              table: () => spectrumTable(spectrum),
              content: () => spectrumChart(spectrum, width),
            }
          : {}),
      },
      state,
      actions,
    )}
  </section>`;
}

/** From the short spectrum of the table: at most 32 values, evenly spaced by rank. */
function spectrumAt({
  sparkline = [],
  metrics,
  view,
}: NonNullable<SeriesState['here']>): Spectrum | undefined {
  const { sigma1 } = metrics;
  if (sigma1 === undefined || !(sigma1 > 0) || sparkline.length === 0 || !view) return undefined;
  const count = Math.min(...view);
  const step = (count - 1) / Math.max(1, sparkline.length - 1);
  const values = sparkline
    .map((share, index) => ({
      rank: 1 + Math.round(index * step),
      sigma: share * sigma1,
      spike: false,
    }))
    .filter(({ sigma }) => sigma > 0);
  if (values.length === 0) return undefined;
  return { values, zeroCount: sparkline.length - values.length, bulk: undefined };
}
