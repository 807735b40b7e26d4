import { describe, expect, it } from 'vitest';

import type { Checkpoint } from '../core/checkpoint';
import { FormatError } from '../core/errors';
import type { Tensor, TensorData } from '../core/tensor';
import { typescriptKernels } from '../kernels';
import { CheckpointAnalysis, type AnalysisOptions } from './checkpointAnalysis';
import { localMeasurer } from './localMeasurer';
import { MeasurerLost, ownThread, type Measurer } from './measurer';

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

describe('several measurers', () => {
  const options = { kernels: typescriptKernels, now: () => 0, isStopped: () => false };

  it('give the same report as one', async () => {
    const own = checkpoint(...network());
    const one = analysis(network());
    await one.run();
    const local = localMeasurer(own, options);
    const several = analysis(network(), {
      pool: { start: () => Promise.resolve([local, local, local]), end: () => undefined },
    });
    await several.run();
    expect(several.report()).toEqual(one.report());
  });

  it('form the Gram matrix of a very tall layer together', async () => {
    const tensors = [f32('embed_tokens.weight', [9001, 12], values(9001 * 12, 1))];
    const one = analysis(tensors);
    await one.run();
    const parts: string[] = [];
    const pool = [0, 1, 2].map((): Measurer => {
      const local = localMeasurer(checkpoint(...tensors), options);
      return {
        ...local,
        gramPart: (layer, part) => {
          parts.push(`${part.first} to ${part.end}`);
          return local.gramPart(layer, part);
        },
      };
    });
    const several = analysis(tensors, {
      pool: { start: () => Promise.resolve(pool), end: () => undefined },
    });
    await several.run();
    const ranges = ['0 to 3001', '3001 to 6002', '6002 to 9001'];
    expect(parts).toEqual([...ranges, ...ranges]);
    const [wanted, got] = [one, several].map((run) => run.report().layers[0]?.metrics ?? {});
    for (const id of ['sigma1', 'nuclear', 'so', 'cos.rms']) {
      expect(Number(got?.[id]) / Number(wanted?.[id])).toBeCloseTo(1, 12);
    }
  });

  it('go on without one that is lost, and say what it had in hand', async () => {
    const local = localMeasurer(checkpoint(...network()), options);
    const lost: Measurer = {
      ...local,
      statistics: () => Promise.reject(new MeasurerLost('the measuring thread ended with code 1')),
    };
    const run = analysis(network(), {
      pool: { start: () => Promise.resolve([lost, local]), end: () => undefined },
    });
    await run.run();
    const report = run.report();
    expect(run.currentProgress.phase).toBe('done');
    expect(report.layers.filter(({ metrics }) => metrics['l2'] !== undefined)).toHaveLength(2);
    expect(report.layers[0]?.missing).toEqual([
      { family: 'spectrum', reason: 'the measuring thread ended with code 1' },
    ]);
  });

  it('are not handed a tensor that ended another', async () => {
    const local = localMeasurer(checkpoint(...network()), options);
    const asked: number[] = [];
    const reason = 'the measuring thread did not answer for 60 s and was ended';
    const lost: Measurer = {
      ...local,
      tensor: (index) => {
        asked.push(index);
        return Promise.reject(new MeasurerLost(reason));
      },
    };
    const run = analysis(network(), {
      pool: { start: () => Promise.resolve([lost, local]), end: () => undefined },
    });
    await run.run();
    expect(asked.length).toBeLessThanOrEqual(1);
    for (const index of asked) {
      const name = network()[index]?.name ?? '';
      expect(run.report().skipped).toContainEqual({ name, reason });
    }
    const alone = analysis(network(), {
      pool: { start: () => Promise.resolve([lost]), end: () => undefined },
    });
    await expect(alone.run()).rejects.toThrow(reason);
    expect(alone.report().skipped).toContainEqual({ name: 'fc1.bias', reason });
  });

  it('are given nothing while the analysis is paused', async () => {
    const run = analysis(network());
    run.pause();
    const running = run.run();
    await run.detail(0);
    expect(run.report().layers.map(({ state }) => state)).toEqual([
      'streamed',
      'pending',
      'pending',
    ]);
    run.resume();
    await running;
    expect(run.currentProgress.phase).toBe('done');
  });
});

describe('a snapshot', () => {
  it('is taken up where the checkpoint is the same', async () => {
    const first = analysis(network());
    await first.run();
    const snapshot: unknown = JSON.parse(JSON.stringify(first.snapshot()));
    const second = analysis(network());
    second.restore(snapshot);
    expect(second.report()).toEqual(first.report());
    await second.run();
    expect(second.currentProgress).toMatchObject({ phase: 'done', done: 7, total: 7 });
    expect((await second.detail(0)).histogram.counts).toEqual(
      (await first.detail(0)).histogram.counts,
    );
  });

  it('measures what was left out, and nothing else', async () => {
    const first = analysis(network(), { budgetSeconds: 0 });
    await first.run();
    const measured: string[] = [];
    const second = analysis(network(), { onRow: ({ name }) => measured.push(name) });
    second.restore(JSON.parse(JSON.stringify(first.snapshot())));
    await second.run();
    expect(measured).toEqual(['fc2', 'fc1']);
    expect(second.report().layers[0]?.metrics['sigma1']).toBeGreaterThan(0);
  });

  it.each([
    ['nothing', undefined],
    ['text', 'measured'],
    ['another version', { version: 0, layers: [], tensors: {} }],
    ['fewer layers', { version: 1, layers: [], tensors: {} }],
    ['layers that are none', { version: 1, layers: [1, 2, 3], tensors: {} }],
    [
      'other layers',
      {
        version: 1,
        layers: Array(3).fill({ report: { tensor: 'other', shape: [1] }, pairs: [] }),
        tensors: {},
      },
    ],
  ])('is passed over where it is %s', (_, snapshot) => {
    const run = analysis(network());
    run.restore(snapshot);
    expect(run.report().layers.map(({ state }) => state)).toEqual([
      'pending',
      'pending',
      'pending',
    ]);
  });
});

describe('what a recurrent layer and a convolution have beside', () => {
  it('measures gates and the bias of the forget gate', async () => {
    const bias = new Float32Array(32);
    bias.fill(1, 8, 16);
    const run = analysis([
      f32('lstm.weight_ih_l0', [32, 5], values(160, 1)),
      f32('lstm.weight_hh_l0', [32, 8], values(256, 2)),
      f32('lstm.bias_ih_l0', [32], bias),
      f32('lstm.bias_hh_l0', [32], new Float32Array(32)),
    ]);
    await run.run();
    const layer = run.report().layers.find(({ role }) => role === 'recurrent');
    expect(layer?.metrics['recurrent.rho']).toBeGreaterThan(0);
    expect(layer?.metrics['forget.mean']).toBeCloseTo(1 / (1 + Math.exp(-1)), 12);
  });

  it('measures the norm of a convolution as an operator when it is asked for', async () => {
    const run = analysis([f32('conv.weight', [4, 3, 3, 3], values(108, 3))]);
    await run.run();
    expect(run.report().layers[0]?.metrics['conv.sigma1_fft']).toBeUndefined();
    await run.measureNow(0);
    const metrics = run.report().layers[0]?.metrics;
    expect(metrics?.['conv.sigma1_fft']).toBeGreaterThan(Number(metrics?.['sigma1']));
    expect(metrics?.['conv.sigma1_fft']).toBeLessThanOrEqual(
      Number(metrics?.['conv.sigma1_upper']),
    );
  });
});
