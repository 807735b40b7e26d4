import { html, nothing, type TemplateResult } from 'lit';

import { formatNumber } from '../format';
import { toggled } from '../state';
import { toTsv, type Tabular } from '../tabular';
import { icon } from './icon';

/** Lines that a chart's table shows; copying gives all. */
const shownRows = 300;

export interface ChartBox {
  readonly key: string;
  readonly title: string;
  /** Why there is nothing to draw. */
  readonly absent?: string | undefined;
  readonly summary?: string;
  readonly table?: () => Tabular;
  /** What is copied, where that is more than the table. */
  readonly copied?: () => Tabular;
  readonly tools?: unknown;
  readonly content?: () => unknown;
  /** Shown under an absent chart. */
  readonly remedy?: unknown;
}

/** What a chart's tools need of the page that it stands in. */
export interface ChartPage {
  readonly view: {
    /** Keys of charts that are shown as tables. */
    readonly tables: readonly string[];
  };
}

export interface ChartActions {
  change(view: { readonly tables: readonly string[] }): void;
  copy(text: string): void;
}

/** A chart in its place: title, tools, picture or table, and its one-line summary for those who do not see it. */
export function chartBox(box: ChartBox, state: ChartPage, actions: ChartActions): TemplateResult {
  const { key, title, table, summary, content } = box;
  const asTable = state.view.tables.includes(key);
  const drawn = box.absent === undefined && content !== undefined;
  return html`<figure class="chart" data-chart=${key} aria-labelledby="chart-${key}">
    <div class="chart-head">
      <h3 id="chart-${key}">${title}</h3>
      ${drawn && !asTable ? (box.tools ?? nothing) : nothing}
      ${
        drawn && table
          ? html`<button
                class="tool"
                aria-pressed=${asTable}
                aria-label="${title} as table"
                title=${asTable ? 'As chart' : 'As table'}
                @click=${() => actions.change({ tables: toggled(state.view.tables, key) })}
              >
                ${icon('table')}
              </button>
              <button
                class="tool"
                aria-label="Copy ${title}"
                title="Copy the numbers, separated by tabs"
                @click=${() => actions.copy(toTsv((box.copied ?? table)()))}
              >
                ${icon('copy')}
              </button>`
          : nothing
      }
    </div>
    ${
      !drawn
        ? html`<p class="absent muted">${box.absent ?? 'Not in this file'}</p>
            ${box.remedy ?? nothing}`
        : asTable && table
          ? tabularView(table(), title)
          : content()
    }
    ${drawn ? html`<figcaption class="visually-hidden">${summary}</figcaption>` : nothing}
  </figure>`;
}

function tabularView({ head, rows }: Tabular, title: string): TemplateResult {
  const hidden = rows.length - shownRows;
  return html`<div class="chart-table" tabindex="0" role="region" aria-label="${title}, table">
    <table>
      <thead>
        <tr>
          ${head.map((cell) => html`<th scope="col">${cell}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.slice(0, shownRows).map(
          (row) =>
            html`<tr>
              ${row.map(
                (cell) => html`<td>${typeof cell === 'number' ? formatNumber(cell) : cell}</td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
    ${hidden > 0 ? html`<p class="muted">${hidden} more lines: copy gives all</p>` : nothing}
  </div>`;
}
