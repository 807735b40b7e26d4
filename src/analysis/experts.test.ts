import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { measuredFixture } from '../../test/support/measuredFixture';
import type { LayerReport } from '../core/report';
import type { Framework } from '../core/checkpoint';
import type { Tensor } from '../core/tensor';
import { openCheckpoint } from '../formats';
import { openLocalFiles } from '../io/checkpointFiles';
import { typescriptKernels } from '../kernels';
import { hasBlockRanges, heldElements } from './cost';
import { viewOf } from './axes';
import { declaredExperts, expertView, isExpertStack, type ExpertContext } from './experts';
import { findLayers } from './layers';
import { matricesOf } from './matrices';
import { readMatrices } from './streaming';

const folder = join(__dirname, '../../test/fixtures/effective');

interface Golden {
  readonly blocks: number;
  readonly rows: number;
  readonly columns: number;
  readonly norms: readonly number[];
  readonly sigmas: readonly number[];
}
const golden: Readonly<Record<string, Golden>> = JSON.parse(
  readFileSync(join(folder, 'experts.json'), 'utf8'),
);
const file = join(folder, 'experts/model.safetensors');

describe('stacks of experts', () => {
  it.each(Object.entries(golden))('%s: a matrix an expert', async (name, expected) => {
    const { layers } = findLayers(await openCheckpoint(await openLocalFiles(file)));
    const layer = layers.find((one) => one.name === name);
    if (!layer?.oriented) throw new Error(`no ${name} in ${layers.map((one) => one.name).join()}`);
    const { view, orientation } = layer.oriented;
    const { blocks, rows, columns } = expected;
    expect([view.blocks, view.rows, view.columns]).toEqual([blocks, rows, columns]);
    expect([layer.role, orientation]).toEqual(['matrix', 'known']);
    const matrices = await readMatrices(layer.weight, view, typescriptKernels, () => false);
    for (const [index, { data }] of matrices.entries()) {
      expect(Math.hypot(...data) / expected.norms[index]!).toBeCloseTo(1, 6);
    }
  });

  it('have the singular values of NumPy, to 1e-6 of the largest, and say what their blocks are', async () => {
    const { layers } = await measuredFixture(file);
    const byName = new Map(layers.map((layer): [string, LayerReport] => [layer.name, layer]));
    for (const [name, { blocks, sigmas }] of Object.entries(golden)) {
      const layer = byName.get(name);
      const found = layer?.metrics['singular_values'];
      if (!layer || !Array.isArray(found)) throw new Error(`no singular values of ${name}`);
      expect(found).toHaveLength(sigmas.length);
      const off = sigmas.map((sigma, i) => Math.abs(Number(found[i]) - sigma) / sigmas[0]!);
      expect(Math.max(...off), name).toBeLessThan(1e-6);
      expect([layer.blocks, layer.blocksAre]).toEqual([
        blocks,
        blocks === 1 ? undefined : 'experts',
      ]);
    }
    const biases = layers.filter(({ tensor }) => tensor.endsWith('_bias'));
    expect(biases).toEqual([]);
  });

  it('are held one at a time where all are too many', () => {
    const uses = [
      { size: 32, target: 'block' },
      { size: 5760, target: 'row' },
      { size: 2880, target: 'column' },
    ] as const;
    expect(heldElements(viewOf(uses))).toBe(5760 * 2880);
    const [block, row, column] = uses;
    expect(hasBlockRanges(viewOf([row, block, column]))).toBe(false);
    expect(heldElements(viewOf([row, block, column]))).toBe(32 * 5760 * 2880);
    expect(hasBlockRanges(viewOf([row, column]))).toBe(false);
    expect(hasBlockRanges(viewOf([block, block, row]))).toBe(true);
  });

  it('are read one at a time where all are too many', async () => {
    const ranges: string[] = [];
    const size = 2 ** 7;
    const stack: Tensor = {
      ...tensor('m.experts.w1', [2 ** 20, 8, 16]),
      data: {
        read: (start, end) => {
          ranges.push(`${start}-${end}`);
          const values = Float32Array.from({ length: end - start }, (_, i) => start + i);
          return Promise.resolve(new Uint8Array(values.buffer));
        },
      },
    };
    const { view } = expertView(stack, context()) ?? {};
    if (!view) throw new Error('no view');
    const source = matricesOf(stack, view, typescriptKernels, () => false);
    const last = 2 ** 20 - 1;
    for (const block of [0, 5, 5, last]) {
      const { data } = await source.whole(block);
      expect([data.length, data[0], data[size - 1]]).toEqual([
        ...[size, size * block, size * block + size - 1].map(Math.fround),
      ]);
    }
    expect(ranges).toEqual(['0-128', '640-768', `${size * last}-${size * (last + 1)}`]);
  });
});

const never = { read: () => Promise.reject(new Error('not read here')) };
const tensor = (name: string, shape: readonly number[], type?: string): Tensor => ({
  ...{ name, shape, dtype: 'f32', data: never },
  ...(type !== undefined && { module: { name, type } }),
});

function context(
  siblings: Readonly<Record<string, readonly number[]>> = {},
  hiddenSize?: number,
  framework: Framework = 'pytorch',
): ExpertContext {
  const siblingShape = (name: string): readonly number[] | undefined =>
    Object.hasOwn(siblings, name) ? siblings[name] : undefined;
  return { framework, siblingShape, experts: hiddenSize === undefined ? {} : { hiddenSize } };
}

describe('which axis of a stack holds the outputs', () => {
  it.each<[string, Tensor, ExpertContext, number, 'known' | 'assumed']>([
    ['nothing tells', tensor('m.experts.w1', [2, 5, 3]), context(), 5, 'assumed'],
    [
      'nothing tells in Flax',
      tensor('m/experts/wi/kernel', [2, 5, 3]),
      context({}, undefined, 'jax'),
      3,
      'assumed',
    ],
    ['a bias', tensor('m.experts.w1', [2, 5, 3]), context({ w1_bias: [2, 3] }), 3, 'known'],
    [
      'a bias of a module',
      tensor('m.experts.w1.weight', [2, 5, 3]),
      context({ bias: [2, 5] }),
      5,
      'known',
    ],
    [
      'a bias that fits neither',
      tensor('m.experts.w1', [2, 5, 3]),
      context({ w1_bias: [2] }),
      5,
      'assumed',
    ],
    [
      'the declared width is the input',
      tensor('m.experts.w1', [2, 5, 3]),
      context({}, 5),
      3,
      'known',
    ],
    [
      'the declared width is the output',
      tensor('m.experts.w2', [2, 5, 3]),
      context({}, 5),
      5,
      'known',
    ],
    [
      'both projections, one square',
      tensor('m.experts.gate_up_proj', [2, 4, 8]),
      context({ gate_up_proj: [2, 4, 8], down_proj: [2, 4, 4] }),
      8,
      'known',
    ],
    [
      "the reader's word",
      tensor('blk.0.ffn_up_exps.weight', [2, 5, 3], 'Experts'),
      context({}, 5),
      5,
      'known',
    ],
  ])('%s', (_, stack, given, rows, orientation) => {
    const found = expertView(stack, given);
    expect([found?.view.blocks, found?.view.rows]).toEqual([2, rows]);
    expect(found?.orientation).toBe(orientation);
  });

  it.each([
    tensor('experts.0.conv.weight', [4, 3, 5]),
    tensor('m.experts.0.weight', [4, 3, 5]),
    tensor('m.experts.gate_up_proj_bias', [4, 3]),
    tensor('m.conv.weight', [4, 3, 5]),
    tensor('m.expert.fc1.weight', [4, 3, 5]),
    tensor('m.experts.fc1.weight', [4, 3, 1]),
    tensor('m.experts.w1', [4, 3, 5, 2]),
  ])('$name $shape is no stack', (stack) => {
    expect(isExpertStack(stack)).toBe(false);
    expect(expertView(stack, context())).toBeUndefined();
  });

  it.each([
    [{ hidden_size: 6 }, { hiddenSize: 6 }],
    [{ text_config: { hidden_size: 6 } }, { hiddenSize: 6 }],
    [
      { d_model: 6, ffn_config: { moe_num_experts: 3 } },
      { hiddenSize: 6, count: 3 },
    ],
    [{ hidden_size: -6, ffn_config: { moe_num_experts: 1.5 } }, {}],
    [{ hidden_size: '6', ffn_config: [3] }, {}],
  ])('declared by %j', (config, expected) => {
    expect(declaredExperts({ 'config.json': config })).toEqual(expected);
  });

  it('a matrix of DBRX whose rows do not divide stays one', () => {
    const given = { ...context(), experts: { count: 3 } };
    expect(expertView(tensor('ffn.experts.mlp.w1', [10, 4]), given)).toBeUndefined();
  });
});
