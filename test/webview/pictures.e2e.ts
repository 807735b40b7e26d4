import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openStage, type Options, type Stage } from './browser';
import { root } from './bundle';

const folder = path.join(root, 'out/pictures');
let stage: Stage;

beforeAll(async () => {
  await mkdir(folder, { recursive: true });
  stage = await openStage();
});
afterAll(async () => {
  await stage.close();
});

const themes = ['light', 'dark', 'contrast'] as const;
const widths = [600, 900, 1500];
const scenes = [
  { name: 'table', scene: 'small' },
  { name: 'large', scene: 'large' },
  { name: 'layer', scene: 'small', layer: 'fc1' },
  { name: 'partial', scene: 'partial' },
  { name: 'failure', scene: 'failure' },
] as const satisfies readonly (Options & { name: string; layer?: string })[];

/** Pictures to look at after every change of a view; the check is only that nothing sticks out of the page. */
describe.each(scenes)('picture of $name', (one) => {
  it.each(themes.flatMap((theme) => widths.map((width) => ({ theme, width }))))(
    '$theme at $width px',
    async ({ theme, width }) => {
      const page = await stage.open({ scene: one.scene, theme, width });
      if ('layer' in one) {
        await page.getByRole('rowheader', { name: one.layer }).click();
        await page.locator('.chart').first().waitFor();
      }
      await page.screenshot({ path: path.join(folder, `${one.name}-${theme}-${width}.png`) });
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow).toBe(0);
      await page.close();
    },
  );
});
