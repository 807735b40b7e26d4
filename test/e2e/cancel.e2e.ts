import { afterAll, beforeAll, expect, it } from 'vitest';

import { Inspector } from './harness/inspector';
import { Workbench } from './harness/workbench';
import { workspaceOf } from './harness/workspace';

let workbench: Workbench;

/** Square layers of pseudo-random weights, enough of them that measuring takes many seconds. */
function slowCheckpoint(layerCount: number, side: number): Uint8Array {
  const byteLength = side * side * 4;
  const header = JSON.stringify(
    Object.fromEntries(
      Array.from({ length: layerCount }, (_, index) => [
        `layer${index}.weight`,
        {
          dtype: 'F32',
          shape: [side, side],
          data_offsets: [index * byteLength, (index + 1) * byteLength],
        },
      ]),
    ),
  );
  const padded = header.padEnd(Math.ceil(header.length / 8) * 8, ' ');
  const bytes = new Uint8Array(8 + padded.length + layerCount * byteLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded.length), true);
  bytes.set(new TextEncoder().encode(padded), 8);
  const weights = new Float32Array(bytes.buffer, 8 + padded.length);
  let seed = 1;
  for (let i = 0; i < weights.length; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    weights[i] = seed / 2 ** 32 - 0.5;
  }
  return bytes;
}

beforeAll(async () => {
  const folder = workspaceOf('cancel', {
    'slow.safetensors': slowCheckpoint(48, 512),
    'slower.safetensors': slowCheckpoint(64, 768),
    'notes.txt': 'Something else to look at.\n',
  });
  workbench = await Workbench.open(folder);
});

afterAll(async () => {
  await workbench.close();
});

it('cancels the analysis, keeps what is measured and takes it up again', async () => {
  await workbench.openFile('slow.safetensors');
  const { frame } = new Inspector(workbench);
  await frame.getByRole('button', { name: 'Cancel the analysis' }).click();
  const cancelled = frame.getByText(/^Cancelled at \d+ of \d+/);
  await cancelled.waitFor();
  const at = await cancelled.textContent();
  await frame.getByRole('progressbar', { name: 'Analysis' }).waitFor({ state: 'detached' });

  await frame.getByRole('button', { name: 'Resume' }).click();
  const bar = frame.getByRole('progressbar', { name: 'Analysis' });
  const doneBefore = Number(/at (\d+)/.exec(at ?? '')?.[1]);
  await expect
    .poll(async () => Number(await bar.getAttribute('aria-valuenow')), { timeout: 60_000 })
    .toBeGreaterThan(doneBefore);
});

it('pauses while nobody looks, and goes on by itself', async () => {
  await workbench.openFile('slower.safetensors');
  const { frame } = new Inspector(workbench);
  const bar = frame.getByRole('progressbar', { name: 'Analysis' });
  const done = async (): Promise<number> =>
    (await bar.count()) > 0 ? Number(await bar.getAttribute('aria-valuenow')) : NaN;
  // All weights are read, and the first of the spectra are there.
  await expect.poll(done, { timeout: 60_000 }).toBeGreaterThan(66);
  const before = await done();
  await workbench.openFile('notes.txt');
  await new Promise((resolve) => setTimeout(resolve, 15_000));
  await workbench.tab('slower.safetensors').click();
  await expect.poll(done, { timeout: 30_000 }).toBeGreaterThan(0);
  const after = await done();
  // Steps that were under way have ended, and a few began before the page was drawn again; in all that time there would be many more.
  expect(after - before).toBeLessThan(16);
  await expect.poll(done, { timeout: 60_000 }).toBeGreaterThan(after);
}, 180_000);
