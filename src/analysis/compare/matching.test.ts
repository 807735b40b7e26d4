import { describe, expect, it } from 'vitest';

import type { Framework } from '../../core/checkpoint';
import type { Tensor } from '../../core/tensor';
import { findLayers } from '../layers';
import { matchLayers, type MatchingSide } from './matching';
import { normalisedName } from './normalisedName';

/** Deterministic values in (−1, 1), the same for every run. */
function values(count: number, seed: number): Float32Array {
  let state = (seed * 2654435761) >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

type Spec = readonly [name: string, shape: readonly number[], seed: number];

function tensor([name, shape, seed]: Spec): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  return {
    name,
    shape,
    dtype: 'f32',
    data: {
      read: (start, end) => {
        const part = values(count, seed).slice(start, end);
        return Promise.resolve(new Uint8Array(part.buffer));
      },
    },
  };
}

function side(specs: readonly Spec[], framework: Framework = 'pytorch'): MatchingSide {
  const checkpoint = {
    format: 'safetensors',
    description: '',
    framework,
    files: [],
    tensors: specs.map(tensor),
    skipped: [],
    optimizers: [],
    recorded: {},
    notices: [],
  };
  return { layers: findLayers(checkpoint).layers, framework };
}

/** `A name = B name (by what)`, then what is left on each side. */
async function matched(a: readonly Spec[], b: readonly Spec[]): Promise<readonly string[]> {
  const [one, other] = [side(a), side(b)];
  const { pairs, unmatchedA, unmatchedB } = await matchLayers(one, other, () => false);
  return [
    ...pairs.map(
      ({ a: i, b: j, match: { by, isTransposed } }) =>
        `${one.layers[i]!.name} = ${other.layers[j]!.name} (${by}${isTransposed ? ', transposed' : ''})`,
    ),
    ...unmatchedA.map((index) => `A: ${one.layers[index]!.name}`),
    ...unmatchedB.map((index) => `B: ${other.layers[index]!.name}`),
  ];
}

describe('matching layers', () => {
  it.each<readonly [string, readonly Spec[], readonly Spec[], readonly string[]]>([
    [
      'a renamed prefix, the head resized',
      [
        ['encoder.layers.0.fc.weight', [8, 8], 1],
        ['encoder.layers.1.fc.weight', [8, 8], 2],
        ['encoder.head.out.weight', [3, 8], 3],
      ],
      [
        ['backbone.layers.0.fc.weight', [8, 8], 4],
        ['backbone.layers.1.fc.weight', [8, 8], 5],
        ['backbone.head.out.weight', [5, 8], 6],
      ],
      [
        'encoder.layers.0.fc = backbone.layers.0.fc (renamed-prefix)',
        'encoder.layers.1.fc = backbone.layers.1.fc (renamed-prefix)',
        'encoder.head.out = backbone.head.out (renamed-prefix)',
      ],
    ],
    [
      'wrappers on both sides',
      [['module.model.fc.weight', [4, 8], 1]],
      [['_orig_mod.fc.weight', [4, 8], 2]],
      ['module.model.fc = _orig_mod.fc (normalised-name)'],
    ],
    [
      'numbers that have moved on behind a new layer',
      [
        ['net.0.weight', [32, 8], 1],
        ['net.2.weight', [4, 32], 2],
      ],
      [
        ['net.0.weight', [32, 8], 3],
        ['net.2.weight', [32, 32], 4],
        ['net.4.weight', [4, 32], 5],
      ],
      ['net.0 = net.0 (name)', 'net.2 = net.4 (shape-and-order)', 'B: net.2'],
    ],
    [
      'a numbered head that was resized',
      [['net.0.weight', [10, 32], 1]],
      [['net.0.weight', [12, 32], 1]],
      ['net.0 = net.0 (name)'],
    ],
    [
      'equal shapes in another order: by their weights',
      [
        ['a.weight', [16, 16], 1],
        ['b.weight', [16, 16], 2],
        ['c.weight', [16, 16], 3],
      ],
      [
        ['x.weight', [16, 16], 3],
        ['y.weight', [16, 16], 1],
        ['z.weight', [16, 16], 2],
      ],
      ['c = x (weights)', 'a = y (weights)', 'b = z (weights)'],
    ],
    [
      'equal shapes, weights that have nothing in common: by their order',
      [
        ['a.weight', [16, 16], 1],
        ['b.weight', [16, 16], 2],
      ],
      [
        ['x.weight', [16, 16], 3],
        ['y.weight', [16, 16], 4],
      ],
      ['a = x (shape-and-order)', 'b = y (shape-and-order)'],
    ],
    [
      'equal shapes in unequal numbers: only what the weights tell',
      [
        ['a.weight', [16, 16], 1],
        ['b.weight', [16, 16], 2],
      ],
      [
        ['x.weight', [16, 16], 2],
        ['y.weight', [16, 16], 5],
        ['z.weight', [16, 16], 6],
      ],
      ['b = x (weights)', 'A: a', 'B: y', 'B: z'],
    ],
    [
      'a name with its shape reversed',
      [['fc.weight', [4, 6], 1]],
      [['fc.weight', [6, 4], 2]],
      ['fc = fc (name, transposed)'],
    ],
    ['nothing in common', [['a.weight', [3, 5], 1]], [['b.weight', [7, 9], 1]], ['A: a', 'B: b']],
    ['an empty side', [], [['b.weight', [7, 9], 1]], ['B: b']],
  ])('%s', async (_, a, b, expected) => {
    expect(await matched(a, b)).toEqual(expected);
  });

  it('stops', async () => {
    const a = side([['a.weight', [16, 16], 1]]);
    await expect(matchLayers(a, a, () => true)).rejects.toThrow('Stopped');
  });

  it.each([
    ['names in common', (i: number) => `layers.${i}.fc.weight`],
    ['a renamed prefix', (i: number) => `blocks.${i}.fc.weight`],
    ['names without meaning', (i: number) => `t${3000 - i}.weight`],
  ])('3000 layers with %s take seconds at most', async (_, nameOf) => {
    const shape = [4, 6];
    const indices = Array.from({ length: 3000 }, (_unused, i) => i);
    const a = side(indices.map((i): Spec => [`layers.${i}.fc.weight`, shape, i]));
    const b = side(indices.map((i): Spec => [nameOf(i), shape, i]));
    const started = performance.now();
    const { pairs } = await matchLayers(a, b, () => false);
    expect(pairs).toHaveLength(3000);
    expect(pairs.every((pair) => pair.a === pair.b)).toBe(true);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe('a normalised name', () => {
  it.each([
    ['module._orig_mod.fc.weight', 'fc.weight'],
    ['model.layers.0._fsdp_wrapped_module.fc.weight', 'layers.0.fc.weight'],
    ['dense/kernel:0', 'dense.weight'],
    ['params/Dense_0/kernel', 'Dense_0.weight'],
    ['fc.parametrizations.weight.original', 'fc.weight'],
    ['bn.gamma', 'bn.weight'],
    ['modeling.weight', 'modeling.weight'],
    ['kernel_size', 'kernel_size'],
    ['model.'.repeat(400), 'model.'.repeat(400)],
  ])('%j is %j', (name, expected) => {
    expect(normalisedName(name)).toBe(expected);
  });
});
