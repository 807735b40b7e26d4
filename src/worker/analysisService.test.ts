import { cpSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { typescriptKernels } from '../kernels';
import type { WorkerApi } from '../protocol/workerApi';
import { analysisService } from './analysisService';

const folder = mkdtempSync(join(tmpdir(), 'reglens-service-'));
afterAll(() => rmSync(folder, { recursive: true }));

const examples = join(__dirname, '../../examples/pytorch/checkpoints');
const files = ['03', '06'].map((epoch) => {
  const file = join(folder, `epoch${epoch}.safetensors`);
  cpSync(join(examples, `digits-l1-epoch${epoch}.safetensors`), file);
  return file;
});
const plan = { maxSpectrumSide: 4096, budgetSeconds: 600 };

function service(): WorkerApi {
  return analysisService(
    { progressed: () => Promise.resolve(), rowsChanged: () => Promise.resolve() },
    {
      kernels: Promise.resolve({ kernels: typescriptKernels, describe: () => 'plain TypeScript' }),
      stopFlag: new Int32Array(new SharedArrayBuffer(4)),
      threads: undefined,
      cache: { folder: join(folder, 'results'), maxBytes: 2 ** 24, version: 'test' },
    },
  );
}

describe('results that were kept', () => {
  it('are all there when a checkpoint is opened again, one checkpoint after the other', async () => {
    const measured = [];
    for (const path of files) {
      const first = service();
      const { progress } = await first.open({ kind: 'path', path }, plan);
      expect(progress.done).toBe(0);
      await first.analyse();
      measured.push({ rows: await first.rows(0, 200), findings: await first.findings() });
    }
    const again = service();
    for (const [index, path] of files.entries()) {
      const { progress } = await again.open({ kind: 'path', path }, plan);
      expect(progress.done).toBe(progress.total);
      expect({ rows: await again.rows(0, 200), findings: await again.findings() }).toEqual(
        measured[index],
      );
    }
  });

  it('are none of a file that was written anew, nor of one that cannot be read', async () => {
    const [path = ''] = files;
    const again = service();
    await again.open({ kind: 'path', path }, plan);
    await expect(
      again.open({ kind: 'path', path: join(folder, 'nowhere.safetensors') }, plan),
    ).rejects.toThrow('ENOENT');
    utimesSync(path, 1000, 1000);
    const { progress } = await again.open({ kind: 'path', path }, plan);
    expect(progress.done).toBe(0);
  });
});
