import { readFile } from 'node:fs/promises';
import path from 'node:path';

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openStage, type Stage } from './browser';
import { root } from './bundle';
import { themes, type ThemeName } from './themes';

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

declare global {
  interface Window {
    axe: { run: () => Promise<{ readonly violations: readonly Violation[] }> };
  }
}

let stage: Stage;
let axe: string;

beforeAll(async () => {
  stage = await openStage();
  axe = await readFile(path.join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');
});
afterAll(async () => {
  await stage.close();
});

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found = await page.evaluate(async () => (await window.axe.run()).violations);
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary ?? ''}`),
  );
}

const cases = (Object.keys(themes) as ThemeName[]).flatMap((theme) =>
  [600, 1500].map((width) => ({ theme, width })),
);

describe.each(cases)('axe finds nothing in $theme at $width px', ({ theme, width }) => {
  it('in the table and in a menu', async () => {
    const page = await stage.open({ theme, width });
    await page.getByRole('rowheader', { name: 'fc1' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('dialog').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.close();
  });

  it('in a layer, as charts and as tables', async () => {
    const page = await stage.open({ theme, width });
    await page.getByRole('rowheader', { name: 'fc1' }).click();
    await page.locator('[data-chart="pairs"]').waitFor();
    expect(await violations(page)).toEqual([]);
    for (const button of await page.getByRole('button', { name: /as table$/ }).all()) {
      await button.click();
    }
    expect(await violations(page)).toEqual([]);
    await page.close();
  });

  it('in the file tab, in progress, and in a failure', async () => {
    const small = await stage.open({ theme, width });
    await small.getByRole('tab', { name: 'Tensors and file' }).click();
    expect(await violations(small)).toEqual([]);
    await small.close();
    for (const scene of ['partial', 'failure', 'absent'] as const) {
      const page = await stage.open({ scene, theme, width });
      expect(await violations(page)).toEqual([]);
      await page.close();
    }
  });
});
