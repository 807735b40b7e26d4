import type { Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { Inspector } from './harness/inspector';
import { Workbench } from './harness/workbench';
import { exampleWorkspace } from './harness/workspace';

const script = 'pytorch/train_digits.py';
let workbench: Workbench;

beforeAll(async () => {
  workbench = await Workbench.open(exampleWorkspace('code'), { width: 1600 });
});

afterAll(async () => {
  await workbench.close();
});

/** What stands above the line of a layer. */
const lensOf = (layer: string): Locator =>
  workbench.page.locator('.codelens-decoration', { hasText: layer });

afterEach(async () => {
  await workbench.closeEditors();
});

describe('beside the training code', () => {
  it('shows the numbers of a layer above the line that defines it', async () => {
    await workbench.openFile(script);
    const lens = lensOf('conv2');
    await lens.waitFor({ timeout: 60_000 });
    await expect.poll(() => lens.innerText(), { timeout: 60_000 }).toMatch(/16×144.*‖W‖ [\d.]+/);
  });

  it('goes from the line to the layer and back', async () => {
    await workbench.openFile(script);
    await lensOf('conv2').locator('a').first().click();
    const inspector = new Inspector(workbench);
    const layer = inspector.layer('conv2');
    await layer.waitFor({ timeout: 30_000 });
    await layer.getByRole('button', { name: /train_digits\.py:\d+/ }).click();
    await expect.poll(() => workbench.cursorLine(), { timeout: 20_000 }).toContain('self.conv2');
  });

  it('adds weight decay from the lightbulb, once, and one undo takes it back', async () => {
    const before = workbench.read(script);
    await workbench.openFile(script);
    await lensOf('conv2').waitFor({ timeout: 60_000 });
    await workbench.goTo(/optim\.Adam\(/);
    const titles = await workbench.codeActions();
    const title = titles.find((one) => /^Add weight decay/.test(one));
    expect(titles, 'the lightbulb').toContain(title);
    await workbench.chooseCodeAction(title ?? '');
    await workbench.save();
    await workbench.waitForDisk(script, /weight_decay/);
    const after = workbench.read(script);
    expect(after).toMatch(/AdamW\(/);

    await workbench.goTo(/optim\.AdamW\(/);
    expect((await workbench.codeActions()).filter((one) => /^Add weight decay/.test(one))).toEqual(
      [],
    );
    await workbench.page.keyboard.press('Escape');
    await workbench.page.keyboard.press('ControlOrMeta+z');
    await workbench.save();
    await expect.poll(() => workbench.read(script)).toBe(before);
  });

  it('shows the change before it is made when it is asked for from a layer', async () => {
    await workbench.openFile(script);
    await workbench.openFile('pytorch/checkpoints/digits-epoch10.pt');
    const inspector = new Inspector(workbench);
    await inspector.finished();
    await inspector.ungroup();
    await inspector.row('conv2').click();
    const layer = inspector.layer('conv2');
    await layer.getByRole('button', { name: 'Add regularizer' }).click();
    await inspector.frame.getByRole('menuitem', { name: /weight decay/i }).click();
    await workbench.page.getByText('Refactor Preview').first().waitFor();
    await workbench.page.getByRole('button', { name: 'Apply' }).first().click();
    await workbench.openFile(script);
    await workbench.save();
    await workbench.waitForDisk(script, /weight_decay/);
  });
});
