import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { fixturesOf } from '../../../test/support/formatFixtures';
import type { Comparison, LayerPair } from '../../core/comparison';
import { typescriptKernels } from '../../kernels';
import type { CompareOverview, PairRow } from '../../protocol/compareApi';
import { compareService } from '../../worker/compareService';

const { folder } = fixturesOf('compare');

interface Golden {
  readonly frobenius: number;
  readonly relative: number;
  readonly cosine: number;
  readonly largest: number;
  readonly changedCount: number;
  readonly newZeros: number;
  readonly zerosGone: number;
  readonly singularValues?: readonly number[];
  readonly effectiveRank?: number;
  readonly energy?: readonly [number, number, number];
}

const golden = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8')) as Record<
  string,
  Golden
>;

const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closing) await close();
});

async function service(a: string, b: string, { stopFlag = newFlag(), budgetSeconds = 60 } = {}) {
  const seen = { overviews: [] as CompareOverview[], rows: new Map<number, PairRow>() };
  const api = compareService(
    {
      progressed: (overview) => {
        seen.overviews.push(overview);
        return Promise.resolve();
      },
      rowsChanged: (rows) => {
        for (const row of rows) seen.rows.set(row.index, row);
        return Promise.resolve();
      },
    },
    {
      kernels: Promise.resolve({
        kernels: typescriptKernels,
        describe: () => 'plain TypeScript',
      }),
      stopFlag,
      threads: undefined,
    },
  );
  closing.push(() => api.close());
  const [one, other] = [a, b].map((name) => ({ kind: 'path', path: join(folder, name) }) as const);
  const overview = await api.open(one!, other!, { maxSpectrumSide: 4096, budgetSeconds });
  return { api, seen, overview };
}

function newFlag(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4));
}

async function compared(a: string, b: string): Promise<Comparison> {
  const { api } = await service(a, b);
  await api.compare();
  return await api.comparison();
}

/** Pairs by the name of B's weight. */
const find = ({ pairs }: Comparison, tensor: string): LayerPair =>
  pairs.find(({ b }) => b.tensor === tensor)!;

function expectGolden({ change, changeSpectrum }: LayerPair, expected: Golden): void {
  // f32 weights: differences are formed exactly; the spectrum of ΔW keeps them in f32.
  for (const id of ['frobenius', 'relative', 'cosine', 'largest'] as const) {
    expect(change?.[id], id).toBeCloseTo(expected[id], 12);
  }
  for (const id of ['changedCount', 'newZeros', 'zerosGone'] as const) {
    expect(change?.[id], id).toBe(expected[id]);
  }
  const { singularValues: sigma, effectiveRank = 0, energy = [0, 0, 0] } = expected;
  if (!sigma) return;
  expect(changeSpectrum?.count).toBe(sigma.length);
  for (const [index, value] of (changeSpectrum?.singularValues ?? []).entries()) {
    // The Gram matrix squares: values below 2e-8 of the largest hold no digit.
    expect(Math.abs(value - sigma[index]!)).toBeLessThan(1e-7 * sigma[0]!);
  }
  expect(Math.abs(changeSpectrum!.effectiveRank / effectiveRank - 1)).toBeLessThan(1e-5);
  expect(changeSpectrum?.energy.top1).toBeCloseTo(energy[0], 6);
  expect(changeSpectrum?.energy.top4).toBeCloseTo(energy[1], 6);
  expect(changeSpectrum?.energy.top16).toBeCloseTo(energy[2], 6);
}

describe('comparing two moments of a training', () => {
  it.each([
    ['a.safetensors', 'b.safetensors', 'name', ''],
    ['a.pt', 'b.pt', 'name', ''],
    ['a.pt', 'b.safetensors', 'name', ''],
    ['a.safetensors', 'sharded.safetensors.index.json', 'name', ''],
    ['a.pt', 'wrapped.safetensors', 'normalised-name', '_orig_mod.module.'],
    ['a.pt', 'prefixed.safetensors', 'renamed-prefix', 'net.backbone.'],
    ['a.safetensors', 'transposed.safetensors', 'name', ''],
  ])('%s and %s: every layer by its %s, with the figures of NumPy', async (a, b, by, prefix) => {
    const comparison = await compared(a, b);
    expect(comparison.unmatched).toEqual({ a: [], b: [] });
    expect(comparison.pairs).toHaveLength(6);
    for (const pair of comparison.pairs) {
      expect(pair.match.by).toBe(by);
      expect(pair.b.tensor).toBe(prefix + pair.a.tensor);
      expectGolden(pair, golden[pair.a.tensor]!);
      for (const { a: name, change } of pair.companions) {
        expect(change.frobenius).toBeCloseTo(golden[name]!.frobenius, 12);
      }
    }
    const names = comparison.pairs.flatMap(({ a: layer, companions }) => [
      layer.tensor,
      ...companions.map((one) => one.a),
    ]);
    expect(names.sort()).toEqual(
      Object.keys(golden)
        .filter((name) => !name.includes('['))
        .sort(),
    );
  });

  it('reads a weight the other way round where its shape says so', async () => {
    const comparison = await compared('a.safetensors', 'transposed.safetensors');
    const turned = comparison.pairs.filter(({ match }) => match.isTransposed);
    expect(turned.map(({ b }) => [b.name, b.shape])).toEqual([
      ['fc1', [64, 12]],
      ['out', [12, 3]],
    ]);
  });

  it('tells layers apart by their weights where names and order say nothing', async () => {
    const comparison = await compared('b.safetensors', 'opaque.safetensors');
    const names = new Map(comparison.pairs.map(({ a, b }) => [a.name, b.name]));
    expect(Object.fromEntries(names)).toEqual({
      'features.0': 't',
      'features.1': 'u',
      fc1: 'q',
      fc2: 's',
      fc3: 'p',
      out: 'r',
    });
    expect(find(comparison, 's.weight').match).toMatchObject({ by: 'weights', confidence: 0.95 });
    expect(find(comparison, 'r.weight').match).toMatchObject({ by: 'shape-and-order' });
    expect(comparison.notices[0]?.message).toContain('matched by shape and order alone');
    expect(comparison.totals).toMatchObject({ identicalCount: 6, changedCount: 0, frobenius: 0 });
  });

  it('compares Keras with TF.js, and Keras (in, out) with PyTorch (out, in)', async () => {
    const same = await compared('a.keras', 'b-tfjs/model.json');
    expect(same.pairs.map(({ b, match }) => [b.name, match.by])).toEqual([
      ['conv', 'name'],
      ['widen', 'name'],
      ['fc2', 'name'],
      ['out', 'name'],
    ]);
    const torch = await compared('a.keras', 'part.safetensors');
    const nameOf = (index: number): string => torch.pairs[index]!.a.name;
    const weights: Record<string, string> = {
      conv: 'features.0.weight',
      fc2: 'fc2.weight',
      out: 'out.weight',
      widen: 'fc1.weight[:, :4]',
    };
    expect(torch.pairs.map((_, index) => nameOf(index)).sort()).toEqual(
      Object.keys(weights).sort(),
    );
    for (const comparison of [same, torch]) {
      for (const pair of comparison.pairs) expectGolden(pair, golden[weights[pair.a.name]!]!);
    }
    expect(torch.notices.some(({ message }) => message.includes('flattened'))).toBe(true);
  });

  it('lists what was added and removed, and compares the metrics of what was resized', async () => {
    const comparison = await compared('b.safetensors', 'changed.safetensors');
    expect(comparison.unmatched.a.map(({ name }) => name)).toEqual(['fc2']);
    expect(comparison.unmatched.b.map(({ name }) => name)).toEqual(['extra']);
    const out = find(comparison, 'out.weight');
    expect(out.change).toBeUndefined();
    expect(out.missing).toContainEqual({
      part: 'change',
      reason: 'shape 3 × 12 in A, 5 × 12 in B',
    });
    expect(out.metrics['row.zero']).toEqual({ a: 0, b: 2 });
    expect(comparison.totals).toMatchObject({ pairCount: 5, comparedCount: 4, unmatchedA: 1 });
  });

  it('says that nothing has changed', async () => {
    const comparison = await compared('b.pt', 'b.safetensors');
    expect(comparison.totals).toMatchObject({ identicalCount: 6, relative: 0, newZeros: 0 });
    expect(find(comparison, 'fc1.weight')).toMatchObject({
      change: { frobenius: 0, largest: 0, changedFraction: 0 },
      missing: [{ part: 'spectrum', reason: 'no element has changed' }],
    });
  });

  it('counts NaN and infinities, and keeps them out of the norms', async () => {
    const fc1 = find(await compared('b.safetensors', 'nan.safetensors'), 'fc1.weight');
    expect(fc1.change).toMatchObject({
      nonFinite: { a: 0, b: 2 },
      changedCount: 2,
      frobenius: 0,
      newZeros: 0,
    });
    expect(fc1.missing).toEqual([
      { part: 'spectrum', reason: '0 elements of A and 2 of B are not finite' },
    ]);
  });

  it('is plain JSON, and names the layer that changed most', async () => {
    const comparison = await compared('a.safetensors', 'b.safetensors');
    expect(JSON.parse(JSON.stringify(comparison))).toEqual(comparison);
    expect(comparison.totals.largestRelative).toEqual({
      layer: 'out',
      value: expect.closeTo(golden['out.weight']!.relative, 12),
    });
    expect(find(comparison, 'fc1.weight').metrics['zero.frac']?.a).toBe(0);
    expect(find(comparison, 'fc1.weight').metrics['zero.frac']?.b).toBeGreaterThan(0.3);
  });
});

describe('the service', () => {
  it('tells its progress and its rows, and draws a pair', async () => {
    const { api, seen, overview } = await service('a.safetensors', 'b.safetensors');
    expect(overview).toMatchObject({ progress: { phase: 'changes', done: 0 } });
    expect((await api.rows(0, 200)).map(({ state }) => state)).toEqual(Array(6).fill('pending'));
    await api.compare();
    const { progress } = seen.overviews.at(-1)!;
    expect(progress).toEqual({ phase: 'done', done: progress.total, total: progress.total });
    expect([...seen.rows.keys()].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    const rows = await api.rows(0, 200);
    expect(seen.rows.get(2)).toEqual(rows[2]);
    const index = rows.findIndex(({ b }) => b.name === 'fc1');
    const detail = await api.detail(index);
    expect(detail.cosines.a).toMatchObject({ size: 12, filterCount: 12 });
    expect(detail.cosines.b?.values).toHaveLength(144);
    expect(detail.spectra).toMatchObject({
      a: { count: 12 },
      b: { count: 12 },
      change: { count: 12 },
    });
    expect(detail.absent).toEqual({});
    const frozen = await api.detail(rows.findIndex(({ b }) => b.name === 'fc3'));
    expect(frozen.absent).toEqual({ 'spectra.change': 'no element has changed' });
    expect(await api.findings()).toEqual((await api.comparison()).findings);
    await expect(api.detail(99)).rejects.toThrow('No pair 99');
  });

  it('stops and goes on', async () => {
    const stopFlag = newFlag();
    const { api, seen } = await service('a.safetensors', 'b.safetensors', { stopFlag });
    Atomics.store(stopFlag, 0, 1);
    await api.compare();
    expect(seen.overviews.at(-1)?.progress).toMatchObject({ phase: 'cancelled', done: 0 });
    Atomics.store(stopFlag, 0, 0);
    await api.compare();
    expect((await api.comparison()).totals).toMatchObject({ comparedCount: 6 });
  });

  it('leaves spectra out when the budget is spent, and says so', async () => {
    const { api } = await service('a.safetensors', 'b.safetensors', { budgetSeconds: 0 });
    await api.compare();
    const { pairs } = await api.comparison();
    expect(pairs.every(({ change }) => change !== undefined)).toBe(true);
    expect(find({ pairs } as Comparison, 'fc1.weight').missing[0]?.reason).toMatch(
      /^left out: about/,
    );
  });

  it('says which of the two files is at fault', async () => {
    await expect(service('a.safetensors', 'make_compare.py')).rejects.toThrow(
      'make_compare.py (B): ',
    );
    await expect(service('none.pt', 'a.pt')).rejects.toThrow('ENOENT');
  });
});
