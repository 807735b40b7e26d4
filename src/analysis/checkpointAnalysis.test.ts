import { describe, expect, it } from 'vitest';

import type { Checkpoint } from '../core/checkpoint';
import { FormatError } from '../core/errors';
import type { Tensor, TensorData } from '../core/tensor';
import { typescriptKernels } from '../kernels';
import { CheckpointAnalysis, type AnalysisOptions } from './checkpointAnalysis';
import { localMeasurer } from './localMeasurer';
import { ownThread } from './measurer';

/** Deterministic values in (−1, 1), the same for every run. */
function values(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

const dataOf = (numbers: Float32Array): TensorData => ({
  read: (start, end) => Promise.resolve(new Uint8Array(numbers.slice(start, end).buffer)),
});

const f32 = (name: string, shape: readonly number[], numbers: Float32Array): Tensor => ({
  name,
  shape,
  dtype: 'f32',
  data: dataOf(numbers),
});

const broken: Tensor = {
  ...f32('broken.weight', [8, 8], new Float32Array()),
  data: {
    read: () => Promise.reject(new FormatError('safetensors', '"broken.weight" ends early')),
  },
};

function checkpoint(...tensors: readonly Tensor[]): Checkpoint {
  return {
    format: 'safetensors',
    description: 'safetensors',
    framework: 'pytorch',
    files: [{ name: 'model.safetensors', byteLength: 1000 }],
    tensors,
    skipped: [{ name: 'packed', reason: 'F4 is not read' }],
    optimizers: [],
    recorded: {},
    notices: [],
  };
}

const network = (): Tensor[] => [
  f32('fc1.weight', [64, 32], values(64 * 32, 1)),
  f32('fc1.bias', [64], values(64, 2)),
  f32('bn.weight', [64], values(64, 3)),
  f32('fc2.weight', [10, 64], values(640, 4)),
];

interface Options extends Partial<AnalysisOptions> {
  readonly isStopped?: () => boolean;
}

function analysis(tensors: readonly Tensor[], options: Options = {}): CheckpointAnalysis {
  const isStopped = options.isStopped ?? (() => false);
  const own = checkpoint(...tensors);
  const kernels = { kernels: typescriptKernels, now: () => 0 };
  return new CheckpointAnalysis(own, {
    name: 'model.safetensors',
    choice: { kernels: typescriptKernels, describe: () => 'plain TypeScript' },
    local: localMeasurer(own, { ...kernels, isStopped: () => false }),
    pool: ownThread(localMeasurer(own, { ...kernels, isStopped })),
    maxSpectrumSide: 4096,
    budgetSeconds: 60,
    ...options,
    isStopped,
  });
}

describe('measuring a checkpoint', () => {
  it('measures every layer and reports plain JSON', async () => {
    const run = analysis(network());
    expect(run.report().layers.map(({ state }) => state)).toEqual([
      'pending',
      'pending',
      'pending',
    ]);
    await run.run();
    const report = run.report();
    expect(report.layers.map(({ name, state, view }) => [name, state, view])).toEqual([
      ['fc1', 'done', [64, 32]],
      ['bn', 'done', undefined],
      ['fc2', 'done', [10, 64]],
    ]);
    const [fc1] = report.layers;
    expect(fc1?.metrics['singular_values']).toHaveLength(32);
    expect(fc1?.metrics['zero.frac']).toBe(0);
    expect(fc1?.baselines['OI_row']).toBe(1);
    expect(report.tensors.find(({ name }) => name === 'fc1.bias')?.metrics?.['l2']).toBeGreaterThan(
      0,
    );
    expect(report.skipped).toEqual([{ name: 'packed', reason: 'F4 is not read' }]);
    expect(report.totals).toMatchObject({ tensorCount: 4, parameterCount: 2048 + 64 + 64 + 640 });
    expect(run.overview().progress).toMatchObject({ phase: 'done', done: 7, total: 7 });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(JSON.stringify(report)).not.toContain('null');
  });

  it('says why a tensor could not be read, and measures the others', async () => {
    const run = analysis([broken, ...network()]);
    await run.run();
    const report = run.report();
    expect(report.layers[0]).toMatchObject({
      name: 'broken',
      state: 'done',
      missing: [{ family: 'integrity', reason: 'safetensors: "broken.weight" ends early' }],
    });
    expect(report.layers[1]?.metrics['sigma1']).toBeGreaterThan(0);
    expect(report.skipped).toContainEqual({
      name: 'broken.weight',
      reason: 'safetensors: "broken.weight" ends early',
    });
  });

  it('stops, keeps what it has, and goes on from there', async () => {
    let steps = 0;
    const run = analysis(network(), { isStopped: () => ++steps > 2 });
    await run.run();
    expect(run.overview().progress.phase).toBe('cancelled');
    const before = run.report().layers.map(({ state }) => state);
    expect(before).toContain('pending');
    steps = -Infinity;
    await run.run();
    expect(run.report().layers.map(({ state }) => state)).toEqual(['done', 'done', 'done']);
  });

  it('leaves out what the budget or the limit forbids, says so, and measures it when asked', async () => {
    for (const options of [{ budgetSeconds: 0 }, { maxSpectrumSide: 4 }]) {
      const run = analysis(network(), options);
      await run.run();
      const [fc1] = run.report().layers;
      expect(fc1?.state).toBe('done');
      expect(fc1?.metrics['l2']).toBeGreaterThan(0);
      expect(fc1?.metrics['sigma1']).toBeUndefined();
      expect(fc1?.missing.find(({ family }) => family === 'spectrum')?.reason).toMatch(
        /^left out: /,
      );
      await run.measureNow(0);
      const [measured] = run.report().layers;
      expect(measured?.metrics['sigma1']).toBeGreaterThan(0);
      expect(measured?.missing.some(({ reason }) => reason.startsWith('left out'))).toBe(false);
    }
  });

  it('measures the layer that is looked at first, then the smallest', async () => {
    const order: string[] = [];
    const run = analysis(network(), {
      onRow: ({ name, state }) => {
        if (state === 'done') order.push(name);
      },
    });
    await run.detail(0);
    await run.run();
    expect(order).toEqual(['fc1', 'bn', 'fc2']);
  });

  it('refuses a layer that does not exist', async () => {
    await expect(analysis(network()).detail(99)).rejects.toThrow('No layer 99: there are 3');
    await expect(analysis(network()).detail(-1)).rejects.toThrow(RangeError);
  });
});

describe('the detail of a layer', () => {
  it('has what the charts draw', async () => {
    const run = analysis(network());
    await run.run();
    const detail = await run.detail(0);
    expect(detail.histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(2048);
    expect(detail.histogram.logCounts.reduce((sum, count) => sum + count, 0)).toBe(2048);
    expect(detail.arrays['singular_values']).toHaveLength(32);
    expect(detail.cosines).toMatchObject({ size: 64, filterCount: 64 });
    expect(detail.cosines?.values[0]).toBeCloseTo(1, 6);
    expect(detail.zeros).toMatchObject({ rows: 64, columns: 32, height: 64, width: 32 });
    expect(detail.pairs.length).toBeGreaterThan(0);
    expect(detail.absent).toEqual({});
  });

  it('says of a vector what it cannot have', async () => {
    const run = analysis(network());
    await run.run();
    const detail = await run.detail(1);
    expect(detail.histogram.counts.length).toBeGreaterThan(0);
    expect(Object.keys(detail.absent).sort()).toEqual([
      'cosines',
      'norms',
      'pairs',
      'spectrum',
      'zeros',
    ]);
    expect(detail.absent['cosines']).toContain('has no filters');
  });

  it('shows where the zeros are', async () => {
    const numbers = values(300 * 20, 5);
    numbers.fill(0, 0, 20 * 150);
    const run = analysis([f32('fc.weight', [300, 20], numbers)]);
    const { zeros } = await run.detail(0);
    expect(zeros).toMatchObject({ height: 256, width: 20 });
    expect(zeros?.zeroFractions[0]).toBe(1);
    expect(zeros?.zeroFractions.at(-1)).toBe(0);
    expect(zeros?.rms[0]).toBe(0);
  });
});
