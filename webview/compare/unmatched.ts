import { html, nothing, type TemplateResult } from 'lit';

import type { ComparedLayer } from '../../src/core/comparison';
import type { Side } from '../../src/protocol/compareViewApi';
import { formatCount, formatShape, plural } from '../format';
import type { CompareActions } from './actions';
import { layerPasses } from './filter';
import type { CompareState } from './state';

/** Lines of a side; the filter finds the others. */
const mostLines = 300;

/** Layers of both sides that have no partner on the other one. */
export function unmatchedView(state: CompareState, actions: CompareActions): TemplateResult {
  return html`<div class="file">
    <div class="file-columns">
      ${sideView('a', state, actions)} ${sideView('b', state, actions)}
    </div>
  </div>`;
}

function sideView(side: Side, state: CompareState, actions: CompareActions): TemplateResult {
  const { start, unmatched, view } = state;
  const totals = start?.overview?.totals;
  const count = (side === 'a' ? totals?.unmatchedA : totals?.unmatchedB) ?? 0;
  const passing = unmatched[side].filter((layer) => layerPasses(layer, view.filter));
  const more = passing.length - mostLines;
  return html`<section aria-labelledby="unmatched-${side}">
    <h2 id="unmatched-${side}">Only in ${side.toUpperCase()}: ${plural(count, 'layer')}</h2>
    ${
      passing.length === 0
        ? html`<p class="muted">
            ${count === 0 ? 'Every layer has a partner' : `No layer matches “${view.filter}”`}
          </p>`
        : html`<div class="scroll-x">
            <table class="plain-table">
              <thead>
                <tr>
                  <th scope="col">Layer</th>
                  <th scope="col">Shape</th>
                  <th scope="col">Type</th>
                  <th scope="col" class="number">Parameters</th>
                </tr>
              </thead>
              <tbody>
                ${passing.slice(0, mostLines).map((layer) => line(layer, side, actions))}
              </tbody>
            </table>
          </div>`
    }
    ${more > 0 ? html`<p class="muted">${plural(more, 'more layer')}: filter for them</p>` : nothing}
  </section>`;
}

function line(layer: ComparedLayer, side: Side, actions: CompareActions): TemplateResult {
  return html`<tr>
    <th scope="row">
      <button
        class="link"
        title="Open in ${side.toUpperCase()}"
        @click=${() => actions.ask((host) => host.openCheckpoint(side, layer.name))}
      >
        ${layer.name}
      </button>
    </th>
    <td>${formatShape(layer.view ?? layer.shape)}</td>
    <td>${layer.dtype}</td>
    <td class="number">${formatCount(layer.parameterCount)}</td>
  </tr>`;
}
