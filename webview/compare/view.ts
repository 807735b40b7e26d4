import { html, nothing, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';

import type { Failure } from '../../src/protocol/viewApi';
import { grouped } from '../format';
import { narrowWidth } from '../state';
import { icon } from '../views/icon';
import { sash } from '../views/split';
import type { CompareActions } from './actions';
import type { DerivedPairs } from './derive';
import { findingsChangeView } from './findings';
import { compareHeader } from './header';
import { pairView } from './pair';
import type { CompareState, CompareTab } from './state';
import { compareAnnouncement, compareSummary } from './summary';
import { pairTable } from './table';
import { compareToolbar } from './toolbar';
import { unmatchedView } from './unmatched';

/** Notices that the page shows; the others are in the manifests. */
const mostNotices = 4;

/** The whole page of a comparison. */
export function compareView(
  state: CompareState,
  derived: DerivedPairs,
  actions: CompareActions,
): TemplateResult {
  return html`
    <div class="page" ${ref(actions.watch('page'))}>
      ${
        state.changed === undefined
          ? nothing
          : html`<div class="bar" role="status">
              ${icon('info')}<span>${state.changed} changed on disk</span>
              <button class="link" @click=${() => actions.ask((host) => host.reload())}>
                Reload
              </button>
            </div>`
      }
      ${
        state.trouble === undefined
          ? nothing
          : html`<div class="bar" role="alert">
              ${icon('warning')}<span>${state.trouble}</span>
            </div>`
      }
      ${contents(state, derived, actions)}
      <div class="visually-hidden" role="status" aria-live="polite">
        ${compareAnnouncement(state)}
      </div>
    </div>
  `;
}

function contents(
  state: CompareState,
  derived: DerivedPairs,
  actions: CompareActions,
): TemplateResult | typeof nothing {
  const { start } = state;
  if (!start) return nothing;
  if (start.failure) {
    return html`${compareHeader(state, actions)} ${failureView(start.failure, actions)}`;
  }
  return html`
    ${compareHeader(state, actions)} ${compareSummary(state, actions)} ${notices(state)}
    ${compareToolbar(state, derived, actions)}
    ${panel('layers', state, () => layersTab(state, derived, actions))}
    ${panel('unmatched', state, () => unmatchedView(state, actions))}
    ${panel('findings', state, () => findingsChangeView(state, actions))}
  `;
}

function notices({ start }: CompareState): unknown {
  return (start?.overview?.notices ?? [])
    .slice(0, mostNotices)
    .map(
      ({ severity, message }) =>
        html`<p class="bar">
          ${icon(severity === 'info' ? 'info' : 'warning')}<span>${message}</span>
        </p>`,
    );
}

function panel(tab: CompareTab, state: CompareState, content: () => unknown): TemplateResult {
  const shown = state.view.tab === tab;
  return html`<section
    class="panel"
    role="tabpanel"
    id="panel-${tab}"
    aria-labelledby="tab-${tab}"
    ?hidden=${!shown}
  >
    ${shown ? content() : nothing}
  </section>`;
}

function layersTab(
  state: CompareState,
  derived: DerivedPairs,
  actions: CompareActions,
): TemplateResult {
  const { open, ui, view } = state;
  const narrow = ui.pageWidth < narrowWidth;
  const columns =
    open && !narrow
      ? `minmax(0, ${view.split}fr) auto minmax(0, ${1 - view.split}fr)`
      : 'minmax(0, 1fr)';
  return html`<div
    class="split ${open && narrow ? 'covered' : ''}"
    style="grid-template-columns: ${columns}"
  >
    ${pairTable(state, derived, actions)} ${open && !narrow ? sash(view.split, actions) : nothing}
    ${open ? pairView(state, actions) : nothing}
  </div>`;
}

function failureView(failure: Failure, actions: CompareActions): TemplateResult {
  const { title, message, byteOffset, remedy, internal } = failure;
  return html`<section class="failure" aria-labelledby="failure-title">
    <h2 id="failure-title">${icon(internal ? 'bug' : 'error')} ${title}</h2>
    <p class="message">${message}</p>
    ${byteOffset === undefined ? nothing : html`<p class="muted">At byte ${grouped(byteOffset)}</p>`}
    ${remedy === undefined ? nothing : html`<p>${remedy}</p>`}
    <p class="buttons">
      <vscode-button @click=${() => actions.ask((host) => host.reload())}>Reload</vscode-button>
      <vscode-button appearance="secondary" @click=${() => actions.ask((host) => host.showLog())}
        >Show log</vscode-button
      >
      ${
        internal
          ? html`<vscode-button
              appearance="secondary"
              @click=${() => actions.ask((host) => host.reportIssue())}
              >Report issue</vscode-button
            >`
          : nothing
      }
    </p>
  </section>`;
}
