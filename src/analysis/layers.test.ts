import { describe, expect, it } from 'vitest';

import type { Checkpoint } from '../core/checkpoint';
import type { Dtype } from '../core/dtype';
import type { Role, Tensor } from '../core/tensor';
import { findLayers, parameterCountOf } from './layers';

type Spec = readonly [
  name: string,
  shape: readonly number[],
  dtype?: Dtype,
  more?: Partial<Tensor>,
];

function checkpoint(framework: Checkpoint['framework'], ...specs: readonly Spec[]): Checkpoint {
  return {
    format: 'test',
    description: 'test',
    framework,
    files: [],
    skipped: [],
    optimizers: [],
    recorded: {},
    notices: [],
    tensors: specs.map(([name, shape, dtype = 'f32', more = {}]) => ({
      name,
      shape,
      dtype,
      data: { read: () => Promise.reject(new Error('not read here')) },
      ...more,
    })),
  };
}

describe('roles by name, shape and framework', () => {
  it.each<[Checkpoint['framework'], Role, Spec]>([
    ['pytorch', 'matrix', ['fc.weight', [4, 3]]],
    ['pytorch', 'bias', ['fc.bias', [4]]],
    ['pytorch', 'conv', ['conv1.weight', [8, 1, 3, 3]]],
    ['pytorch', 'depthwise', ['dw_conv.weight', [8, 1, 3, 3]]],
    ['pytorch', 'embedding', ['tok_embeddings.weight', [100, 8]]],
    ['pytorch', 'embedding', ['lm_head.weight', [100, 8]]],
    ['pytorch', 'recurrent', ['lstm.weight_hh_l0', [32, 8]]],
    ['pytorch', 'matrix', ['lstm.weight_ih_l0', [32, 4]]],
    ['pytorch', 'bias', ['lstm.bias_hh_l0', [32]]],
    ['pytorch', 'norm_scale', ['bn1.weight', [8]]],
    ['pytorch', 'norm_bias', ['bn1.bias', [8]]],
    ['pytorch', 'running_stat', ['bn1.running_var', [8]]],
    ['pytorch', 'aux', ['bn1.num_batches_tracked', [], 'i64']],
    ['pytorch', 'layer_scale', ['blocks.0.ls1.gamma', [8]]],
    ['pytorch', 'pos_embed', ['pos_embed', [1, 17, 8]]],
    ['pytorch', 'aux', ['h.0.attn.bias', [1, 1, 8, 8]]],
    ['pytorch', 'aux', ['fc.weight_mask', [4, 3]]],
    ['pytorch', 'bias', ['act.prelu.weight', [1]]],
    ['pytorch', 'aux', ['codes', [4, 3], 'i8']],
    ['keras', 'matrix', ['dense/kernel', [3, 4]]],
    ['keras', 'norm_scale', ['bn/gamma', [4]]],
    ['keras', 'norm_bias', ['bn/beta', [4]]],
    ['keras', 'running_stat', ['bn/moving_mean', [4]]],
    ['keras', 'embedding', ['embedding/embeddings', [100, 8]]],
    ['keras', 'bias', ['gru/bias', [2, 12]]],
    ['keras', 'matrix', ['mha/query/kernel', [8, 2, 4]]],
    ['keras', 'conv', ['conv/kernel', [3, 3, 1, 8]]],
    ['jax', 'running_stat', ['batch_stats/bn/mean', [8]]],
    ['jax', 'embedding', ['params/Embed_0/embedding', [100, 8]]],
  ])('%s: %s', (framework, role, spec) => {
    const { roles } = findLayers(checkpoint(framework, spec));
    expect(roles.get(spec[0])).toBe(role);
  });

  it('takes (C, 1, k, k) after a layer of C channels for depthwise', () => {
    const { roles } = findLayers(
      checkpoint('pytorch', ['a.weight', [8, 3, 1, 1]], ['b.weight', [8, 1, 3, 3]]),
    );
    expect(roles.get('b.weight')).toBe('depthwise');
  });

  it("keeps the reader's own word", () => {
    const { roles, layers } = findLayers(
      checkpoint('pytorch', ['optimizer.state.0.exp_avg', [4, 3], 'f32', { role: 'optimizer' }]),
    );
    expect(roles.get('optimizer.state.0.exp_avg')).toBe('optimizer');
    expect(layers).toEqual([]);
  });
});

describe('layers', () => {
  it('joins weight, bias and running statistics under the name of the module', () => {
    const { layers, roles } = findLayers(
      checkpoint(
        'pytorch',
        ['net.bn.weight', [8]],
        ['net.bn.bias', [8]],
        ['net.bn.running_mean', [8]],
        ['net.fc.weight', [4, 8]],
        ['net.fc.bias', [4]],
      ),
    );
    expect(layers.map(({ name, companions }) => [name, companions.map((one) => one.name)])).toEqual(
      [
        ['net.bn', ['net.bn.bias', 'net.bn.running_mean']],
        ['net.fc', ['net.fc.bias']],
      ],
    );
    expect(layers.map((layer) => parameterCountOf(layer, roles))).toEqual([16, 36]);
  });

  it('names several weights of a module by their tensors', () => {
    const { layers } = findLayers(
      checkpoint('pytorch', ['rnn.weight_ih_l0', [12, 5]], ['rnn.weight_hh_l0', [12, 3]]),
    );
    expect(layers.map(({ name }) => name)).toEqual(['rnn.weight_ih_l0', 'rnn.weight_hh_l0']);
  });

  it('measures tied weights once and leaves empty ones out', () => {
    const { layers } = findLayers(
      checkpoint(
        'pytorch',
        ['embed.weight', [9, 4]],
        ['head.weight', [9, 4], 'f32', { sameAs: 'embed.weight' }],
        ['none.weight', [0, 4]],
      ),
    );
    expect(layers.map(({ name }) => name)).toEqual(['embed']);
  });

  it('gives layers of equal module names their tensor names', () => {
    const { layers } = findLayers(checkpoint('numpy', ['a.weight', [2, 2]], ['a', [3, 3]]));
    expect(layers.map(({ name }) => name)).toEqual(['a.weight', 'a']);
  });
});
