import { html, nothing, type TemplateResult } from 'lit';

import { valueOf } from '../controls';
import { plural } from '../format';
import type { CompareActions } from './actions';
import type { DerivedPairs } from './derive';
import { compareTabs, type CompareState, type CompareTab } from './state';

const titles: Readonly<Record<CompareTab, string>> = {
  layers: 'Layers',
  unmatched: 'Without partner',
  findings: 'Findings',
};

/** Tabs, and the filter of the layers. */
export function compareToolbar(
  state: CompareState,
  derived: DerivedPairs,
  actions: CompareActions,
): TemplateResult {
  return html`<div class="toolbar">
    <div class="tabs" role="tablist" aria-label="Views" @keydown=${tabKeys(actions)}>
      ${compareTabs.map((tab) => {
        const selected = state.view.tab === tab;
        const count = countOf(tab, state);
        return html`<button
          role="tab"
          id="tab-${tab}"
          aria-selected=${selected}
          aria-controls="panel-${tab}"
          tabindex=${selected ? 0 : -1}
          @click=${() => actions.change({ tab })}
        >
          ${titles[tab]}${count > 0 ? html` <span class="count">${count}</span>` : nothing}
        </button>`;
      })}
    </div>
    ${state.view.tab === 'findings' ? nothing : filterBox(state, derived, actions)}
  </div>`;
}

function countOf(tab: CompareTab, { start }: CompareState): number {
  const totals = start?.overview?.totals;
  if (tab === 'unmatched') return totals ? totals.unmatchedA + totals.unmatchedB : 0;
  if (tab === 'findings' && start?.findings) {
    return start.findings.appeared.length + start.findings.gone.length;
  }
  return 0;
}

function filterBox(
  { view }: CompareState,
  derived: DerivedPairs,
  actions: CompareActions,
): TemplateResult {
  const { unknown } = derived.filter;
  return html`<div class="filter">
    <vscode-text-field
      id="filter"
      placeholder="Filter layers: fc1, change>10%, cosine<0.9"
      title="Words in the names, and terms such as change>10%, cosine<0.9, new-zeros>100, zeros>0.1, by:weights, -bias"
      .value=${view.filter}
      @input=${(event: Event) => actions.change({ filter: valueOf(event) })}
      @keydown=${(event: KeyboardEvent) => {
        if (event.key !== 'Escape' || view.filter === '') return;
        event.stopPropagation();
        actions.change({ filter: '' });
      }}
      ><span slot="start" class="codicon codicon-filter" aria-hidden="true"></span
      >${'Filter layers'}</vscode-text-field
    >
    <span class="muted" role="status"
      >${
        view.tab !== 'layers' || view.filter.trim() === ''
          ? ''
          : unknown.length > 0
            ? `No number “${unknown.join('”, “')}”`
            : `${derived.items.length} of ${plural(derived.rows.length, 'pair')}`
      }</span
    >
  </div>`;
}

function tabKeys(actions: CompareActions): (event: KeyboardEvent) => void {
  return (event) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    event.preventDefault();
    const { length } = compareTabs;
    const at = compareTabs.findIndex((tab) => `tab-${tab}` === document.activeElement?.id);
    const next = compareTabs[(at + (event.key === 'ArrowRight' ? 1 : length - 1)) % length];
    if (next === undefined) return;
    actions.change({ tab: next });
    document.getElementById(`tab-${next}`)?.focus();
  };
}
