import { html, nothing, type TemplateResult } from 'lit';

import type { LayerRow } from '../../src/protocol/layers';
import { cellText } from '../cells';
import { byFamily, familyTitles } from '../columns';
import { formatMetric } from '../format';
import { isRunning, type PageState } from '../state';

/** Every number of the catalogue, by family, with what it would be by chance. */
export function numbersView(row: LayerRow, state: PageState): TemplateResult {
  const running = isRunning(state.start?.overview);
  const scalars = (state.start?.catalogue ?? []).filter(({ array }) => array !== true);
  return html`<section class="numbers" aria-labelledby="numbers-title">
    <h3 id="numbers-title">Every number</h3>
    <div class="families">
      ${byFamily(scalars).map(
        ({ family, metrics }) =>
          html`<table>
            <caption>
              ${familyTitles[family]}
            </caption>
            <thead class="visually-hidden">
              <tr>
                <th scope="col">Metric</th>
                <th scope="col">Here</th>
                <th scope="col">By chance</th>
              </tr>
            </thead>
            <tbody>
              ${metrics.map((descriptor) => {
                const { text, kind, reason } = cellText(row, descriptor, running);
                const chance = row.baselines[descriptor.id];
                return html`<tr>
                  <th scope="row">
                    <button class="fact" data-metric=${descriptor.id} data-here>
                      ${descriptor.title}
                    </button>
                  </th>
                  <td class=${kind} title=${reason ?? nothing}>
                    ${text}${
                      reason === undefined
                        ? nothing
                        : html`<span class="visually-hidden"> ${reason}</span>`
                    }
                  </td>
                  <td class="muted">
                    ${chance === undefined ? '' : formatMetric(chance, descriptor.unit)}
                  </td>
                </tr>`;
              })}
            </tbody>
          </table>`,
      )}
    </div>
  </section>`;
}
