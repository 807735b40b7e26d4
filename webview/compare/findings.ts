import { html, nothing, type TemplateResult } from 'lit';

import type { Finding } from '../../src/core/finding';
import { plural } from '../format';
import { findingView, type FindingActions } from '../views/findings';
import type { CompareActions } from './actions';
import { isComparing, type CompareState } from './state';

/** More findings than anybody reads. */
const mostFindings = 200;

/** Findings that are in B only, in A only, and in both. */
export function findingsChangeView(state: CompareState, actions: CompareActions): TemplateResult {
  const { start } = state;
  const found = start?.findings;
  if (!found) {
    return html`<div class="findings">
      <p class="muted">
        Findings are compared when both checkpoints are
        measured${isComparing(start?.overview) ? '' : ': resume to go on'}.
      </p>
    </div>`;
  }
  return html`<div class="findings">
    ${group('appeared', 'Appeared: in B and not in A', found.appeared, state, actions)}
    ${group('gone', 'Went: in A and not in B', found.gone, state, actions)}
    ${group(
      'stayed',
      'Stayed, as B has them',
      found.stayed.map(({ b }) => b),
      state,
      actions,
    )}
  </div>`;
}

function group(
  id: string,
  title: string,
  findings: readonly Finding[],
  state: CompareState,
  actions: CompareActions,
): TemplateResult {
  const more = findings.length - mostFindings;
  const page = { view: state.view, start: undefined, rows: [] };
  const own: FindingActions = {
    change: (view) => actions.change(view),
    openLayerNamed: (name) => actions.openLayerNamed(name),
    // No technique is offered here: the edit belongs to one checkpoint's script.
    ask: () => undefined,
  };
  return html`<section aria-labelledby="findings-${id}">
    <h2 class="finding-group" id="findings-${id}">${title} (${findings.length})</h2>
    ${findings.length === 0 ? html`<p class="muted">None</p>` : nothing}
    <ul class="finding-list">
      ${findings
        .slice(0, mostFindings)
        .map((finding) => html`<li>${findingView(finding, page, own)}</li>`)}
    </ul>
    ${more > 0 ? html`<p class="muted">${plural(more, 'more finding')}</p>` : nothing}
  </section>`;
}
