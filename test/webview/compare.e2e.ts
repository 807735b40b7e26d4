import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import type { Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { openStage, type Options, type Stage } from './browser';
import { root } from './bundle';
import type {} from './compareHost';

const pictures = path.join(root, 'out/pictures');
let stage: Stage;
let page: Page;
let axe: string;

beforeAll(async () => {
  await mkdir(pictures, { recursive: true });
  axe = await readFile(path.join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');
  stage = await openStage();
});
afterAll(async () => {
  await stage.close();
});
afterEach(async () => {
  await page.close();
});

const open = async (options: Options = {}): Promise<void> => {
  page = await stage.open({ ...options, kind: 'compare' });
};
const grid = (): Locator => page.getByRole('grid', { name: 'Pairs of layers' });
const line = (name: string): Locator =>
  grid()
    .getByRole('row')
    .filter({ has: page.getByRole('rowheader', { name, exact: true }) });
const names = (): Promise<string[]> =>
  grid()
    .getByRole('rowheader')
    .evaluateAll((cells) =>
      cells
        .map((cell) => ({ text: cell.textContent.trim(), top: cell.getBoundingClientRect().top }))
        .sort((a, b) => a.top - b.top)
        .map(({ text }) => text),
    );
const calls = (method: string): Promise<readonly (readonly unknown[])[]> =>
  page.evaluate(
    (wanted) =>
      window.compareHost.calls.filter((call) => call.method === wanted).map(({ args }) => args),
    method,
  );
const renamed = 'head.fc2 → classifier.fc2';
const pane = (): Locator => page.locator('section.layer');
const chart = (key: string): Locator => page.locator(`[data-chart="${key}"]`);

describe('the comparison', () => {
  it('says what was compared and how much has changed', async () => {
    await open();
    const header = await page.locator('.compare-header').innerText();
    expect(header).toMatch(/A\s+run1\/model\.pt[\s\S]*B\s+run2\/model\.pt/);
    const summary = (await page.locator('.summary').innerText()).replace(/\s+/g, ' ');
    expect(summary).toContain('2 layers of 3 changed');
    expect(summary).toContain('largest 0.3 in classifier.fc2');
    expect(summary).toContain('new zeros 3000');
    expect(summary).toContain('zeros 2 % → 61 %');
    expect(summary).toContain('1 finding appeared, 1 went');
    await page.getByText('A was written by another version of the framework').waitFor();
  });

  it('lists the pairs with their changes, and how they were matched', async () => {
    await open();
    await line(renamed).waitFor();
    expect(await names()).toEqual(['features.conv1', 'classifier.fc1', renamed]);
    const cells = await line(renamed).getByRole('gridcell').allInnerTexts();
    const texts = cells.map((text) => text.trim());
    expect(texts.slice(0, 5)).toEqual(['renamed prefix, 90 %', '0.3', '0.91', '2000', '6']);
    expect(texts[5]).toMatch(/^\+30 pp$/);
    expect(texts[6]).toMatch(/^−\d/);
    const norm = line('classifier.fc1').getByRole('gridcell').nth(6);
    expect(await norm.innerText()).toMatch(/^\+\d/);
    expect(await norm.getAttribute('title')).toMatch(/ → /);
    const frozen = line('features.conv1').getByRole('gridcell');
    expect((await frozen.nth(1).innerText()).trim()).toBe('0');
  });

  it('sorts by every column, and filters by names and numbers', async () => {
    await open();
    await line(renamed).waitFor();
    const headings = grid().getByRole('columnheader');
    for (let at = 0; at < (await headings.count()); at++) {
      await headings.nth(at).getByRole('button').click();
      await expect.poll(() => headings.nth(at).getAttribute('aria-sort')).not.toBe('none');
    }
    await grid().getByRole('columnheader', { name: '‖ΔW‖ / ‖W‖' }).getByRole('button').click();
    await expect.poll(names).toEqual([renamed, 'classifier.fc1', 'features.conv1']);
    await page.keyboard.press('/');
    await page.keyboard.type('change>25%');
    await expect.poll(names).toEqual([renamed]);
    await page.getByText('1 of 3 pairs').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(async () => (await names()).length).toBe(3);
    const box = page.getByRole('textbox', { name: 'Filter layers' });
    await box.fill('head');
    await expect.poll(names).toEqual([renamed]);
    await box.fill('nonsense>1');
    await page.getByText('No number “nonsense”').waitFor();
  });

  it('opens a pair: spectra, both cosine maps, every number', async () => {
    await open();
    await line('classifier.fc1').click();
    await chart('cosines-b').locator('canvas').waitFor();
    const keys = await page
      .locator('.chart')
      .evaluateAll((all) => all.map((one) => one.getAttribute('data-chart')));
    expect(keys).toEqual(['spectra', 'change', 'cosines-a', 'cosines-b']);
    const lines = chart('spectra').locator('g[aria-label="line"] path');
    expect(await lines.count()).toBe(2);
    expect(await chart('spectra').locator('figcaption').textContent()).toMatch(
      /A: 128 singular values, from [\d.]+ down to [\d.]+.*B: 128/,
    );
    const numbers = await pane().getByRole('table', { name: 'Norms' }).innerText();
    expect(numbers).toMatch(/Frobenius norm\s+[\d.]+\s+[\d.]+\s+\+[\d.]+/);
    await pane().getByRole('table').filter({ hasText: 'classifier.fc1.bias' }).waitFor();
    await page.getByRole('button', { name: 'Singular values as table' }).click();
    const table = chart('spectra').getByRole('table');
    expect(await table.getByRole('row').first().innerText()).toMatch(/i\s+A\s+B/);
    expect(await table.getByRole('row').count()).toBe(129);
  });

  it('says why a chart is absent', async () => {
    await open();
    await line('features.conv1').click();
    await expect.poll(() => chart('change').innerText()).toContain('no element has changed');
  });

  it('goes by keyboard: rows, type-ahead, open, page through, back', async () => {
    await open();
    await line('features.conv1').focus();
    await page.keyboard.press('End');
    await page.keyboard.press('Home');
    await page.keyboard.type('cl');
    await page.keyboard.press('Enter');
    await pane().getByRole('heading', { name: 'classifier.fc1', exact: true }).waitFor();
    await page.keyboard.press('ArrowDown');
    await pane().getByRole('heading', { name: renamed }).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => pane().count()).toBe(0);
    await expect
      .poll(() =>
        page.evaluate(() => document.activeElement?.querySelector('.name')?.textContent.trim()),
      )
      .toBe(renamed);
  });

  it('lists what has no partner, and findings that appeared and went', async () => {
    await open();
    await page.getByRole('tab', { name: 'Without partner 2' }).click();
    await page.getByRole('heading', { name: 'Only in A: 2 layers' }).waitFor();
    await page.getByText('Every layer has a partner').waitFor();
    await page.getByRole('button', { name: 'old.classifier.fc1' }).click();
    await expect.poll(() => calls('openCheckpoint')).toEqual([['a', 'old.classifier.fc1']]);
    await page.getByRole('tab', { name: 'Findings 2' }).click();
    await page.getByRole('heading', { name: 'Went: in A and not in B (1)' }).waitFor();
    await page.getByRole('button', { name: 'head.fc2' }).click();
    await pane().getByRole('heading', { name: renamed }).waitFor();
  });

  it('explains its own numbers and those of the catalogue', async () => {
    await open();
    await grid().getByRole('columnheader', { name: 'Rank of ΔW' }).getByRole('button').hover();
    await expect.poll(() => page.getByRole('tooltip').innerText()).toContain('Roy and Vetterli');
  });

  it('asks the host to swap, to reload, and for the manifests', async () => {
    await open();
    await page.getByRole('button', { name: 'Exchange A and B' }).click();
    await page.getByRole('button', { name: 'Reload both' }).click();
    await page.getByRole('button', { name: 'Diff manifests' }).click();
    for (const method of ['swap', 'reload', 'diffManifests']) {
      await expect.poll(async () => (await calls(method)).length, { message: method }).toBe(1);
    }
  });

  it('keeps which files they are, and what was open', async () => {
    await open();
    await line('classifier.fc1').click();
    const saved = (): Promise<string> => page.evaluate(() => sessionStorage.getItem('state') ?? '');
    await expect.poll(saved).toContain('"selected":"classifier.fc1"');
    expect(JSON.parse(await saved())).toMatchObject({
      uris: { a: 'file:///runs/run1/model.pt', b: 'file:///runs/run2/model.pt' },
    });
    await page.reload();
    await pane().getByRole('heading', { name: 'classifier.fc1', exact: true }).waitFor();
  });

  it('shows progress, takes results as they come, and stops when asked', async () => {
    await open({ scene: 'partial' });
    await line('classifier.fc1').waitFor();
    expect(await line('classifier.fc1').innerText()).toContain('…');
    const bar = page.getByRole('progressbar', { name: 'Comparison' });
    expect(await bar.getAttribute('aria-valuetext')).toBe('1 of 9');
    await page.evaluate(async () => {
      const { view, comparison } = window.compareHost;
      await view.rowsChanged(comparison.rows.slice(1, 2));
    });
    await expect.poll(() => line('classifier.fc1').innerText()).toContain('0.2');
    await page.getByRole('button', { name: 'Cancel the comparison' }).click();
    await expect.poll(async () => (await calls('cancel')).length).toBe(1);
    await page.evaluate(async () => {
      const { view, comparison } = window.compareHost;
      await view.progressed({
        ...comparison.overview,
        progress: { phase: 'cancelled', done: 2, total: 9 },
      });
      await view.changedOnDisk('run2/model.pt');
    });
    await page.getByText('Cancelled at 2 of 9').waitFor();
    await page.getByText('run2/model.pt changed on disk').waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await expect.poll(async () => (await calls('resume')).length).toBe(1);
  });

  it('says which file could not be read, under the names of both', async () => {
    await open({ scene: 'failure' });
    await page.getByRole('heading', { name: 'File not found' }).waitFor();
    await page.getByText('model.pt (B): there is no file').waitFor();
    await page.getByRole('button', { name: 'run1/model.pt' }).waitFor();
  });

  it('keeps few rows of 3,000 in the page', async () => {
    await open({ scene: 'large' });
    await expect.poll(() => grid().getAttribute('aria-rowcount')).toBe('3001');
    await line('model.layers.0.self_attn.q_proj').focus();
    await page.keyboard.press('End');
    await line('model.layers.499.mlp.down_proj').waitFor();
    expect(await grid().getByRole('row').count()).toBeLessThan(120);
  });
});

const themes = ['light', 'dark', 'contrast'] as const;

describe.each(themes.flatMap((theme) => [600, 1500].map((width) => ({ theme, width }))))(
  'in $theme at $width px',
  ({ theme, width }) => {
    it('nothing sticks out, and axe finds nothing', async () => {
      for (const scene of ['small', 'large'] as const) {
        await open({ scene, theme, width });
        await grid().getByRole('row').nth(2).waitFor();
        await check(`compare-${scene}-${theme}-${width}`);
        if (scene === 'large') continue;
        await line('classifier.fc1').click();
        await chart('cosines-b').locator('canvas').waitFor();
        await check(`compare-pair-${theme}-${width}`);
        await page.close();
      }
    });
  },
);

async function check(name: string): Promise<void> {
  await page.screenshot({ path: path.join(pictures, `${name}.png`) });
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow, name).toBe(0);
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => (await window.axe.run()).violations);
  expect(
    violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`)),
    name,
  ).toEqual([]);
}
