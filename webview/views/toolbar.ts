import { html, nothing, type TemplateResult } from 'lit';

import type { Actions } from '../actions';
import { valueOf } from '../controls';
import type { Derived } from '../derive';
import { plural } from '../format';
import { tabs, type PageState, type Tab } from '../state';
import { chooser } from './chooser';
import { icon } from './icon';

const titles: Readonly<Record<Tab, string>> = {
  layers: 'Layers',
  findings: 'Findings',
  techniques: 'Techniques',
  file: 'Tensors and file',
};

/** Tabs, and for the table its filter, grouping and columns. */
export function toolbarView(state: PageState, derived: Derived, actions: Actions): TemplateResult {
  return html`<div class="toolbar">
    <div class="tabs" role="tablist" aria-label="Views" @keydown=${tabKeys(actions)}>
      ${tabs.map((tab) => {
        const selected = state.view.tab === tab;
        return html`<button
          role="tab"
          id="tab-${tab}"
          aria-selected=${selected}
          aria-controls="panel-${tab}"
          tabindex=${selected ? 0 : -1}
          @click=${() => actions.change({ tab })}
        >
          ${titles[tab]}${tab === 'findings' ? findingCount(state) : nothing}
        </button>`;
      })}
    </div>
    ${state.view.tab === 'layers' ? tableTools(state, derived, actions) : nothing}
    ${state.view.tab === 'findings' ? findingTools(state, actions) : nothing}
  </div>`;
}

/** Only what deserves a look is counted. */
function findingCount({ start }: PageState): unknown {
  const count = (start?.findings.findings ?? []).filter(
    ({ severity }) => severity !== 'info',
  ).length;
  return count === 0 ? nothing : html` <span class="count">${count}</span>`;
}

function findingTools({ view }: PageState, actions: Actions): TemplateResult {
  return html`<div class="filter">
    <vscode-text-field
      id="filter"
      placeholder="Filter findings: fc1, sparsity, warn, measured"
      .value=${view.findingFilter}
      @input=${(event: Event) => actions.change({ findingFilter: valueOf(event) })}
      @keydown=${(event: KeyboardEvent) => {
        if (event.key !== 'Escape' || view.findingFilter === '') return;
        event.stopPropagation();
        actions.change({ findingFilter: '' });
      }}
      >Filter findings</vscode-text-field
    >
  </div>`;
}

function tableTools(state: PageState, derived: Derived, actions: Actions): TemplateResult {
  const { view } = state;
  const { unknown } = derived.filter;
  const shown = derived.rows.filter(derived.filter.passes).length;
  return html`
    <div class="filter">
      <vscode-text-field
        id="filter"
        placeholder="Filter layers: fc1, zeros>50%, role:conv"
        title="Words in the name, and terms such as zeros>50%, cond>=1e4, params>1e6, role:conv, dtype:f16, -bias"
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
          unknown.length > 0
            ? `No metric “${unknown.join('”, “')}”`
            : view.filter.trim() === ''
              ? ''
              : `${shown} of ${plural(derived.rows.length, 'layer')}`
        }</span
      >
    </div>
    <div class="buttons">
      <button
        class="tool"
        aria-pressed=${view.grouped}
        title=${view.grouped ? 'Dissolve groups' : 'Group by module'}
        aria-label="Group by module"
        @click=${() => actions.change({ grouped: !view.grouped })}
      >
        ${icon('list-tree')}
      </button>
      ${chooser(state, actions)}
    </div>
  `;
}

function tabKeys(actions: Actions): (event: KeyboardEvent) => void {
  return (event) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    event.preventDefault();
    const at = tabs.findIndex((tab) => `tab-${tab}` === document.activeElement?.id);
    const next = tabs[(at + (event.key === 'ArrowRight' ? 1 : tabs.length - 1)) % tabs.length];
    if (next === undefined) return;
    actions.change({ tab: next });
    document.getElementById(`tab-${next}`)?.focus();
  };
}
