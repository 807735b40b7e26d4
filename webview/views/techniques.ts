import { html, nothing, type TemplateResult } from 'lit';

import type { Evidence, TechniqueEvidence } from '../../src/core/finding';
import type { Actions } from '../actions';
import { formatNumber } from '../format';
import type { PageState } from '../state';
import { icon } from './icon';

const verdicts: Readonly<Record<TechniqueEvidence['verdict'], { word: string; icon: string }>> = {
  declared: { word: 'declared', icon: 'pass' },
  'declared-off': { word: 'declared off', icon: 'circle-slash' },
  recorded: { word: 'recorded', icon: 'pass' },
  structural: { word: 'in the structure', icon: 'pass' },
  measured: { word: 'measured', icon: 'graph' },
  absent: { word: 'not found', icon: 'circle-outline' },
  undeterminable: { word: 'cannot be determined', icon: 'question' },
};

/** Each technique: what the file shows of it, where that was read, and whether the training code can have it. */
export function techniquesView(state: PageState, actions: Actions): TemplateResult {
  const rows = state.start?.findings.techniques ?? [];
  if (rows.length === 0) return html`<p class="muted techniques">Reading the file…</p>`;
  return html`<div class="techniques" tabindex="0" role="region" aria-label="Techniques">
    <table class="plain-table">
      <thead>
        <tr>
          <th scope="col">Technique</th>
          <th scope="col">In this file</th>
          <th scope="col">What was found</th>
          <th scope="col">Training code</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map((row) => line(row, state, actions))}
      </tbody>
    </table>
  </div>`;
}

function line(row: TechniqueEvidence, state: PageState, actions: Actions): TemplateResult {
  const { word, icon: name } = verdicts[row.verdict];
  return html`<tr class="verdict-${row.verdict}">
    <th scope="row">${row.title}</th>
    <td class="verdict">${icon(name)} ${word}</td>
    <td>
      ${row.message}${
        row.evidence.length > 0
          ? html`<ul class="read-from">
              ${row.evidence.slice(0, 6).map(evidenceLine)}
              ${row.evidence.length > 6 ? html`<li class="muted">and ${row.evidence.length - 6} more</li>` : nothing}
            </ul>`
          : nothing
      }
    </td>
    <td>${addButton(row.technique, state, actions)}</td>
  </tr>`;
}

function evidenceLine({ name, value, where }: Evidence): TemplateResult {
  const text = typeof value === 'number' ? formatNumber(value) : value;
  return html`<li>
    <code>${name}</code> =
    ${text}${
      where === undefined || where === text ? nothing : html` <span class="muted">${where}</span>`
    }
  </li>`;
}

function addButton(id: string, { start, open }: PageState, actions: Actions): unknown {
  const offer = start?.techniques.find((one) => one.id === id);
  if (!offer) return nothing;
  const { state, title, detail } = offer;
  if (state === 'offered') {
    return html`<vscode-button
      appearance="secondary"
      aria-label="Add ${title}"
      title=${detail}
      @click=${() => actions.ask((host) => host.addTechnique(id, open?.index))}
      >Add…</vscode-button
    >`;
  }
  return html`<span class="muted" title=${detail}
    >${state === 'present' ? 'present' : 'not offered'}</span
  >`;
}
