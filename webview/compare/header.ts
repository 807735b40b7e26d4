import { html, nothing, type TemplateResult } from 'lit';

import type { ComparedCheckpoint } from '../../src/core/comparison';
import type { Side } from '../../src/protocol/compareViewApi';
import { formatBytes, formatCount, plural } from '../format';
import { icon } from '../views/icon';
import type { CompareActions } from './actions';
import type { CompareState } from './state';

/** Both files, what they are, and what can be done with them. */
export function compareHeader(state: CompareState, actions: CompareActions): TemplateResult {
  const { start } = state;
  return html`<header class="header compare-header">
    <h1 class="visually-hidden">${start?.a.label} compared with ${start?.b.label}</h1>
    ${sideLine('a', state, actions)} ${sideLine('b', state, actions)}
    <div class="buttons">
      <vscode-button
        appearance="secondary"
        @click=${() => actions.ask((host) => host.diffManifests())}
        >Diff manifests</vscode-button
      >
      ${tool('arrow-swap', 'Exchange A and B', () => actions.ask((host) => host.swap()))}
      ${tool('refresh', 'Reload both', () => actions.ask((host) => host.reload()))}
    </div>
  </header>`;
}

function sideLine(
  side: Side,
  { start }: CompareState,
  actions: CompareActions,
): TemplateResult | typeof nothing {
  if (!start) return nothing;
  const file = start[side];
  return html`<div class="side side-${side}">
    <span class="side-name">${side.toUpperCase()}</span>
    <button
      class="link"
      title="Open ${decoded(file.uri)}"
      @click=${() => actions.ask((host) => host.openCheckpoint(side))}
    >
      ${file.label}
    </button>
    ${start.overview ? facts(start.overview[side]) : nothing}
  </div>`;
}

function facts({ checkpoint, totals }: ComparedCheckpoint): TemplateResult {
  return html`<ul class="facts">
    <li>${checkpoint.description}</li>
    <li>${plural(totals.tensorCount, 'tensor')}</li>
    <li>${formatCount(totals.parameterCount)} parameters</li>
    <li>${formatBytes(checkpoint.bytes)}</li>
  </ul>`;
}

function tool(name: string, label: string, run: () => void): TemplateResult {
  return html`<vscode-button appearance="icon" aria-label=${label} title=${label} @click=${run}
    >${icon(name)}</vscode-button
  >`;
}

function decoded(uri: string): string {
  try {
    return decodeURIComponent(uri.replace(/^file:\/\//, ''));
  } catch {
    // A path with a lone per cent sign is shown as it came.
    return uri;
  }
}
