import type { FrameLocator, Locator } from 'playwright-core';

import { until } from './until';
import type { Workbench } from './workbench';

/** Our page in the panel that compares two checkpoints. */
export class ComparisonPage {
  readonly frame: FrameLocator;

  constructor(workbench: Workbench, index = 0) {
    this.frame = workbench.webview(index);
  }

  /** Waits until both checkpoints are compared and measured. */
  async finished(): Promise<void> {
    const done = this.frame.getByText(/^\s*Comparison finished/);
    // Asked anew each time: a locator that waits inside a frame stays with a document that VS Code replaces while it starts.
    await until('the comparison is finished', async () => (await done.count()) > 0, 60_000);
  }

  get table(): Locator {
    return this.frame.getByRole('grid', { name: 'Pairs of layers' });
  }

  row(name: string): Locator {
    return this.table.locator('.row.layer').filter({
      has: this.frame.getByRole('rowheader', { name, exact: true }),
    });
  }

  /** Names in the order of the screen. */
  async names(): Promise<string[]> {
    return this.table.getByRole('rowheader').evaluateAll((cells) =>
      cells
        .map((cell) => ({ text: cell.textContent.trim(), top: cell.getBoundingClientRect().top }))
        .sort((a, b) => a.top - b.top)
        .map(({ text }) => text),
    );
  }
}
