import { afterAll, beforeAll, expect, it } from 'vitest';

import { Inspector } from './harness/inspector';
import { Workbench } from './harness/workbench';
import { workspaceOf } from './harness/workspace';

const layerCount = 48;
const side = 512;

let workbench: Workbench;

/** Square layers of pseudo-random weights, enough of them that measuring takes many seconds. */
function slowCheckpoint(): Uint8Array {
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
  const folder = workspaceOf('cancel', { 'slow.safetensors': slowCheckpoint() });
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
