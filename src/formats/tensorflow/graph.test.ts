import { describe, expect, it } from 'vitest';

import { FormatError } from '../../core/errors';
import { property } from '../../core/json';
import { memoryFiles } from '../../io/checkpointFiles';
import { openCheckpoint } from '..';
import { tensorOf, valuesOf } from '../testSupport';
import { fixturesOf } from '../../../test/support/formatFixtures';
import { field, varint } from './buildTable';

const { golden, fixture, open } = fixturesOf('tensorflow');

describe.each(['constants.pb', 'graph.pb', 'frozen.pb'])('%s', (name) => {
  it('gives every value that TensorFlow gives', async () => {
    const checkpoint = await open(name);
    const expected = Object.entries(golden[name] ?? {});
    expect(checkpoint.skipped).toEqual([]);
    expect(checkpoint.tensors.map((tensor) => tensor.name)).toEqual(expected.map(([key]) => key));
    for (const [key, { shape, values }] of expected) {
      const tensor = tensorOf(checkpoint, key);
      expect(tensor.shape, key).toEqual(shape);
      expect(await valuesOf(tensor), key).toEqual(values);
      expect(await valuesOf(tensor, 3), `${key} in pieces`).toEqual(values);
    }
  });
});

describe('what the operations say', () => {
  const cases: [tensor: string, type: string, role: string | undefined, config: object][] = [
    ['conv/kernel', 'Conv2D', 'conv', { padding: 'SAME', strides: [1, 1, 1, 1], input: 1 }],
    ['conv/bias', 'BiasAdd', 'bias', { input: 1 }],
    ['bn/gamma', 'FusedBatchNormV3', 'norm_scale', { epsilon: 0.001 }],
    ['bn/beta', 'FusedBatchNormV3', 'norm_bias', {}],
    ['bn/mean', 'FusedBatchNormV3', 'running_stat', {}],
    ['dw/kernel', 'DepthwiseConv2dNative', 'depthwise', {}],
    ['up/kernel', 'Conv2DBackpropInput', 'conv', { strides: [1, 2, 2, 1] }],
    ['fc/kernel', 'MatMul', 'matrix', { transpose_b: false, input: 1 }],
    ['fc/bias', 'AddV2', 'bias', {}],
    ['tied', 'MatMul', 'matrix', { transpose_b: true }],
    ['left', 'MatMul', 'matrix', { input: 0 }],
    ['table', 'GatherV2', 'embedding', { input: 0 }],
    ['indices', 'GatherV2', 'aux', {}],
    ['Reshape/shape', 'Reshape', 'aux', {}],
  ];
  it.each(cases)('takes %s for a part of %s', async (name, type, role, config) => {
    const tensor = tensorOf(await open('graph.pb'), name);
    expect(tensor.module).toMatchObject({ type, config });
    expect(tensor.role).toBe(role);
  });

  it('names the layer of a weight', async () => {
    const checkpoint = await open('graph.pb');
    expect(tensorOf(checkpoint, 'conv/kernel').module?.name).toBe('conv');
    expect(tensorOf(checkpoint, 'fc/kernel').module?.name).toBe('fc');
    expect(checkpoint.description).toBe('TensorFlow graph, 46 nodes');
    expect(checkpoint.framework).toBe('tensorflow');
  });

  it('lists dropout and fractional pooling, which have no weights', async () => {
    const { declared } = await open('graph.pb');
    expect(property(declared, 'modules')).toEqual([
      {
        name: 'pool',
        type: 'FractionalMaxPool',
        config: expect.objectContaining({ pooling_ratio: [1, 1.44, 1.73, 1] }),
      },
      { name: 'dropout', type: 'Dropout', config: { rate: 0.25 } },
    ]);
    expect(property(declared, 'operations')).toMatchObject({ Const: 26, MatMul: 3 });
  });
});

const node = (name: string, op: string, ...more: readonly number[][]) =>
  field(1, [...field(1, name), ...field(2, op), ...more.flat()]);
const value = (...tensor: readonly number[][]) =>
  field(5, [...field(1, 'value'), ...field(2, field(8, tensor.flat()))]);
const shape = (...sizes: readonly number[]) =>
  field(
    2,
    sizes.flatMap((n) => field(2, field(1, n))),
  );
const openBytes = (...parts: readonly number[][]) =>
  openCheckpoint(memoryFiles('g.pb', Uint8Array.from(parts.flat())));

describe('graphs that lie', () => {
  it.each<[string, number[][], RegExp]>([
    ['too few bytes', [field(1, 1), shape(2), field(4, [1, 2, 3, 4])], /^spans 4 bytes, its shape/],
    ['too many values', [field(1, 3), shape(2), field(7, [1, 2, 3])], /^lists 3 values/],
    ['texts', [field(1, 7)], /type DT_STRING is not read/],
    ['an unknown type', [field(1, 77)], /type 77 is not read/],
    ['a size beyond numbers', [field(1, 1), shape(2 ** 40, 2 ** 40)], /more elements than can/],
    [
      'a terabyte of ones',
      [field(1, 1), shape(2 ** 38), field(5, [0, 0, 128, 63])],
      /limit is 268/,
    ],
  ])('sets apart a constant with %s', async (_, tensor, reason) => {
    const { tensors, skipped } = await openBytes(node('c', 'Const', value(...tensor)));
    expect(tensors).toEqual([]);
    expect(skipped).toEqual([{ name: 'c', reason: expect.stringMatching(reason) }]);
  });

  it('tells a second constant of a name', async () => {
    const constant = node('c', 'Const', value(field(1, 1), shape(1), field(5, [0, 0, 128, 63])));
    const { tensors, skipped } = await openBytes(constant, constant);
    expect([tensors.length, skipped]).toEqual([
      1,
      [{ name: 'c', reason: 'a second node of this name' }],
    ]);
  });

  it('tells where the values of variables are', async () => {
    const { notices } = await openBytes(node('w', 'VariableV2'));
    expect(notices[0]?.message).toMatch(/1 variables, whose values are in a checkpoint/);
  });

  it('ends on nodes that hand values round in circles and fans', async () => {
    const hand = (name: string) => node(name, 'Identity', field(3, 'c'), field(3, 'i1'));
    const circle = Array.from({ length: 60 }, (_, i) => hand(`i${i % 3}`));
    const constant = node('c', 'Const', value(field(1, 1), shape(1), field(5, [0, 0, 128, 63])));
    const { tensors } = await openBytes(constant, ...circle, node('c', 'Identity', field(3, 'c')));
    expect(tensors).toHaveLength(1);
  });

  it('follows the first few of many that hand a value on', async () => {
    const constants = Array.from({ length: 2000 }, (_, i) =>
      node(`c${i}`, 'Const', value(field(1, 1), shape(1), field(5, [0, 0, 128, 63]))),
    );
    const hubs = constants.map((_, i) => node(`h${i}`, 'Identity', field(3, `c${i}`)));
    const fan = constants.flatMap((_, i) =>
      [1, 2, 3, 4].map((j) => node(`f${i}.${j}`, 'Identity', field(3, `h${Math.floor(i / 64)}`))),
    );
    const { tensors } = await openBytes(...constants, ...hubs, ...fan);
    expect(tensors).toHaveLength(2000);
  });

  it.each<[string, Uint8Array]>([
    ['ONNX by its first field', Uint8Array.of(8, 8, 0x3a, 0)],
    ['a message with a text', Uint8Array.from(field(1, 'AlexNet'))],
    ['a node without operation', Uint8Array.from(field(1, field(1, 'a')))],
    ['an operation that is no name', Uint8Array.from(node('a', 'a b'))],
    ['a name of control characters', Uint8Array.from(node('\x01\x02', 'Const'))],
  ])('does not take %s for a graph', async (_, bytes) => {
    const error: unknown = await openCheckpoint(memoryFiles('g.pb', bytes)).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(FormatError);
    expect(String(error)).not.toMatch(/TensorFlow graph: (?!g\.pb)/);
  });

  it.each<[string, number[], RegExp]>([
    ['a length past the end', [...node('a', 'NoOp'), 0x0a, 0x20, 1], /field 1 has 32 bytes, 1 are/],
    ['a group', [...node('a', 'NoOp'), 0x0b], /no field begins with tag 11/],
    ['a long name', [...node('a', 'NoOp'), ...node('x'.repeat(70_000), 'NoOp')], /limit is 65536/],
    [
      'a number without end',
      [...node('a', 'NoOp'), 0x20, ...new Array<number>(12).fill(255)],
      /a number has no end/,
    ],
    [
      'a negative size',
      node('c', 'Const', value(field(2, field(2, [8, ...new Array<number>(9).fill(255), 1])))),
      /is -1/,
    ],
  ])('refuses %s', async (_, bytes, message) => {
    await expect(openBytes(bytes)).rejects.toThrow(FormatError);
    await expect(openBytes(bytes)).rejects.toThrow(message);
  });

  it('refuses a cut within a node, and shows what stands before a cut between two', async () => {
    const whole = fixture('graph.pb');
    for (let length = 0; length < whole.byteLength; length += 3) {
      try {
        const { tensors } = await openBytes([...whole.subarray(0, length)]);
        for (const tensor of tensors) await valuesOf(tensor);
      } catch (error) {
        expect(error, `${length} bytes`).toBeInstanceOf(FormatError);
      }
    }
  });

  it('survives every flipped byte', async () => {
    const whole = fixture('constants.pb');
    for (let at = 0; at < whole.byteLength; at++) {
      const bytes = Uint8Array.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 0x5a;
      try {
        const { tensors } = await openCheckpoint(memoryFiles('g.pb', bytes));
        for (const tensor of tensors) await tensor.data.read(0, Math.min(2, tensor.shape[0] ?? 0));
      } catch (error) {
        expect(error, `byte ${at}`).toBeInstanceOf(FormatError);
      }
    }
  });

  it('says that the text form is not read', async () => {
    const text = new TextEncoder().encode('node {\n  name: "x"\n  op: "Placeholder"\n}\n');
    await expect(openCheckpoint(memoryFiles('g.pbtxt', text))).rejects.toThrow(
      'TensorFlow graph: g.pbtxt is a graph in text form, which is not read',
    );
  });
});

describe('varint', () => {
  it('is what protobuf has', () => {
    expect(varint(150)).toEqual([0x96, 1]);
  });
});
