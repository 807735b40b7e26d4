import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { Json } from '../core/json';
import { openCheckpoint } from '../formats';
import { openLocalFiles } from '../io/checkpointFiles';
import { typescriptKernels } from '../kernels';
import { declaredAttention, fusedOutputs } from './fusedAttention';
import { findLayers } from './layers';
import { readMatrices } from './streaming';

const folder = join(__dirname, '../../test/fixtures/effective');

type Golden = Readonly<
  Record<string, Readonly<Record<string, { readonly blocks: number; readonly norms: number[] }>>>
>;
const golden: Golden = JSON.parse(readFileSync(join(folder, 'fused.json'), 'utf8'));
const cases = Object.entries(golden).flatMap(([name, layers]) =>
  Object.entries(layers).map(([layer, expected]) => ({ name, layer, ...expected })),
);

describe('query, key and value weights that are stored as one', () => {
  it.each(cases)('$name: $layer in $blocks blocks', async ({ name, layer, blocks, norms }) => {
    const files = await openLocalFiles(join(folder, name, 'model.safetensors'));
    const { layers } = findLayers(await openCheckpoint(files));
    const found = layers.find((one) => one.name === layer);
    if (!found?.oriented) throw new Error(`no ${layer} in ${layers.map((one) => one.name).join()}`);
    const { view } = found.oriented;
    expect(view.blocks).toBe(blocks);
    const matrices = await readMatrices(found.weight, view, typescriptKernels, () => false);
    const own = matrices.map(({ data }) => Math.hypot(...data)).sort((a, b) => a - b);
    for (const [index, norm] of norms.entries()) {
      expect(Math.abs(own[index]! / norm - 1)).toBeLessThan(1e-6);
    }
  });

  const attention = (config: Json) => declaredAttention({ 'config.json': config });

  it.each<[string, string, number, number, Json, string]>([
    ['plain thirds without a configuration', 'qkv', 12, 4, null, '3 block, 4 row'],
    ['no thirds', 'qkv', 10, 4, null, 'none'],
    ['another name', 'proj', 12, 4, null, 'none'],
    ['an order that is not declared', 'query_key_value', 12, 4, null, 'none'],
    [
      'an order that is not known',
      'query_key_value',
      12,
      4,
      { model_type: 'chatglm', num_attention_heads: 2 },
      'none',
    ],
    [
      'heads that do not divide',
      'query_key_value',
      12,
      4,
      { model_type: 'bloom', n_head: 3 },
      'none',
    ],
    [
      'grouped heads that do not fit',
      'qkv_proj',
      12,
      4,
      { num_attention_heads: 2, num_key_value_heads: 1 },
      'none',
    ],
    [
      'grouped heads',
      'qkv_proj',
      8,
      4,
      { num_attention_heads: 2, num_key_value_heads: 1 },
      '4 block, 2 row',
    ],
    [
      'a declared head size',
      'qkv_proj',
      24,
      4,
      { num_attention_heads: 2, head_dim: 4 },
      '3 block, 8 row',
    ],
    ['zero heads', 'qkv', 12, 4, { num_attention_heads: 0 }, '3 block, 4 row'],
    ['fractional heads', 'query_key_value', 12, 4, { model_type: 'bloom', n_head: 1.5 }, 'none'],
    [
      'interleaved heads',
      'query_key_value',
      12,
      4,
      { model_type: 'bloom', n_head: 2 },
      '2 row, 3 block, 2 row',
    ],
  ])('%s', (_, own, outputs, inputs, config, expected) => {
    const uses = fusedOutputs(own, outputs, inputs, attention(config));
    expect(uses?.map(({ size, target }) => `${size} ${target}`).join(', ') ?? 'none').toBe(
      expected,
    );
  });
});
