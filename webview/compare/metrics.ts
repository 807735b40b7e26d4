import { html, nothing, type TemplateResult } from 'lit';

import type { MetricDescriptor } from '../../src/core/metric';
import type { PairRow } from '../../src/protocol/compareApi';
import { byFamily, familyTitles } from '../columns';
import { formatMetric, formatNumber } from '../format';
import { deltaText, metricDelta } from './columns';

/** Every number of the catalogue that one of the two has: A, B, and how far it moved. */
export function metricsView(row: PairRow, catalogue: readonly MetricDescriptor[]): TemplateResult {
  const shown = catalogue.filter(
    ({ id, array }) => array !== true && Object.hasOwn(row.metrics, id),
  );
  return html`<section class="numbers" aria-labelledby="numbers-title">
    <h3 id="numbers-title">Every number</h3>
    ${shown.length === 0 ? html`<p class="muted">Not measured yet</p>` : nothing}
    <div class="families">
      ${byFamily(shown).map(
        ({ family, metrics }) =>
          html`<table>
            <caption>
              ${familyTitles[family]}
            </caption>
            <thead>
              <tr class="muted">
                <th scope="col"><span class="visually-hidden">Metric</span></th>
                <th scope="col">A</th>
                <th scope="col">B</th>
                <th scope="col">Δ</th>
              </tr>
            </thead>
            <tbody>
              ${metrics.map((descriptor) => line(row, descriptor))}
            </tbody>
          </table>`,
      )}
    </div>
  </section>`;
}

function line(row: PairRow, descriptor: MetricDescriptor): TemplateResult {
  const { id, title, unit } = descriptor;
  const values = row.metrics[id];
  const text = (value: number | undefined): string =>
    value === undefined ? '–' : formatMetric(value, unit);
  return html`<tr>
    <th scope="row"><button class="fact" data-metric=${id}>${title}</button></th>
    <td>${text(values?.a)}</td>
    <td>${text(values?.b)}</td>
    <td>${deltaText(metricDelta(row, id), unit)}</td>
  </tr>`;
}

/** Biases and running statistics that go with the weights. */
export function companionsView({ companions }: PairRow): TemplateResult | typeof nothing {
  if (companions.length === 0) return nothing;
  return html`<section class="numbers" aria-labelledby="companions-title">
    <h3 id="companions-title">With it</h3>
    <div class="scroll-x">
      <table class="plain-table">
        <thead>
          <tr>
            <th scope="col">Tensor</th>
            <th scope="col" class="number">‖Δ‖ / ‖A‖</th>
            <th scope="col" class="number">‖A‖</th>
            <th scope="col" class="number">‖B‖</th>
          </tr>
        </thead>
        <tbody>
          ${companions.map(
            ({ a, b, change }) =>
              html`<tr>
                <th scope="row">${a === b ? b : `${a} → ${b}`}</th>
                <td class="number">
                  ${change.relative === undefined ? '–' : formatNumber(change.relative)}
                </td>
                <td class="number">${formatNumber(change.normA)}</td>
                <td class="number">${formatNumber(change.normB)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}
