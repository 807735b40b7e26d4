import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import type { Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { openStage, type Options, type Stage } from './browser';
import { root } from './bundle';
import type {} from './seriesHost';

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
  page = await stage.open({ ...options, kind: 'series' });
  await chart('l2').locator('svg').waitFor();
};
const chart = (key: string): Locator => page.locator(`[data-chart="${key}"]`);
const slider = (): Locator => page.getByRole('slider', { name: 'Checkpoint' });
const stands = (): Promise<string | null> => slider().getAttribute('aria-valuetext');
const lineCount = (key: string): Promise<number> =>
  chart(key).locator('g[aria-label="line"] path').count();
const calls = (method: string): Promise<readonly (readonly unknown[])[]> =>
  page.evaluate(
    (wanted) =>
      window.seriesHost.calls.filter((call) => call.method === wanted).map(({ args }) => args),
    method,
  );
const follow = (layer: string): Promise<unknown> =>
  page.getByRole('combobox', { name: 'Layer' }).selectOption(layer);

describe('a run over time', () => {
  it('draws every layer as a line, and what the run recorded', async () => {
    await open();
    expect(await lineCount('l2')).toBe(3);
    expect(await lineCount('accuracy')).toBe(1);
    expect(await page.locator('.facts').innerText()).toContain('epoch 1 to epoch 5');
    expect(await chart('zero.frac').locator('figcaption').innerText()).toBe(
      '3 layers over the run',
    );
  });

  it('follows one layer, with its numbers and spectrum at the newest checkpoint', async () => {
    await open();
    await follow('fc1');
    await expect.poll(() => lineCount('l2')).toBe(1);
    const here = page.getByRole('region', { name: 'fc1 at epoch 5' });
    await here.waitFor();
    expect(await here.getByRole('row').filter({ hasText: 'Frobenius' }).innerText()).toMatch(
      /6\.54\s+6\.95/,
    );
    await chart('spectrum').locator('svg').waitFor();
  });

  it('goes through the checkpoints by keyboard', async () => {
    await open();
    await follow('fc1');
    await slider().focus();
    expect(await stands()).toBe('epoch 5');
    await page.keyboard.press('ArrowLeft');
    await expect.poll(stands).toBe('epoch 4');
    await page.getByRole('region', { name: 'fc1 at epoch 4' }).waitFor();
    await page.keyboard.press('Home');
    await expect.poll(stands).toBe('epoch 1');
    await page.getByText('The first checkpoint of the run').waitFor();
    await page.keyboard.press('PageUp');
    await expect.poll(stands).toBe('epoch 5');
    await page.keyboard.press('End');
    expect(await stands()).toBe('epoch 5');
  });

  it('goes to a checkpoint by mouse', async () => {
    await open();
    const box = await slider().boundingBox();
    if (!box) throw new Error('The bar has no place');
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await expect.poll(stands).toBe('epoch 3');
  });

  it('says what changed, and leads to the layer', async () => {
    await open();
    await slider().focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    const changes = page.getByRole('region', { name: 'What changed at epoch 2' });
    await changes.waitFor();
    expect(await changes.innerText()).toMatch(/1 new layer[\s\S]*conv1 Zeros 31\.5 % → 50\.6 %/);
    await changes.getByRole('button', { name: 'fc1' }).click();
    await page.getByRole('region', { name: 'fc1 at epoch 2' }).waitFor();
    await page.keyboard.press('Tab');
  });

  it('shows a new checkpoint by itself, and stays where the reader is', async () => {
    await open();
    await page.evaluate(() => window.seriesHost.grow());
    await expect.poll(stands).toBe('epoch 6');
    await slider().focus();
    await page.keyboard.press('Home');
    await expect.poll(stands).toBe('epoch 1');
    await page.evaluate(() => window.seriesHost.grow());
    await expect.poll(() => slider().getAttribute('aria-valuemax')).toBe('7');
    expect(await stands()).toBe('epoch 1');
  });

  it('says that a layer is not in a checkpoint', async () => {
    await open();
    await follow('fc2');
    await slider().focus();
    await page.keyboard.press('Home');
    await page.getByText('fc2 is not in epoch 1').waitFor();
  });

  it('shows how far it is, what cannot be read, and stops', async () => {
    await open({ scene: 'partial' });
    const status = page.getByRole('status');
    expect(await status.innerText()).toMatch(/1 unreadable[\s\S]*2 of 5 · epoch 4/);
    await page.getByRole('button', { name: 'Stop measuring' }).click();
    expect(await calls('cancel')).toHaveLength(1);
  });

  it('opens the checkpoint under the bar at the followed layer', async () => {
    await open();
    await follow('conv1');
    await page.getByRole('button', { name: 'Open checkpoint' }).click();
    expect(await calls('openCheckpoint')).toEqual([[4, 'conv1']]);
  });

  it('is a table too', async () => {
    await open();
    await chart('l2').getByRole('button', { name: 'as table' }).click();
    const table = page.getByRole('region', { name: 'Frobenius norm, table' });
    expect(await table.locator('tr').count()).toBe(6);
    expect(await table.locator('tr').nth(1).innerText()).toMatch(/epoch 1\s+8\.03\s+9\.44\s+–/);
  });

  it('comes back as it was', async () => {
    await open();
    await follow('fc1');
    await slider().focus();
    await page.keyboard.press('Home');
    const saved = (): Promise<string | null> =>
      page.evaluate(() => sessionStorage.getItem('state'));
    await expect.poll(saved).toContain('"x":1');
    expect(JSON.parse((await saved()) ?? '{}')).toMatchObject({
      runId: '/runs/7\nepoch#.pt',
      layer: 'fc1',
    });
    await page.reload();
    await page.getByRole('region', { name: 'fc1 at epoch 1' }).waitFor();
  });

  it.each([
    ['light', 1500, 'small'],
    ['dark', 600, 'small'],
    ['contrast', 1500, 'large'],
    ['dark', 1500, 'large'],
  ] as const)(
    '%s at %i px, %s, has no fault of access and no sideways scroll',
    async (theme, width, scene) => {
      await open({ theme, width, scene });
      if (scene === 'small') {
        await follow('fc1');
        await chart('spectrum').locator('svg').waitFor();
      }
      await page.screenshot({ path: path.join(pictures, `series-${scene}-${theme}-${width}.png`) });
      const overflow = await page.evaluate(() => {
        const body = document.querySelector('.series-body');
        return body ? body.scrollWidth - body.clientWidth : NaN;
      });
      expect(overflow).toBeLessThanOrEqual(0);
      await page.evaluate(axe);
      const violations = await page.evaluate(async () => (await window.axe.run()).violations);
      expect(
        violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`)),
      ).toEqual([]);
    },
  );
});
