import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { inspect } from './harness/cli';
import { Inspector, shownNumber } from './harness/inspector';
import { Workbench } from './harness/workbench';
import { exampleWorkspace } from './harness/workspace';

const file = 'pytorch/checkpoints/digits-l1.safetensors';
let workbench: Workbench;
let inspector: Inspector;

beforeAll(async () => {
  workbench = await Workbench.open(exampleWorkspace('reading'), { width: 1600 });
  await workbench.openFile(file);
  inspector = new Inspector(workbench);
  await inspector.finished();
  await inspector.ungroup();
});

afterAll(async () => {
  await workbench.close();
});

const zeros = async (): Promise<number[]> =>
  (await inspector.rows()).map(({ cells }) => shownNumber(cells['zero.frac'] ?? '') ?? NaN);

describe('reading a checkpoint', () => {
  it('sorts by a column, both ways', async () => {
    const heading = inspector.heading('Zeros');
    await heading.getByRole('button').click();
    const first = await heading.getAttribute('aria-sort');
    const once = await zeros();
    await heading.getByRole('button').click();
    const twice = await zeros();

    const ascending = [...once].sort((a, b) => a - b);
    expect(new Set(once).size).toBeGreaterThan(2);
    expect(once).toEqual(first === 'ascending' ? ascending : ascending.toReversed());
    expect(twice).toEqual(first === 'ascending' ? ascending.toReversed() : ascending);
    await heading.getByRole('button').click();
  });

  it('filters by name and by number', async () => {
    await inspector.filter('conv');
    await expect
      .poll(async () => (await inspector.rows()).map(({ name }) => name).sort())
      .toEqual(['conv1', 'conv2']);
    await inspector.filter('zeros>50%');
    await expect
      .poll(async () => (await inspector.rows()).map(({ name }) => name).sort())
      .toEqual(['classifier.1', 'classifier.3']);
    await inspector.filter('');
    await expect.poll(async () => (await inspector.rows()).length).toBeGreaterThan(2);
  });

  it('opens a layer from the keyboard and goes back to its row', async () => {
    const { keyboard } = workbench.page;
    await inspector.table.locator('.row[tabindex="0"]').focus();
    await keyboard.press('Home');
    await keyboard.type('classifier.1');
    await keyboard.press('Enter');
    await inspector.layer('classifier.1').waitFor();
    await keyboard.press('Escape');
    await inspector.layer('classifier.1').waitFor({ state: 'detached' });
    await expect
      .poll(() => inspector.row('classifier.1').evaluate((row) => row === document.activeElement))
      .toBe(true);
  });

  it('shows the spectrum as a table with the values of the report', async () => {
    await inspector.row('classifier.1').click();
    await inspector.layer('classifier.1').waitFor();
    const [head, ...lines] = await inspector.chartTable('Singular values');
    const report = inspect(path.join(workbench.folder, file));
    const layer = report.layers.find(({ name }) => name === 'classifier.1');
    const all = layer?.metrics['singular_values'];
    if (typeof all !== 'object') throw new Error('The report has no singular values');
    // The axis is logarithmic: exact zeros are counted in words.
    const values = all.filter((value) => value > 0);
    const column = (head ?? []).findIndex((cell) => /^σ/.test(cell));
    expect(column).toBeGreaterThanOrEqual(0);
    const shown = lines.map((line) => shownNumber(line[column] ?? '') ?? NaN);
    expect(shown).toHaveLength(values.length);
    shown.forEach((value, index) => {
      const expected = values[index] ?? NaN;
      expect(Math.abs(value - expected)).toBeLessThanOrEqual(0.006 * expected + 1e-12);
    });
  });

  it('keeps what is open, sorted and filtered when the window is loaded again', async () => {
    await inspector.filter('classifier');
    await inspector.row('classifier.3').click();
    await inspector.layer('classifier.3').waitFor();
    // VS Code writes a webview's state to disk lazily: it is there once the editor has been left and come back to.
    await workbench.openFile('pytorch/train_digits.py');
    await workbench.tab('digits-l1.safetensors').click();
    await inspector.layer('classifier.3').waitFor();
    await workbench.reload();
    // Which tab was in front VS Code writes lazily too.
    await workbench.tab('digits-l1.safetensors').click();
    await inspector.finished();
    await inspector.layer('classifier.3').waitFor();
    expect((await inspector.rows()).map(({ name }) => name).sort()).toEqual([
      'classifier.1',
      'classifier.3',
    ]);
  });
});
