import type { FrameLocator, Locator } from 'playwright-core';

import { until } from './until';
import type { Workbench } from './workbench';

/** A row of the table as it is on the screen: whole layer name, text of each metric's cell by the metric's id. */
export interface ShownRow {
  readonly name: string;
  readonly cells: Readonly<Record<string, string>>;
}

/** Our page in the custom editor, by the roles and names that a screen reader has. */
export class Inspector {
  readonly frame: FrameLocator;

  constructor(
    readonly workbench: Workbench,
    readonly index = 0,
  ) {
    this.frame = workbench.webview(index);
  }

  /** Waits until everything is measured. */
  async finished(): Promise<void> {
    const done = this.frame.getByText(/^Analysis finished/);
    // Asked anew each time: a locator that waits inside a frame stays with a document that VS Code replaces while it starts.
    await until('the analysis is finished', async () => (await done.count()) > 0, 60_000);
  }

  get table(): Locator {
    return this.frame.getByRole('treegrid', { name: 'Layers' });
  }

  /** The row of a layer, where the table is not grouped or the group is open. */
  row(name: string): Locator {
    return this.table
      .locator('.row.layer')
      .filter({ has: this.frame.locator(`[role=rowheader][title^="${name}"]`) })
      .first();
  }

  heading(name: string): Locator {
    return this.table.getByRole('columnheader', { name });
  }

  async ungroup(): Promise<void> {
    const button = this.frame.getByRole('button', { name: 'Group by module' });
    if ((await button.getAttribute('aria-pressed')) === 'true') await button.click();
    await this.table.locator('.row.group').first().waitFor({ state: 'detached' });
  }

  async filter(text: string): Promise<void> {
    await this.frame.getByRole('textbox', { name: 'Filter layers' }).fill(text);
  }

  /** Rows in the order of the screen. */
  async rows(): Promise<ShownRow[]> {
    return this.table.evaluate((table) => {
      const headers = [...table.querySelectorAll('[role=columnheader] button')];
      const ids = headers.map((button) => button.getAttribute('data-metric') ?? '');
      const rows = [...table.querySelectorAll<HTMLElement>('.row.layer')];
      rows.sort((a, b) => parseFloat(a.style.top) - parseFloat(b.style.top));
      return rows.map((row) => {
        const [header, ...cells] = row.children;
        const title = header?.getAttribute('title') ?? '';
        const shown = cells.map((cell) => {
          const texts = cell.querySelectorAll(':scope > span:not(.mark)');
          const hidden = cell.querySelector('.visually-hidden')?.textContent ?? '';
          return (texts[0]?.textContent ?? '').replace(hidden, '').trim();
        });
        return {
          name: title.replace(/ \([^()]*\)$/, ''),
          cells: Object.fromEntries(shown.map((text, index) => [ids[index + 1] ?? '', text])),
        };
      });
    });
  }

  /** The layer's section beside the table. */
  layer(name: string): Locator {
    return this.frame.getByRole('region', { name: `Layer ${name}` });
  }

  /** Shows a chart of the open layer as a table and reads it: head first. */
  async chartTable(title: string): Promise<string[][]> {
    const button = this.frame.getByRole('button', { name: `${title} as table` });
    if ((await button.getAttribute('aria-pressed')) !== 'true') await button.click();
    const region = this.frame.getByRole('region', { name: `${title}, table` });
    return region
      .locator('tr')
      .evaluateAll((lines) =>
        lines.map((line) => [...line.children].map((cell) => cell.textContent.trim())),
      );
  }
}

/** The number that a cell shows: `63.9 %`, `≥ 1.2e5`, `3.1×`, `−0.5`. Undefined where it shows none. */
export function shownNumber(text: string): number | undefined {
  const plain = text
    .replace(/^[≥≤≈]\s*/, '')
    .replaceAll('−', '-')
    .replaceAll('\u202f', '');
  const match = /^(-?[\d.]+(?:e-?\d+)?)\s*([%×]?)$/.exec(plain);
  if (!match) return undefined;
  return Number(match[1]) * (match[2] === '%' ? 0.01 : 1);
}
