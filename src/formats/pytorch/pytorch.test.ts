import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { Checkpoint } from '../../core/checkpoint';
import { openLocalFiles } from '../../io/checkpointFiles';
import { openCheckpoint } from '..';
import { tensorOf, valuesOf } from '../testSupport';

const folder = join(__dirname, '../../../test/fixtures/torch');

interface Golden {
  readonly [file: string]: {
    readonly [tensor: string]: {
      readonly dtype: string;
      readonly shape: readonly number[];
      readonly values: readonly (number | string)[];
    };
  };
}
const golden: Golden = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8'));

const dtypeNames = new Map([
  ['float64', 'f64'],
  ['float32', 'f32'],
  ['float16', 'f16'],
  ['bfloat16', 'bf16'],
  ['float8_e4m3fn', 'f8_e4m3fn'],
  ['float8_e5m2', 'f8_e5m2'],
  ['bool', 'bool'],
]);

async function open(name: string): Promise<Checkpoint> {
  return openCheckpoint(await openLocalFiles(join(folder, name)));
}

/** What the file names beside its golden tensors, in the order of the file. */
function otherNames(checkpoint: Checkpoint, expected: object): string[] {
  return checkpoint.tensors
    .map(({ name }) => name)
    .filter((name) => !Object.hasOwn(expected, name));
}

describe.each(Object.entries(golden))('%s', (name, tensors) => {
  it('gives every value that torch gives', async () => {
    const checkpoint = await open(name);
    for (const [tensorName, expected] of Object.entries(tensors)) {
      const tensor = tensorOf(checkpoint, tensorName);
      const dtype =
        dtypeNames.get(expected.dtype) ??
        expected.dtype.replace(/^u?int/, (text) => text.charAt(0));
      expect({ name: tensorName, dtype: tensor.dtype, shape: tensor.shape }).toEqual({
        name: tensorName,
        dtype,
        shape: expected.shape,
      });
      expect(await valuesOf(tensor), tensorName).toEqual(expected.values);
      expect(await valuesOf(tensor, 5), `${tensorName} in pieces`).toEqual(expected.values);
    }
  });
});

describe('names', () => {
  it('leaves nothing out and adds only what is no weight', async () => {
    for (const [name, expected] of Object.entries(golden)) {
      const others = otherNames(await open(name), expected);
      const known = new Map([
        [
          'optimizer_object.pt',
          ['optimizer.param_groups.0.params.0', 'optimizer.param_groups.0.params.1'],
        ],
        ['lightning.ckpt', ["callbacks.ModelCheckpoint{'monitor': None}.best_model_score"]],
      ]);
      expect(others, name).toEqual(known.get(name) ?? []);
    }
  });

  it('keeps the order of the state dict', async () => {
    const { tensors } = await open('state_dict.pth');
    expect(tensors.map(({ name }) => name)).toEqual(Object.keys(golden['state_dict.pth']!));
  });
});

describe('layouts', () => {
  it('tells a training checkpoint from its optimizer and its record', async () => {
    const checkpoint = await open('training.pt');
    expect(checkpoint.description).toBe('PyTorch zip, training checkpoint');
    expect(checkpoint.optimizers.map(({ name }) => name)).toEqual(['AdamW']);
    const [decayed, plain] = checkpoint.optimizers[0]!.groups;
    expect(decayed).toMatchObject({
      parameterCount: 2,
      hyperparameters: { weight_decay: 0.05, lr: 0.001 },
    });
    expect(plain).toMatchObject({
      parameterCount: 4,
      hyperparameters: { weight_decay: 0, betas: [0.9, 0.999] },
    });
    expect(checkpoint.recorded).toMatchObject({
      epoch: 3,
      best: 0.5,
      args: { lr: 1e-3, data: '/data/x', tags: ['a', 'b'] },
    });
    expect(tensorOf(checkpoint, 'optimizer.state.0.exp_avg').role).toBe('optimizer');
    expect(tensorOf(checkpoint, 'head.weight').role).toBeUndefined();
    expect(checkpoint.notices).toEqual([]);
  });

  it('reads Lightning', async () => {
    const checkpoint = await open('lightning.ckpt');
    expect(checkpoint.description).toBe('PyTorch zip, Lightning checkpoint');
    expect(checkpoint.optimizers[0]).toMatchObject({
      name: 'SGD',
      groups: [{ parameterCount: 6, hyperparameters: { momentum: 0.9, nesterov: true } }],
    });
    expect(checkpoint.recorded).toMatchObject({
      'pytorch-lightning_version': '2.5.0',
      hyper_parameters: { dropout: 0.25, layers: [1, 2] },
      callbacks: { "ModelCheckpoint{'monitor': None}": { best_model_score: 'tensor f32 []' } },
    });
  });

  it('reads timm with its average', async () => {
    const checkpoint = await open('timm.pth.tar');
    expect(checkpoint.optimizers.map(({ name }) => name)).toEqual(['Adam']);
    expect(checkpoint.optimizers[0]!.groups[0]!.hyperparameters['param_names']).toContain(
      'head.weight',
    );
    expect(tensorOf(checkpoint, 'ema.head.weight').role).toBe('ema_copy');
    expect(checkpoint.recorded).toMatchObject({
      arch: 'resnet_tiny',
      metric: 71.5,
      amp_scaler: { scale: 65536 },
    });
  });

  it('reads a pickled module with its classes and their settings', async () => {
    const checkpoint = await open('module.pt');
    expect(checkpoint.description).toBe('PyTorch zip, whole module Net');
    expect(tensorOf(checkpoint, 'features.0.weight').module).toEqual({
      name: 'features.0',
      type: 'Conv2d',
      config: expect.objectContaining({ in_channels: 1, kernel_size: [3, 3], groups: 1 }),
    });
    expect(tensorOf(checkpoint, 'features.1.running_var').module).toMatchObject({
      type: 'BatchNorm2d',
      config: { eps: 1e-5, momentum: 0.1 },
    });
    expect(checkpoint.declared).toMatchObject({
      modules: expect.arrayContaining([
        { name: 'features.3', type: 'Dropout', config: { p: 0.25, inplace: false } },
      ]),
    });
    expect(checkpoint.notices).toEqual([
      { severity: 'warn', message: expect.stringContaining('__main__.Net') },
    ]);
  });

  it('reads an optimizer that was pickled whole', async () => {
    const checkpoint = await open('optimizer_object.pt');
    expect(checkpoint.optimizers).toEqual([
      {
        name: 'RMSprop',
        groups: [{ parameterCount: 2, hyperparameters: expect.objectContaining({ alpha: 0.99 }) }],
      },
    ]);
    expect(checkpoint.notices).toEqual([]);
  });

  it('prefixes the tensors of several models', async () => {
    const { tensors } = await open('two_models.pt');
    expect(tensors.map(({ name }) => name)).toEqual([
      'generator.weight',
      'generator.bias',
      'discriminator.weight',
      'discriminator.bias',
    ]);
  });

  it('gives shards as one model', async () => {
    const checkpoint = await open('pytorch_model.bin.index.json');
    expect(checkpoint.description).toBe('PyTorch zip, state dict, 2 shards');
    expect(checkpoint.files.map(({ name }) => name)).toEqual([
      'pytorch_model.bin.index.json',
      'pytorch_model-00001-of-00002.bin',
      'pytorch_model-00002-of-00002.bin',
    ]);
    expect(checkpoint.recorded).toEqual({ index: { total_size: 32 } });
  });
});

describe('shared storage', () => {
  it('counts tied weights once', async () => {
    const { tensors } = await open('state_dict.pth');
    expect(
      tensors.filter(({ sameAs }) => sameAs).map(({ name, sameAs }) => [name, sameAs]),
    ).toEqual([['tied.weight', 'head.weight']]);
  });

  it('counts only views of equal layout as the same', async () => {
    const { tensors } = await open('views.pt');
    expect(
      tensors.filter(({ sameAs }) => sameAs).map(({ name, sameAs }) => [name, sameAs]),
    ).toEqual([['same', 'base']]);
  });
});

describe('what cannot be read', () => {
  it('says why and reads the rest', async () => {
    const { tensors, skipped } = await open('unreadable.pt');
    expect(tensors.map(({ name }) => name)).toEqual(['fine']);
    expect(skipped).toEqual([
      { name: 'sparse', reason: 'a sparse tensor' },
      { name: 'meta', reason: 'a meta tensor, which has no values' },
      { name: 'complex', reason: 'dtype torch.ComplexFloatStorage is not read' },
    ]);
  });
});
