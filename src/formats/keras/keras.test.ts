import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { ByteSource } from '../../core/byteSource';
import type { Checkpoint } from '../../core/checkpoint';
import { FormatError } from '../../core/errors';
import { elementCountOf, type Tensor } from '../../core/tensor';
import { memoryFiles } from '../../io/checkpointFiles';
import { hdf5 } from './kerasHdf5';
import { kerasArchive } from './kerasArchive';
import { kerasShards } from './kerasShards';

const folder = join(import.meta.dirname, '../../../test/fixtures/keras');
const golden: Record<string, Record<string, { shape: number[]; values: number[] }>> = JSON.parse(
  readFileSync(join(folder, 'golden.json'), 'utf8'),
);

const fixture = (file: string): Uint8Array => readFileSync(join(folder, file));

function open(file: string, bytes = fixture(file)): Promise<Checkpoint> {
  const siblings = new Map(
    readdirSync(folder)
      .filter((name) => name.startsWith('sharded_'))
      .map((name) => [name, fixture(name)]),
  );
  const format = file.endsWith('.keras')
    ? kerasArchive
    : file.endsWith('.json')
      ? kerasShards
      : hdf5;
  return format.open(memoryFiles(file, bytes, siblings));
}

const find = (checkpoint: Checkpoint, name: string): Tensor =>
  checkpoint.tensors.find((tensor) => tensor.name === name)!;

async function valuesOf(tensor: Tensor, start = 0, end = elementCountOf(tensor.shape)) {
  const bytes = await tensor.data.read(start, end);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: end - start }, (_, i) => {
    switch (tensor.dtype) {
      case 'f64':
        return view.getFloat64(8 * i, true);
      case 'i64':
        return Number(view.getBigInt64(8 * i, true));
      case 'bool':
        return view.getUint8(i);
      case 'f16':
        return halfOf(view.getUint16(2 * i, true));
      case 'bf16': {
        const wide = new DataView(new ArrayBuffer(4));
        wide.setUint16(2, view.getUint16(2 * i, true), true);
        return wide.getFloat32(0, true);
      }
      default:
        return view.getFloat32(4 * i, true);
    }
  });
}

function halfOf(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const magnitude =
    exponent === 0 ? 2 ** -24 * (bits & 1023) : 2 ** (exponent - 15) * (1 + (bits & 1023) / 1024);
  return bits & 0x8000 ? -magnitude : magnitude;
}

describe('Keras files', () => {
  it.each(Object.keys(golden))('%s holds what Keras holds, by its names', async (file) => {
    const { tensors } = await open(file);
    const expected = golden[file]!;
    const weights = tensors.filter(({ role }) => role !== 'optimizer' && role !== 'aux');
    expect(weights.map(({ name }) => name).sort()).toEqual(Object.keys(expected).sort());
    for (const tensor of weights) {
      expect(tensor.shape).toEqual(expected[tensor.name]!.shape);
      expect(await valuesOf(tensor)).toEqual(expected[tensor.name]!.values);
    }
  });
});

describe('what Keras recorded', () => {
  it('tells the configuration of each layer of an archive', async () => {
    const checkpoint = await open('conv.keras');
    expect(checkpoint.description).toBe('Keras archive, Keras 3.15.1');
    expect(checkpoint.framework).toBe('keras');
    expect(find(checkpoint, 'first/kernel').module).toMatchObject({
      name: 'first',
      type: 'Conv2D',
      config: { use_bias: false, kernel_regularizer: { class_name: 'L2' } },
    });
    expect(find(checkpoint, 'norm/moving_mean').module).toMatchObject({
      type: 'BatchNormalization',
      config: { scale: false },
    });
    expect(JSON.stringify(checkpoint.declared)).toContain('"rate":0.25');
  });

  it.each(['conv.keras', 'conv.h5'])('%s: optimizer and loss', async (file) => {
    const checkpoint = await open(file);
    const [optimizer] = checkpoint.optimizers;
    expect(optimizer?.name).toBe('AdamW');
    expect(optimizer?.groups[0]?.parameterCount).toBe(11);
    expect(optimizer?.groups[0]?.hyperparameters).toMatchObject({ weight_decay: 0.01 });
    expect(optimizer?.groups[0]?.hyperparameters['learning_rate']).toBeCloseTo(0.002, 8);
    expect(checkpoint.recorded).toMatchObject({
      keras_version: '3.15.1',
      loss: { config: { label_smoothing: 0.1 } },
    });
    const state = checkpoint.tensors.filter(({ role }) => role === 'optimizer');
    expect(state).toHaveLength(24);
  });

  it('names steps and learning rate of the optimizer', async () => {
    const checkpoint = await open('conv.keras');
    expect(await valuesOf(find(checkpoint, 'optimizer/iteration'))).toEqual([1]);
    expect((await valuesOf(find(checkpoint, 'optimizer/learning_rate')))[0]).toBeCloseTo(0.002, 8);
  });

  it.each<[file: string, tensor: string, module: string, type: string]>([
    ['text.keras', 'encoder/dense_1/kernel', 'encoder/dense_1', 'Dense'],
    [
      'text.keras',
      'attend/attention_output/kernel',
      'attend/attention_output',
      'MultiHeadAttention',
    ],
    ['text.keras', 'both/backward_lstm/recurrent_kernel', 'both/backward_lstm', 'LSTM'],
    ['text.keras', 'spread/each/kernel', 'spread/each', 'Dense'],
    ['text.keras', 'stack/high/kernel', 'stack/high', 'LSTMCell'],
    ['text_unnamed.keras', 'attend/query/kernel', 'attend/query', 'MultiHeadAttention'],
    ['text_unnamed.keras', 'gate/kernel', 'gate', 'GRU'],
    ['text.h5', 'encoder/dense_1/kernel', 'encoder/dense_1', 'Dense'],
    ['text.h5', 'attend/attention_output/kernel', 'attend/attention_output', 'MultiHeadAttention'],
    ['text.h5', 'both/backward_lstm/recurrent_kernel', 'both/backward_lstm', 'LSTM'],
    ['text.h5', 'spread/each/kernel', 'spread/each', 'Dense'],
    ['text.h5', 'stack/high/kernel', 'stack/high', 'LSTMCell'],
    ['text.h5', 'gate/kernel', 'gate', 'GRU'],
    ['text.weights.h5', 'table/embeddings', 'table', 'Embedding'],
    ['text.weights.h5', 'both/forward_lstm/kernel', 'both/forward_lstm', 'LSTM'],
  ])('%s: %s belongs to %s, %s', async (file, name, module, type) => {
    expect(find(await open(file), name).module).toMatchObject({ name: module, type });
  });

  it('gives the weights in the order of the model', async () => {
    const { tensors } = await open('text_unnamed.keras');
    expect(tensors[0]?.name).toBe('table/embeddings');
    expect(tensors.at(-1)?.name).toBe('out/bias');
  });

  it('reads bfloat16, which Keras stores as opaque bytes', async () => {
    const tensor = find(await open('bfloat16.keras'), 'half/kernel');
    expect(tensor.dtype).toBe('bf16');
  });

  it('tells what a file of weights alone is', async () => {
    const keras2 = await open('keras2_weights.h5');
    expect(keras2.description).toBe('Keras weights, HDF5, Keras 2.4.0');
    expect((await open('text.weights.h5')).description).toBe('Keras 3 weights, HDF5');
  });

  it('joins shards, and says which is missing', async () => {
    const checkpoint = await open('sharded.weights.json');
    expect(checkpoint.tensors.map(({ name, shape }) => [name, shape.join()])).toEqual([
      ['a/kernel', '40,30'],
      ['a/bias', '30'],
      ['b/kernel', '30,20'],
      ['b/bias', '20'],
    ]);
    const alone = await kerasShards.open(memoryFiles('w.json', fixture('sharded.weights.json')));
    expect(alone.tensors).toEqual([]);
    expect(alone.notices).toHaveLength(2);
  });
});

describe('places that cannot be read without waiting', () => {
  it('holds the file in memory', async () => {
    const files = memoryFiles('conv.h5', fixture('conv.h5'));
    const { name, size } = files.main;
    const main: ByteSource = {
      name,
      size,
      read: (at, length) => files.main.read(at, length),
      close: () => files.main.close(),
    };
    const checkpoint = await hdf5.open({ ...files, main, opened: [main] });
    expect(await valuesOf(find(checkpoint, 'head/bias'))).toEqual(
      golden['conv.h5']!['head/bias']!.values,
    );
  });

  it('refuses what is too large for that', async () => {
    const files = memoryFiles('huge.h5', fixture('conv.h5'));
    const main: ByteSource = {
      name: 'huge.h5',
      size: 2 ** 31,
      read: () => Promise.reject(new Error('must not be read')),
      close: () => Promise.resolve(),
    };
    await expect(hdf5.open({ ...files, main })).rejects.toThrow(/at most 536870912 can be read/);
  });
});

describe('other HDF5', () => {
  it('says why datasets are left out, and that nothing more is known', async () => {
    const checkpoint = await open('plain.h5');
    expect(checkpoint).toMatchObject({ framework: 'unknown', description: 'HDF5' });
    expect(checkpoint.skipped).toEqual([
      { name: 'bomb', reason: expect.stringMatching(/^claims 4000000000000 bytes/) },
      { name: 'complex', reason: expect.stringContaining('type class 6') },
      { name: 'text', reason: 'text, not numbers' },
    ]);
  });

  it('gives the same in any range', async () => {
    const checkpoint = await open('plain.h5');
    for (const name of ['chunked', 'a/double', 'a/half']) {
      const tensor = find(checkpoint, name);
      const whole = await valuesOf(tensor);
      for (let start = 0; start < whole.length; start += 11) {
        const end = Math.min(whole.length, start + 17);
        expect(await valuesOf(tensor, start, end)).toEqual(whole.slice(start, end));
      }
      await expect(tensor.data.read(0, whole.length + 1)).rejects.toThrow(FormatError);
    }
  });

  it('refuses groups that contain themselves', async () => {
    await expect(open('loop.h5')).rejects.toThrow(/nest deeper than 32/);
  });
});

describe('broken files', () => {
  /** Opens and reads all: only FormatErrors may come. */
  async function readAll(file: string, bytes: Uint8Array): Promise<'read' | 'refused'> {
    try {
      const { tensors } = await open(file, bytes);
      for (const tensor of tensors) await tensor.data.read(0, elementCountOf(tensor.shape));
      return 'read';
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
      return 'refused';
    }
  }

  it.each(['plain.h5', 'keras2_weights.h5', 'conv.h5'])('%s cut anywhere', async (file) => {
    const bytes = fixture(file);
    for (let i = 0; i < 12; i++) {
      const length = Math.floor((bytes.length * i) / 12);
      expect(await readAll(file, bytes.subarray(0, length))).toBe('refused');
    }
  });

  it('archives cut anywhere', async () => {
    const bytes = fixture('conv_deflated.keras');
    for (let length = 0; length < bytes.length; length += 97) {
      expect(await readAll('conv.keras', bytes.subarray(0, length))).toBe('refused');
    }
  });

  it('survives flipped bytes', async () => {
    const bytes = fixture('plain.h5');
    let refused = 0;
    for (let i = 0; i < 20; i++) {
      const at = (i * 2654435761) % bytes.length;
      const flipped = Uint8Array.from(bytes);
      flipped[at]! ^= 0xff;
      if ((await readAll('plain.h5', flipped)) === 'refused') refused++;
    }
    expect(refused).toBeLessThan(20);
  });

  it('reads the weights though the configuration is none', async () => {
    const bytes = Uint8Array.from(fixture('conv.h5'));
    const text = new TextDecoder('latin1').decode(bytes);
    const at = text.indexOf('{"class_name": "Sequential"');
    bytes[at] = 0x5b;
    const checkpoint = await open('conv.h5', bytes);
    expect(checkpoint.declared).toBeUndefined();
    expect(find(checkpoint, 'head/kernel').module).toBeUndefined();
  });
});
