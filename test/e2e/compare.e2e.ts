import fs from 'node:fs';
import path from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { violations } from './harness/axe';
import { ComparisonPage } from './harness/comparison';
import { until } from './harness/until';
import { Workbench } from './harness/workbench';
import { exampleWorkspace } from './harness/workspace';

const folder = 'pytorch/checkpoints';
const [earlier, later] = [
  'digits-l1-epoch03.safetensors',
  'digits-l1-epoch12.safetensors',
] as const;
const title = `${earlier} ↔ ${later}`;
let workbench: Workbench;

beforeAll(async () => {
  const workspace = exampleWorkspace('compare');
  // The earlier of two is told by the time of its file, which copying does not keep.
  for (const [file, second] of [
    [earlier, 1_700_000_000],
    [later, 1_700_000_900],
  ] as const) {
    fs.utimesSync(path.join(workspace, folder, file), second, second);
  }
  workbench = await Workbench.open(workspace, { width: 1600 });
});

afterAll(async () => {
  await workbench.close();
});

afterEach(async () => {
  await workbench.closeEditors();
});

/** Opens both checkpoints, the later one first, and compares them by the palette. */
async function compareBoth(): Promise<ComparisonPage> {
  await workbench.openFile(`${folder}/${later}`);
  // Else the next file takes its tab.
  await workbench.command('View: Keep Editor');
  await workbench.openFile(`${folder}/${earlier}`);
  await workbench.command('RegLens: Compare Checkpoints…');
  await workbench.tab(title).waitFor();
  const comparison = new ComparisonPage(workbench);
  await comparison.finished();
  return comparison;
}

describe('two checkpoints of one run', () => {
  it('are compared layer by layer, the earlier one as A', async () => {
    const comparison = await compareBoth();
    expect(await comparison.names()).toContain('classifier.1');
    const summary = (await comparison.frame.locator('.summary').innerText()).replace(/\s+/g, ' ');
    expect(summary).toMatch(/‖ΔW‖ \/ ‖W‖ [\d.]+/);
    expect(summary).toMatch(/zeros [\d.]+ % → [\d.]+ %/);

    await comparison.row('classifier.1').click();
    const pair = comparison.frame.getByRole('region', { name: 'Layer classifier.1' });
    await pair.locator('[data-chart="spectra"] svg').waitFor();
    await pair.locator('[data-chart="cosines-b"] canvas').waitFor();
    expect(await violations(comparison.frame)).toEqual([]);
  });

  it('come back, with what was open, after the window was loaded anew', async () => {
    const comparison = await compareBoth();
    await comparison.row('classifier.1').click();
    const pair = comparison.frame.getByRole('region', { name: 'Layer classifier.1' });
    await pair.locator('[data-chart="spectra"] svg').waitFor();
    // VS Code writes a webview's state to disk lazily: it is there once the editor has been left and come back to.
    await workbench.openFile('pytorch/train_digits.py');
    await workbench.tab(title).click();
    const isOpen = async (page: ComparisonPage): Promise<boolean> =>
      (await page.frame.getByRole('region', { name: 'Layer classifier.1' }).count()) > 0;
    const back = new ComparisonPage(workbench);
    await until('the pair is open again', () => isOpen(back));
    await workbench.reload();
    await workbench.tab(title).click();
    const again = new ComparisonPage(workbench);
    await again.finished();
    await until('the pair is open after the reload', () => isOpen(again));
  });

  it('are shown as text in a diff', async () => {
    const comparison = await compareBoth();
    await comparison.frame.getByRole('button', { name: 'Diff manifests' }).click();
    await workbench.tab('(manifests)').waitFor({ timeout: 60_000 });
    await expect
      .poll(async () => (await workbench.visibleLines()).join('\n'), { timeout: 60_000 })
      .toContain(`checkpoint ${later}`);
  });

  it('say which file is missing', async () => {
    const comparison = await compareBoth();
    const file = path.join(workbench.folder, folder, later);
    fs.renameSync(file, `${file}.away`);
    try {
      await comparison.frame.getByRole('button', { name: 'Reload both' }).click();
      const failure = comparison.frame.locator('section.failure');
      await failure.waitFor();
      expect(await failure.innerText()).toContain(`${later} (B): there is no file`);
    } finally {
      fs.renameSync(`${file}.away`, file);
    }
  });

  it('can be chosen from the page of one of them', async () => {
    await workbench.openFile(`${folder}/${earlier}`);
    await workbench.webview().getByRole('button', { name: 'Compare…' }).click();
    await workbench.page
      .locator('.quick-input-list .monaco-list-row', { hasText: later })
      .first()
      .click();
    await workbench.tab(title).waitFor();
  });
});
