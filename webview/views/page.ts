import { html, nothing, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';

import type { Actions } from '../actions';
import type { Derived } from '../derive';
import { narrowWidth, type PageState, type Tab } from '../state';
import { failureView } from './failure';
import { fileView } from './file';
import { findingsView } from './findings';
import { headerView } from './header';
import { icon } from './icon';
import { layerView } from './layer';
import { sash } from './split';
import { announcement, summaryView } from './summary';
import { tableView } from './table';
import { techniquesView } from './techniques';
import { toolbarView } from './toolbar';

/** The whole page. */
export function pageView(state: PageState, derived: Derived, actions: Actions): TemplateResult {
  return html`
    <div class="page" ${ref(actions.watch('page'))}>
      ${changedBar(state, actions)} ${troubleBar(state)} ${alarmBars(state)}
      ${contents(state, derived, actions)}
      <div class="visually-hidden" role="status" aria-live="polite">${announcement(state)}</div>
    </div>
  `;
}

function contents(
  state: PageState,
  derived: Derived,
  actions: Actions,
): TemplateResult | typeof nothing {
  const { start } = state;
  if (!start) return nothing;
  if (start.failure) return failureView(start.fileName, start.failure, actions);
  return html`
    ${headerView(state, actions)} ${summaryView(state, actions)}
    ${toolbarView(state, derived, actions)}
    ${panel('layers', state, () => layersTab(state, derived, actions))}
    ${panel('findings', state, () => findingsView(state, actions))}
    ${panel('techniques', state, () => techniquesView(state, actions))}
    ${panel('file', state, () => fileView(state))}
  `;
}

function panel(tab: Tab, state: PageState, content: () => unknown): TemplateResult {
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

function layersTab(state: PageState, derived: Derived, actions: Actions): TemplateResult {
  const { open, ui, view } = state;
  const narrow = ui.pageWidth < narrowWidth;
  const columns = open && !narrow ? `${view.split}fr auto ${1 - view.split}fr` : '1fr';
  return html`<div
    class="split ${open && narrow ? 'covered' : ''}"
    style="grid-template-columns: ${columns.replace(/(\S+fr)/g, 'minmax(0, $1)')}"
  >
    ${tableView(state, derived, actions)} ${open && !narrow ? sash(view.split, actions) : nothing}
    ${open ? layerView(state, derived, actions) : nothing}
  </div>`;
}

function changedBar(state: PageState, actions: Actions): TemplateResult | typeof nothing {
  if (!state.changedOnDisk) return nothing;
  return html`<div class="bar" role="status">
    ${icon('info')}<span>File changed on disk</span>
    <button class="link" @click=${() => actions.ask((host) => host.reload())}>Reload</button>
  </div>`;
}

function troubleBar(state: PageState): TemplateResult | typeof nothing {
  if (state.trouble === undefined) return nothing;
  return html`<div class="bar" role="alert">${icon('warning')}<span>${state.trouble}</span></div>`;
}

/** More are in the list of the file's notices. */
const maxAlarms = 3;

/** What is wrong with the file before any number of it is read: code in a pickle, shards that are missing. */
function alarmBars(state: PageState): TemplateResult | typeof nothing {
  const notices = state.start?.overview?.checkpoint.notices ?? [];
  const alarms = notices.filter(({ severity }) => severity === 'problem').slice(0, maxAlarms);
  if (alarms.length === 0) return nothing;
  return html`${alarms.map(
    ({ message }) =>
      html`<div class="bar alarm" role="alert">${icon('error')}<span>${message}</span></div>`,
  )}`;
}
