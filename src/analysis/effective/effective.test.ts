import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { measuredFixture } from '../../../test/support/measuredFixture';
import type { Checkpoint } from '../../core/checkpoint';
import { FormatError } from '../../core/errors';
import { elementCountOf, type Tensor } from '../../core/tensor';
import { openCheckpoint } from '../../formats';
import { tensorOf, valuesOf } from '../../formats/testSupport';
import { openLocalFiles } from '../../io/checkpointFiles';
import { findLayers } from '../layers';
import { withEffectiveWeights } from '.';

const folder = join(__dirname, '../../../test/fixtures/effective');

interface Weight {
  readonly how: string;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

type Golden = Readonly<Record<string, Readonly<Record<string, Weight>>>>;

function read(name: string): Golden {
  const values: Golden = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  return values;
}

const golden = { ...read('golden.json'), ...read('dora.json') };
const cases = Object.entries(golden).flatMap(([file, weights]) =>
  Object.entries(weights).map(([name, weight]) => ({ file, name, weight })),
);

async function opened(file: string): Promise<Checkpoint> {
  return withEffectiveWeights(await openCheckpoint(await openLocalFiles(join(folder, file))));
}

/** The frameworks compute in f32 (one in f16), here it is doubles until the last rounding. */
function toleranceOf(name: string, { values }: Weight): number {
  const largest = Math.max(...values.map(Math.abs));
  return (name.includes('half') ? 2e-3 : 3e-6) * largest;
}

describe('weights as their frameworks compute them', () => {
  it.each(cases)('$name of $file', async ({ file, name, weight }) => {
    const tensor = tensorOf(await opened(file), name);
    expect(tensor.shape).toEqual(weight.shape);
    expect(tensor.combined?.how.startsWith(weight.how)).toBe(true);
    const values = (await valuesOf(tensor)).map(Number);
    const tolerance = toleranceOf(name, weight);
    const off = values.map((value, i) => Math.abs(value - weight.values[i]!));
    expect(Math.max(...off)).toBeLessThanOrEqual(tolerance);
  });

  it.each(cases)('$name of $file, in pieces', async ({ file, name }) => {
    const tensor = tensorOf(await opened(file), name);
    expect(await valuesOf(tensor, 7)).toEqual(await valuesOf(tensor));
  });

  it.each(Object.keys(golden))('of %s: what is combined is combined once', async (file) => {
    const once = await opened(file);
    expect(withEffectiveWeights(once).tensors).toEqual(once.tensors);
    const stored = await openCheckpoint(await openLocalFiles(join(folder, file)));
    expect(once.tensors).toHaveLength(stored.tensors.length);
    const names = new Set(once.tensors.map(({ name }) => name));
    expect(names.size).toBe(once.tensors.length);
  });
});

describe('layers of combined weights', () => {
  it('has no parts among them, and says of each what it belongs to', async () => {
    const checkpoint = await opened('norms.pt');
    const { layers } = findLayers(checkpoint);
    const parts = new Set(checkpoint.tensors.flatMap(({ combined }) => combined?.parts ?? []));
    expect(layers.filter(({ weight }) => parts.has(weight.name))).toEqual([]);
    expect(layers.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'weight_norm',
        'spectral_up',
        'orthogonal',
        'pruned',
        'own.parametrizations.weight.original',
      ]),
    );
    const bias = layers.find(({ name }) => name === 'weight_norm_new')?.companions ?? [];
    expect(bias.map(({ name }) => name)).toContain('weight_norm_new.bias');
  });

  it('reports how, counts what is trained, and keeps the coarser type of the parts', async () => {
    const { layers, skipped } = await measuredFixture(join(folder, 'norms.pt'));
    const layer = (name: string) => layers.find((one) => one.name === name);
    expect(layer('weight_norm')).toMatchObject({
      combined: 'weight norm: g · v/‖v‖ (dim 0)',
      tensor: 'weight_norm.weight',
      parameterCount: 4 + 24 + 4,
      dtype: 'f32',
    });
    expect(layer('weight_norm_half')?.dtype).toBe('f16');
    expect(layer('pruned')?.metrics['zero.frac']).toBeCloseTo(10 / 24, 10);
    for (const name of ['orthogonal', 'orthogonal_tall', 'orthogonal_wide']) {
      expect(layer(name)?.metrics['sigma1']).toBeCloseTo(1, 5);
      expect(layer(name)?.metrics['so']).toBeLessThan(1e-10);
    }
    expect(skipped).toContainEqual({
      name: 'weight_norm.weight_v',
      reason: 'part of weight_norm.weight, measured as the layer computes it',
    });
  });

  it('says what could not be combined', async () => {
    const { layers } = await measuredFixture(join(folder, 'norms.pt'));
    const why = layers.flatMap(({ name, notCombined }) =>
      notCombined === undefined ? [] : [[name, notCombined]],
    );
    expect(why).toEqual([
      [
        'own.parametrizations.weight.original',
        'the original of a parametrization whose class the file does not name',
      ],
      [
        'twice.parametrizations.weight.original',
        'the original of 2 parametrizations one after the other',
      ],
    ]);
  });

  it('has no magnitude of DoRA among them, and counts it where it is known what it scales', async () => {
    const whole = await measuredFixture(join(folder, 'dora/adapter_model.safetensors'));
    const name = 'base_model.model.q_proj';
    const found = whole.layers.find((layer) => layer.name === name);
    expect(found?.parameterCount).toBe(30 + 2 * 5 + 6 * 2 + 6);
    expect(found?.combined?.startsWith('DoRA')).toBe(true);
    const apart = await measuredFixture(join(folder, 'dora_adapter/adapter_model.safetensors'));
    for (const { layers } of [whole, apart]) {
      expect(layers.filter(({ tensor }) => tensor.includes('magnitude'))).toEqual([]);
      expect(layers).toHaveLength(4);
    }
  });

  it('gives ΔW of an adapter its rank', async () => {
    const { layers } = await measuredFixture(join(folder, 'lora/adapter_model.safetensors'));
    const sigmas = layers.map(({ metrics }) => metrics['singular_values']);
    for (const values of sigmas) {
      if (!Array.isArray(values)) throw new Error('no singular values');
      expect(values[1] / values[0]).toBeGreaterThan(1e-3);
      expect(values[2] / values[0]).toBeLessThan(1e-6);
    }
    expect(sigmas).toHaveLength(3);
  });
});

const never = { read: () => Promise.reject(new Error('not read here')) };

function checkpoint(
  ...specs: readonly (readonly [name: string, shape: readonly number[], more?: Partial<Tensor>])[]
): Checkpoint {
  return {
    format: 'test',
    description: 'test',
    framework: 'pytorch',
    files: [],
    skipped: [],
    optimizers: [],
    recorded: {},
    notices: [],
    tensors: specs.map(([name, shape, more]) => ({
      name,
      shape,
      dtype: 'f32',
      data: never,
      ...more,
    })),
  };
}

describe('what is not taken for parts of a weight', () => {
  it.each<[string, Checkpoint]>([
    ['a gain of another size', checkpoint(['fc.weight_v', [4, 6]], ['fc.weight_g', [5, 1]])],
    ['a gain with two axes', checkpoint(['fc.weight_v', [4, 6, 2]], ['fc.weight_g', [4, 6, 1]])],
    ['a direction alone', checkpoint(['fc.weight_v', [4, 6]])],
    ['a mask of another shape', checkpoint(['fc.weight_orig', [4, 6]], ['fc.weight_mask', [4, 1]])],
    ['a vector of another length', checkpoint(['fc.weight_orig', [4, 6]], ['fc.weight_u', [5]])],
    [
      'averaged copies',
      checkpoint(
        ['e.weight_v', [4, 6], { role: 'ema_copy' }],
        ['e.weight_g', [4, 1], { role: 'ema_copy' }],
      ),
    ],
    ['adapters of two ranks', checkpoint(['q.lora_B.weight', [4, 2]], ['q.lora_A.weight', [3, 6]])],
    ['an adapter of rank 0', checkpoint(['q.lora_B.weight', [4, 0]], ['q.lora_A.weight', [0, 6]])],
    [
      'a name that is taken',
      checkpoint(['fc.weight_v', [4, 6]], ['fc.weight_g', [4, 1]], ['fc.weight', [4, 6]]),
    ],
    [
      'a name without end',
      checkpoint([`${'a.'.repeat(600)}weight_v`, [4, 6]], [`${'a.'.repeat(600)}weight_g`, [4, 1]]),
    ],
  ])('%s', (_, stored) => {
    expect(withEffectiveWeights(stored)).toBe(stored);
  });

  it('refuses orthogonal weights that would take too long', () => {
    const prefix = 'fc.parametrizations.weight.';
    const { tensors } = withEffectiveWeights(
      checkpoint([`${prefix}original`, [4000, 4000]], [`${prefix}0.base`, [4000, 4000]]),
    );
    expect(tensors[0]?.notCombined).toBe(
      'an orthogonal parametrization of side 4000, the limit is 512',
    );
  });

  it("refuses ranges outside and factors too large to hold with the file's fault", async () => {
    const { tensors } = withEffectiveWeights(
      checkpoint(['q.lora_A.weight', [4096, 8192]], ['q.lora_B.weight', [8192, 4096]]),
    );
    const delta = tensors.find(({ name }) => name === 'q.lora_delta');
    await expect(delta?.data.read(0, 1)).rejects.toThrow(FormatError);
    await expect(delta?.data.read(0, elementCountOf(delta.shape) + 1)).rejects.toThrow(/asked for/);
  });

  it.each([
    ['of another length', ['q.lora_magnitude_vector', [5]]],
    ['over axes that are not known', ['q.dora_scale', [4]]],
  ] as const)('leaves a magnitude %s out, and the base weight alone', (_, magnitude) => {
    const stored = {
      ...checkpoint(
        ['q.base_layer.weight', [4, 6]],
        ['q.lora_A.weight', [2, 6]],
        ['q.lora_B.weight', [4, 2]],
        magnitude,
      ),
      recorded: { 'adapter_config.json': { lora_alpha: 8 } },
    };
    const { tensors } = withEffectiveWeights(stored);
    expect(tensors[0]).toBe(stored.tensors[0]);
    expect(tensors[2]?.name).toBe('q.lora_delta');
    expect(tensors[2]?.combined?.how).toMatch(/; the magnitude of DoRA is left out$/);
  });

  it('keeps a weight apart that was tied to a stored part', () => {
    const { tensors } = withEffectiveWeights(
      checkpoint(
        ['a.weight_orig', [4, 6]],
        ['a.weight_mask', [4, 6]],
        ['b.weight', [4, 6], { sameAs: 'a.weight_orig' }],
      ),
    );
    expect(tensors.map(({ name, role, sameAs }) => [name, role, sameAs])).toEqual([
      ['a.weight', undefined, undefined],
      ['a.weight_mask', 'aux', undefined],
      ['b.weight', undefined, undefined],
    ]);
  });
});
