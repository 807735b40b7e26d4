import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import type { Actions } from '../actions';
import { byFamily, columnsOf, defaultColumns, familyTitles, type Column } from '../columns';
import { isChecked, valueOf } from '../controls';
import { toggled, type PageState } from '../state';
import { closeWhenLeft } from './menu';
import { icon } from './icon';

/** Which columns the table has: searchable, by family. */
export function chooser(state: PageState, actions: Actions): TemplateResult {
  const open = state.ui.menu === 'columns';
  const close = (): void => actions.show({ menu: undefined, columnSearch: '' });
  return html`<div
    class="menu-anchor"
    @focusout=${closeWhenLeft(close)}
    @keydown=${(event: KeyboardEvent) => {
      if (event.key !== 'Escape' || !open) return;
      event.stopPropagation();
      close();
      document.getElementById('menu-columns')?.focus();
    }}
  >
    <button
      class="menu-button"
      id="menu-columns"
      aria-haspopup="dialog"
      aria-expanded=${open}
      @click=${() => actions.show({ menu: open ? undefined : 'columns', columnSearch: '' })}
    >
      Columns ${icon('chevron-down')}
    </button>
    ${open ? dialog(state, actions) : nothing}
  </div>`;
}

function dialog(state: PageState, actions: Actions): TemplateResult {
  const catalogue = state.start?.catalogue ?? [];
  const all = columnsOf(catalogue);
  const word = state.ui.columnSearch.trim().toLowerCase();
  const matching = (column: Column): boolean =>
    [column.id, column.heading, column.descriptor?.title ?? ''].some((text) =>
      text.toLowerCase().includes(word),
    );
  const groups = [
    { title: 'Layer', columns: all.filter((column) => !column.descriptor) },
    ...byFamily(catalogue).map(({ family }) => ({
      title: familyTitles[family],
      columns: all.filter((column) => column.descriptor?.family === family),
    })),
  ].map((group) => ({ ...group, columns: group.columns.filter(matching) }));
  const found = groups.filter((group) => group.columns.length > 0);
  return html`<div class="menu chooser" role="dialog" aria-label="Columns" tabindex="-1">
    <div class="chooser-head">
      <vscode-text-field
        placeholder="Search columns"
        .value=${state.ui.columnSearch}
        @input=${(event: Event) => actions.show({ columnSearch: valueOf(event) })}
        >Search columns</vscode-text-field
      >
      <button class="link" @click=${() => actions.change({ columns: defaultColumns })}>
        Reset
      </button>
    </div>
    <div class="chooser-list">
      ${found.length === 0 ? html`<p class="muted">No column is called that</p>` : nothing}
      ${repeat(
        found,
        ({ title }) => title,
        ({ title, columns }) =>
          html`<fieldset>
            <legend>${title}</legend>
            ${repeat(
              columns,
              // The control takes its name from its text once: its line must not serve another column.
              ({ id }) => id,
              (column) =>
                html`<div class="chooser-line">
                  <vscode-checkbox
                    .checked=${state.view.columns.includes(column.id)}
                    @change=${(event: Event) => {
                      // The control also tells of changes that came from here.
                      if (isChecked(event) === state.view.columns.includes(column.id)) return;
                      actions.change({ columns: inOrder(toggled(state.view.columns, column.id)) });
                    }}
                    >${column.descriptor?.title ?? column.heading}</vscode-checkbox
                  >${column.descriptor ? html`<code>${column.id}</code>` : nothing}
                </div>`,
            )}
          </fieldset>`,
      )}
    </div>
  </div>`;
}

/** Notes are read last, so they stay last. */
function inOrder(columns: readonly string[]): readonly string[] {
  const rest = columns.filter((id) => id !== 'notes');
  return rest.length === columns.length ? columns : [...rest, 'notes'];
}
