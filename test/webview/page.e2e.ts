import type { Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { openStage, type Options, type Stage } from './browser';
import type {} from './fakeHost';

let stage: Stage;
let page: Page;

beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => {
  await stage.close();
});
afterEach(async () => {
  await page.close();
});

const open = async (options?: Options): Promise<void> => {
  page = await stage.open(options);
};
const grid = (): Locator => page.getByRole('treegrid', { name: 'Layers' });
const line = (name: string): Locator =>
  grid()
    .getByRole('row')
    .filter({ has: page.getByRole('rowheader', { name, exact: true }) });
const layerPane = (): Locator => page.locator('section.layer');
const chart = (key: string): Locator => page.locator(`[data-chart="${key}"]`);
/** Names of the lines in the table, in order, by their place on the screen. */
const names = (): Promise<string[]> =>
  grid()
    .getByRole('rowheader')
    .evaluateAll((cells) =>
      cells
        .map((cell) => ({
          text: cell.textContent.replace(/\s+/g, ' ').trim(),
          top: cell.getBoundingClientRect().top,
        }))
        .sort((a, b) => a.top - b.top)
        .map(({ text }) => text),
    );
const calls = (method: string): Promise<readonly (readonly unknown[])[]> =>
  page.evaluate(
    (wanted) =>
      window.fakeHost.calls.filter((call) => call.method === wanted).map(({ args }) => args),
    method,
  );
const focusedRow = (): Promise<string | null> =>
  page.evaluate(() => document.activeElement?.querySelector('.name')?.textContent.trim() ?? null);

describe('findings', () => {
  const finding = (title: string | RegExp): Locator =>
    page.locator('.finding').filter({ has: page.getByRole('button', { name: title }) });
  const openFindings = async (options?: Options): Promise<void> => {
    await open(options);
    await page.getByRole('tab', { name: /^Findings/ }).click();
    await page.locator('.finding').first().waitFor();
  };

  it('are counted in the summary, which leads to them', async () => {
    await open();
    await page.getByRole('button', { name: '1 warning · 1 note' }).click();
    await expect
      .poll(() => page.getByRole('tab', { name: /^Findings/ }).getAttribute('aria-selected'))
      .toBe('true');
  });

  it('stand in groups, the worst first, and open to what they rest on', async () => {
    await openFindings();
    expect(await page.locator('.finding-group').allInnerTexts()).toEqual([
      expect.stringContaining('1 warning'),
      expect.stringContaining('1 note'),
      expect.stringContaining('1 remark'),
    ]);
    const head = finding(/L1 is declared/).getByRole('button', { name: /L1 is declared/ });
    await head.click();
    await expect.poll(() => head.getAttribute('aria-expanded')).toBe('true');
    const text = await finding(/L1 is declared/).innerText();
    for (const part of ['≥ 1.5', '0.001', 'What else could explain it', 'Tibshirani 1996']) {
      expect(text).toContain(part);
    }
    await finding(/L1 is declared/)
      .getByRole('button', { name: 'Add L1 penalty…' })
      .click();
    await expect.poll(() => calls('addTechnique')).toEqual([['l1', 1]]);
  });

  it('are found by words, and say when none is', async () => {
    await openFindings();
    const filter = page.getByRole('textbox', { name: 'Filter findings' });
    await filter.fill('measured zeros');
    await expect.poll(() => page.locator('.finding').count()).toBe(1);
    await filter.fill('nothing like it');
    await expect.poll(() => page.locator('.findings').innerText()).toContain('No finding matches');
  });

  it('show the layer that they are about, which lists its own', async () => {
    await openFindings();
    await finding(/Many exact zeros/)
      .getByRole('button', { name: 'classifier.fc2' })
      .click();
    await expect.poll(() => layerPane().count()).toBe(1);
    await expect.poll(() => layerPane().innerText()).toContain('Many exact zeros');
  });
});

describe('techniques', () => {
  it('say what the file shows and what the code can have', async () => {
    await open();
    await page.getByRole('tab', { name: 'Techniques' }).click();
    const row = (name: string): Locator =>
      page
        .locator('.techniques tbody tr')
        .filter({ has: page.getByRole('rowheader', { name, exact: true }) });
    expect(await row('L1').innerText()).toContain('declared');
    expect(await row('Dropout').innerText()).toContain('cannot be determined');
    expect(await row('Dropout').innerText()).toContain('present');
    expect(await row('Mixup').innerText()).toContain('not offered');
    await row('L1').getByRole('button', { name: 'Add L1 penalty' }).click();
    await expect.poll(() => calls('addTechnique')).toEqual([['l1', undefined]]);
  });
});

describe('the table', () => {
  it('shows what the host reports, as a tree grid', async () => {
    await open();
    await line('fc1').waitFor();
    expect(await names()).toEqual(['features.conv1', 'classifier 2 layers', 'fc1', 'fc2']);
    await expect.poll(() => grid().getAttribute('aria-rowcount')).toBe('5');
    expect(await line('fc1').getAttribute('aria-level')).toBe('2');
    expect(await line('fc1').getAttribute('aria-rowindex')).toBe('4');
    const cells = await line('fc1').getByRole('gridcell').allInnerTexts();
    expect(cells.map((text) => text.trim()).slice(0, 2)).toEqual(['128×1024', '78 %']);
    expect(cells.at(-1)).toContain('4 duplicate filters');
    expect(cells.some((text) => /≥ \d/.test(text))).toBe(true);
    const facts = await page.locator('.facts').innerText();
    expect(facts.replace(/\s+/g, ' ')).toContain('133 K parameters');
  });

  it('sorts by a column, turns round, and goes back to file order', async () => {
    await open();
    const heading = grid().getByRole('columnheader', { name: 'Zeros' });
    await page.getByRole('button', { name: 'Group by module' }).click();
    await heading.getByRole('button').click();
    await expect.poll(names).toEqual(['classifier.fc1', 'classifier.fc2', 'features.conv1']);
    expect(await heading.getAttribute('aria-sort')).toBe('descending');
    await heading.getByRole('button').click();
    await expect.poll(names).toEqual(['features.conv1', 'classifier.fc2', 'classifier.fc1']);
    await heading.getByRole('button').click();
    await expect.poll(names).toEqual(['features.conv1', 'classifier.fc1', 'classifier.fc2']);
    expect(await heading.getAttribute('aria-sort')).toBe('none');
  });

  it('filters by name and by number, and says what it did not understand', async () => {
    await open();
    await line('fc1').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('zeros>50%');
    await expect.poll(names).toEqual(['classifier.fc1']);
    await page.getByText('1 of 3 layers').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(async () => (await names()).length).toBe(4);
    await page.keyboard.type('zeroes>1');
    await page.getByText('No metric “zeroes”').waitFor();
    await page.getByText('No layer matches “zeroes>1”').waitFor();
  });

  it('folds groups by mouse, and adds them up', async () => {
    await open();
    const group = grid().getByRole('row').filter({ hasText: 'classifier' });
    await group.click();
    await expect.poll(names).toEqual(['features.conv1', 'classifier 2 layers']);
    expect(await group.getAttribute('aria-expanded')).toBe('false');
    expect(await group.innerText()).toMatch(/132 K[\s\S]*77\.5 %/);
  });

  it('adds and takes away columns', async () => {
    await open();
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('textbox', { name: 'Search columns' }).fill('hoyer');
    await page.getByRole('checkbox', { name: 'Hoyer sparsity' }).click();
    await grid().getByRole('columnheader', { name: 'Hoyer sparsity' }).waitFor();
    await page.getByRole('checkbox', { name: 'Hoyer sparsity' }).click();
    await expect
      .poll(() => grid().getByRole('columnheader', { name: 'Hoyer sparsity' }).count())
      .toBe(0);
    await page.keyboard.press('Escape');
    expect(await page.getByRole('dialog').count()).toBe(0);
  });

  it('says why a number is missing', async () => {
    await open({ scene: 'absent' });
    const cell = line('fc1').locator('.missing').first();
    expect(await cell.getAttribute('title')).toContain('smaller side of 8 192');
    expect((await cell.innerText()).trim()).toContain('–');
  });
});

describe('the keyboard', () => {
  it('goes through lines, folds, types ahead, opens and returns', async () => {
    await open();
    await line('features.conv1').focus();
    await page.keyboard.press('ArrowDown');
    await expect.poll(focusedRow).toContain('classifier');
    await page.keyboard.press('ArrowLeft');
    await expect.poll(async () => (await names()).length).toBe(2);
    await page.keyboard.press('ArrowRight');
    await expect.poll(async () => (await names()).length).toBe(4);
    await page.keyboard.press('End');
    await expect.poll(focusedRow).toBe('fc2');
    await page.keyboard.press('Home');
    await expect.poll(focusedRow).toBe('features.conv1');
    await page.keyboard.type('fc2');
    await expect.poll(focusedRow).toBe('fc2');
    await page.keyboard.press('Enter');
    await layerPane().getByRole('heading', { name: 'classifier.fc2.weight' }).waitFor();
    await page.keyboard.press('ArrowUp');
    await layerPane().getByRole('heading', { name: 'classifier.fc1.weight' }).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => layerPane().count()).toBe(0);
    await expect.poll(focusedRow).toBe('fc1');
  });

  it('reaches everything by Tab and is caught nowhere', async () => {
    await open();
    await line('fc1').click();
    await chart('pairs').waitFor();
    const seen = new Set<string>();
    await page.evaluate(() => {
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    });
    for (let step = 0; step < 80; step++) {
      await page.keyboard.press('Tab');
      seen.add(
        await page.evaluate(() => {
          const element = document.activeElement;
          return `${element?.tagName} ${element?.getAttribute('aria-label') ?? element?.textContent.trim() ?? ''}`;
        }),
      );
    }
    for (const stop of ['Filter layers', 'Width of the table', 'Copy Weights', 'Zeros', 'heat']) {
      const found = [...seen].some((one) => one.includes(stop) || one.startsWith('CANVAS'));
      expect(found, stop).toBe(true);
    }
  });
});

describe('a layer', () => {
  const openLayer = async (options?: Options): Promise<void> => {
    await open(options);
    await line('fc1').click();
    await chart('pairs').waitFor();
  };

  it('shows key numbers beside what chance gives, and six charts with a summary each', async () => {
    await openLayer();
    const facts = await page.locator('.key-numbers').innerText();
    expect(facts.replace(/\s+/g, ' ')).toContain('Zeros 78 % (chance 0 %)');
    expect(facts).toContain('of 128');
    const keys = await page
      .locator('.chart')
      .evaluateAll((all) => all.map((one) => one.getAttribute('data-chart')));
    expect(keys).toEqual(['histogram', 'spectrum', 'cosines', 'norms', 'zeros', 'pairs']);
    for (const key of keys) {
      const summary = await chart(key ?? '')
        .locator('figcaption')
        .textContent();
      expect(summary, key ?? '').toMatch(/\d/);
    }
    const spectrum = await chart('spectrum').locator('svg').innerHTML();
    expect(spectrum).toContain('edge 1.35');
    expect(spectrum).toContain('σ = 1');
  });

  it('turns a chart into a table, and copies its numbers', async () => {
    await openLayer();
    await page.getByRole('button', { name: 'Singular values as table' }).click();
    const table = chart('spectrum').getByRole('table');
    expect(await table.getByRole('row').count()).toBe(129);
    expect(await table.getByRole('row').nth(1).innerText()).toMatch(/^1\s+5\.96\s+yes/);
    await page.getByRole('button', { name: 'Copy Singular values' }).click();
    await expect.poll(async () => (await calls('copy')).length).toBe(1);
    const [[text] = []] = await calls('copy');
    const lines = String(text).split('\n');
    expect(lines[0]).toBe('i\tσ_i\tspike');
    expect(lines).toHaveLength(129);
  });

  it('copies a heat map whole', async () => {
    await openLayer();
    await page.getByRole('button', { name: 'Copy Filter cosines' }).click();
    await expect.poll(async () => (await calls('copy')).length).toBe(1);
    const [[text] = []] = await calls('copy');
    const lines = String(text).split('\n');
    expect(lines).toHaveLength(129);
    expect(lines[128]?.split('\t')).toHaveLength(129);
    expect(lines[128]?.split('\t')[128]).toBe('1');
  });

  it('reads a heat map by mouse and by keyboard, and marks a pair', async () => {
    await openLayer();
    const canvas = chart('cosines').locator('canvas');
    const readout = chart('cosines').locator('.readout');
    await canvas.hover({ position: { x: 1, y: 1 } });
    await expect.poll(() => readout.innerText()).toMatch(/^filter 0 and filter 0: cos 1, norms/);
    await page.mouse.move(0, 0);
    await canvas.focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => readout.innerText()).toMatch(/^filter 0 and filter \d+: cos/);
    await chart('pairs').getByRole('button', { name: 'filter 3 and filter 9' }).click();
    await expect.poll(() => readout.innerText()).toMatch(/^filter 3 and filter 9: cos/);
  });

  it('explains a number', async () => {
    await openLayer();
    await page.locator('.key-numbers').getByRole('button', { name: 'Correlation' }).hover();
    const popover = page.getByRole('tooltip');
    await popover.waitFor();
    const text = await popover.innerText();
    expect(text).toContain('√(k · mean c²)');
    expect(text).toMatch(/Here: 3\.\d+ · By chance: 1/);
    expect(text).toContain('Bansal');
    await page.keyboard.press('Escape');
    await expect.poll(() => popover.isHidden()).toBe(true);
    expect(await layerPane().count()).toBe(1);
  });

  it('offers code and techniques', async () => {
    await openLayer();
    await layerPane().getByRole('button', { name: 'train.py:14' }).click();
    await expect.poll(() => calls('openCode')).toEqual([[1]]);
    await page.getByRole('button', { name: 'Add regularizer' }).click();
    expect(await page.getByRole('menuitem', { name: 'Mixup' }).getAttribute('aria-disabled')).toBe(
      'true',
    );
    await page.getByRole('menuitem', { name: 'L1 penalty' }).click();
    await expect.poll(() => calls('addTechnique')).toEqual([['l1', 1]]);
    await expect.poll(() => page.getByRole('menu').count()).toBe(0);
  });

  it('says in place why charts are absent, and measures on demand', async () => {
    await openLayer({ scene: 'absent' });
    expect(await chart('cosines').innerText()).toContain('3 NaN, first at [4, 17]');
    expect(await chart('spectrum').innerText()).toContain('Left out for its size');
    await chart('spectrum').getByRole('button', { name: 'Measure now' }).click();
    await expect.poll(() => calls('measureNow')).toEqual([[1]]);
  });

  it('covers the table where there is no room for both, and goes back', async () => {
    await openLayer({ width: 600 });
    expect(await grid().isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Back to the table' }).click();
    await expect.poll(() => grid().isVisible()).toBe(true);
    expect(await layerPane().count()).toBe(0);
  });

  it('remembers what was open, how it was sorted, and how wide it was', async () => {
    await openLayer();
    await page.getByRole('separator').focus();
    await page.keyboard.press('ArrowRight');
    await grid().getByRole('columnheader', { name: 'Zeros' }).getByRole('button').click();
    await expect
      .poll(() => page.evaluate(() => sessionStorage.getItem('state') ?? ''))
      .toMatch(/"sort":\{"column":"zero\.frac".*"split":0\.44/);
    await page.reload();
    await layerPane().getByRole('heading', { name: 'classifier.fc1.weight' }).waitFor();
    expect(await page.getByRole('separator').getAttribute('aria-valuenow')).toBe('44');
    const heading = grid().getByRole('columnheader', { name: 'Zeros' });
    expect(await heading.getAttribute('aria-sort')).toBe('descending');
  });
});

describe('the analysis', () => {
  it('fills rows as results come, shows progress, and stops when asked', async () => {
    await open({ scene: 'partial' });
    await line('fc1').waitFor();
    expect(await line('fc1').innerText()).toContain('…');
    const bar = page.getByRole('progressbar', { name: 'Analysis' });
    expect(await bar.getAttribute('aria-valuetext')).toBe('1 of 3');
    expect(await page.locator('.progress').innerText()).toContain('classifier.fc1');
    await page.evaluate(async () => {
      const { view, checkpoint } = window.fakeHost;
      await view.rowsChanged(checkpoint.rows.slice(1, 2));
      await view.progressed({
        ...checkpoint.overview,
        progress: { phase: 'spectra', done: 2, total: 3 },
      });
    });
    await expect.poll(() => line('fc1').innerText()).toContain('78 %');
    expect(await bar.getAttribute('aria-valuetext')).toBe('2 of 3');
    await page.getByRole('button', { name: 'Cancel the analysis' }).click();
    await expect.poll(async () => (await calls('cancel')).length).toBe(1);
    await page.evaluate(async () => {
      const { view, checkpoint } = window.fakeHost;
      await view.progressed({
        ...checkpoint.overview,
        progress: { phase: 'cancelled', done: 2, total: 3 },
      });
    });
    await page.getByText('Cancelled at 2 of 3').waitFor();
    const waiting = line('fc2').locator('.missing').first();
    expect(await waiting.getAttribute('title')).toContain('stopped');
    await page.getByRole('button', { name: 'Resume' }).click();
    await expect.poll(async () => (await calls('resume')).length).toBe(1);
  });

  it('says when the file changed, and reads it again when asked', async () => {
    await open();
    await page.evaluate(() => window.fakeHost.view.changedOnDisk());
    await page.getByText('File changed on disk').waitFor();
    await page.locator('.bar').getByRole('button', { name: 'Reload' }).click();
    await expect.poll(async () => (await calls('reload')).length).toBe(1);
  });

  it('opens the layer that a code lens asks for', async () => {
    await open();
    await line('fc1').waitFor();
    await page.evaluate(() => window.fakeHost.view.revealLayer('classifier.fc2'));
    await layerPane().getByRole('heading', { name: 'classifier.fc2.weight' }).waitFor();
  });
});

it('says what is wrong with a file that cannot be read, and what can be done', async () => {
  await open({ scene: 'failure' });
  const text = await page.getByRole('main').innerText();
  expect(text).toContain('Truncated file');
  expect(text).toContain('spans bytes 1 024 to 525 312');
  expect(text).toContain('At byte 1024 (0x400)');
  expect(text).toContain('Copy the file again');
  await page.getByRole('button', { name: 'Open as text' }).click();
  await page.getByRole('button', { name: 'Show log' }).click();
  await expect.poll(async () => (await calls('openAsText')).length).toBe(1);
  await expect.poll(async () => (await calls('showLog')).length).toBe(1);
});

it('lists tensors, what was skipped, and what the file declares, as text', async () => {
  await open();
  await page.getByRole('tab', { name: 'Tensors and file' }).click();
  const panel = page.getByRole('tabpanel');
  // The page fetches tensors when the tab is opened; until then the panel is still the table's.
  await expect.poll(() => panel.innerText()).toContain('classifier.fc1.bias');
  const text = await panel.innerText();
  expect(text).toContain('Element type "string" holds no numbers');
  expect(text).toContain('weight_decay');
  expect(text).toContain('</script>');
  await page.getByRole('tab', { name: 'Tensors and file' }).focus();
  await page.keyboard.press('ArrowRight');
  await grid().waitFor();
});

describe('3,000 layers', () => {
  it('keeps few rows in the page wherever one scrolls, and the focus with them', async () => {
    await open({ scene: 'large' });
    // 3,000 layers, 500 blocks with two groups each, and the group of them all.
    await expect.poll(() => grid().getAttribute('aria-rowcount')).toBe('4502');
    const most = await page.evaluate(async () => {
      const scroller = document.querySelector('.table-scroller');
      if (!scroller) return -1;
      let rows = 0;
      for (let top = 0; top < scroller.scrollHeight; top += 9_000) {
        scroller.scrollTop = top;
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
        rows = Math.max(rows, document.querySelectorAll('.table .body .row').length);
      }
      return rows;
    });
    expect(most).toBeGreaterThan(20);
    expect(most).toBeLessThan(120);
    await grid().getByRole('row').last().focus();
    await page.keyboard.press('End');
    await expect.poll(focusedRow).toBe('down_proj');
    await page.locator('.table-scroller').evaluate((scroller) => {
      scroller.scrollTop = 0;
    });
    await expect.poll(focusedRow).toBe('down_proj');
  });

  it('works for a short time only on each frame of a scroll', async () => {
    await open({ scene: 'large' });
    await expect.poll(() => grid().getAttribute('aria-rowcount')).toBe('4502');
    const median = await page.evaluate(async () => {
      const scroller = document.querySelector('.table-scroller');
      if (!scroller) return Infinity;
      const request = window.requestAnimationFrame.bind(window);
      const times: number[] = [];
      window.requestAnimationFrame = (callback) =>
        request((at) => {
          const before = performance.now();
          callback(at);
          times.push(performance.now() - before);
        });
      for (let step = 0; step < 60; step++) {
        scroller.scrollTop += 66;
        await new Promise(request);
        await new Promise(request);
      }
      return times.sort((a, b) => a - b)[times.length >> 1] ?? Infinity;
    });
    // A frame at 60 Hz has 16.7 ms. Measured: 8 ms, with 60 rows of 11 columns, on two busy cores.
    expect(median).toBeLessThan(16.7);
  });

  it('sorts and filters all of them', async () => {
    await open({ scene: 'large' });
    await expect.poll(() => grid().getAttribute('aria-rowcount')).toBe('4502');
    await page.getByRole('button', { name: 'Group by module' }).click();
    await grid().getByRole('columnheader', { name: 'Zeros' }).getByRole('button').click();
    const shares = async (): Promise<number[]> =>
      (await grid().locator('.row.layer > div:nth-child(3)').allInnerTexts())
        .slice(0, 20)
        .map((text) => Number.parseFloat(text));
    await expect.poll(async () => (await shares())[0]).toBeGreaterThan(77);
    const top = await shares();
    expect(top).toEqual([...top].sort((a, b) => b - a));
    await page.getByRole('textbox', { name: 'Filter layers' }).fill('layers.499 q_proj');
    await expect.poll(names).toEqual(['model.layers.499.self_attn.q_proj']);
  });
});
