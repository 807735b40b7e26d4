import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import type { FrameLocator, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { root } from '../../scripts/lib/paths.mjs';
import { until } from './harness/until';
import { Workbench } from './harness/workbench';
import { workspaceOf } from './harness/workspace';

const epochs = ['03', '06', '09', '12'].map((epoch) =>
  fs.readFileSync(
    path.join(root, 'examples/pytorch/checkpoints', `digits-l1-epoch${epoch}.safetensors`),
  ),
);
const checkpoint = (index: number): Buffer => epochs[index % epochs.length] ?? Buffer.alloc(0);
const nameOf = (epoch: number): string => `run/epoch_${epoch}.safetensors`;
let folder: string;
let workbench: Workbench;

beforeAll(async () => {
  folder = workspaceOf('runs', {
    [nameOf(1)]: checkpoint(0),
    [nameOf(2)]: checkpoint(1),
    'train.py': 'import torch\nfrom torch import nn\n\nfc = nn.Linear(4, 2)\n',
  });
  workbench = await Workbench.open(folder, { width: 1600 });
  // A script wakes the extension, which then finds the run.
  await workbench.openFile('train.py');
});

afterAll(async () => {
  await workbench.close();
});

const inFolder = (epoch: number): string => path.join(folder, nameOf(epoch));
const view = (): Locator => workbench.page.getByRole('button', { name: 'RegLens Runs Section' });
const page = (): FrameLocator => workbench.webview();
const slider = (): Locator => page().getByRole('slider', { name: 'Checkpoint' });
/** Waits until the page shows an epoch by itself. */
const shown = (epoch: number): Promise<void> =>
  until(
    `epoch ${epoch} is in the series`,
    async () =>
      (await slider().count()) > 0 &&
      (await slider().getAttribute('aria-valuetext')) === `epoch ${epoch}`,
    60_000,
  );
const unreadable = (): Promise<number> => page().getByText('unreadable').count();

describe('a run over time', () => {
  it('lists the run in the side bar and opens its series', async () => {
    await view().waitFor({ timeout: 60_000 });
    await workbench.command('RegLens: Show Series of a Run');
    await shown(2);
  });

  it('shows a checkpoint that is written slowly once it is whole', async () => {
    const bytes = checkpoint(2);
    const file = fs.openSync(inFolder(3), 'w');
    const parts = 6;
    const size = Math.ceil(bytes.length / parts);
    for (let part = 0; part < parts; part++) {
      fs.writeSync(file, bytes, part * size, Math.min(size, bytes.length - part * size));
      await pause(250);
    }
    fs.closeSync(file);
    await shown(3);
    expect(await unreadable()).toBe(0);
  });

  it('shows one that is renamed into place', async () => {
    const temporary = path.join(folder, 'run', 'epoch_4.safetensors.tmp');
    fs.writeFileSync(temporary, checkpoint(3));
    fs.renameSync(temporary, inFolder(4));
    await shown(4);
  });

  it('waits for the rest of one that stops in the middle, and calls it no error', async () => {
    const bytes = checkpoint(1);
    fs.writeFileSync(inFolder(5), bytes.subarray(0, bytes.length >> 1));
    // Long enough to be taken for whole, and found to be half.
    await pause(2500);
    expect(await unreadable()).toBe(0);
    expect(await workbench.notifications().count()).toBe(0);
    fs.appendFileSync(inFolder(5), bytes.subarray(bytes.length >> 1));
    await shown(5);
    expect(await unreadable()).toBe(0);
  });

  it('tells of weights that are no numbers, once', async () => {
    const bytes = Buffer.from(checkpoint(2));
    const dataAt = 8 + Number(bytes.readBigUInt64LE(0));
    bytes.fill(Buffer.from([0, 0, 0xc0, 0x7f]), dataAt);
    fs.writeFileSync(inFolder(6), bytes);
    const notice = workbench.notifications().filter({ hasText: /NaN weights/ });
    await notice.first().waitFor({ timeout: 60_000 });
    fs.writeFileSync(inFolder(7), bytes);
    await shown(7);
    expect(await notice.count()).toBe(1);
  });

  it('comes back with the window', async () => {
    await workbench.reload();
    await shown(7);
  });
});
