import { describe, expect, it } from 'vitest';

import type { ByteSource } from '../../core/byteSource';
import { FormatError } from '../../core/errors';
import { property } from '../../core/json';
import { memoryFiles } from '../../io/checkpointFiles';
import { openCheckpoint } from '..';
import { tensorOf, valuesOf } from '../testSupport';
import { fixturesOf } from '../../../test/support/formatFixtures';
import { unpackVarints, WireReader } from './wire';

const { golden, fixture, open } = fixturesOf('onnx');

describe.each(Object.entries(golden))('%s', (name, tensors) => {
  it('gives every value that the reference implementation gives', async () => {
    const checkpoint = await open(name);
    expect(checkpoint.skipped).toEqual([]);
    expect(checkpoint.notices).toEqual([]);
    for (const [tensorName, expected] of Object.entries(tensors)) {
      const tensor = tensorOf(checkpoint, tensorName);
      expect(tensor.shape, tensorName).toEqual(expected.shape);
      expect(await valuesOf(tensor), tensorName).toEqual(expected.values);
      expect(await valuesOf(tensor, 3), `${tensorName} in pieces`).toEqual(expected.values);
    }
  });
});

describe('what the graph says', () => {
  const cases: [tensor: string, type: string, role: string | undefined, config: object][] = [
    ['conv.weight', 'Conv', 'conv', { group: 2, kernel_shape: [3, 3], input: 1 }],
    ['conv.bias', 'Conv', 'bias', { input: 2 }],
    ['dw.weight', 'Conv', 'depthwise', { group: 4 }],
    ['up.weight', 'ConvTranspose', 'conv', { group: 2 }],
    ['s', 'BatchNormalization', 'norm_scale', { epsilon: 0.001 }],
    ['t', 'BatchNormalization', 'norm_bias', {}],
    ['m', 'BatchNormalization', 'running_stat', {}],
    ['v', 'BatchNormalization', 'running_stat', {}],
    ['fc.weight', 'Gemm', 'matrix', { transB: 1, input: 1 }],
    ['fc.bias', 'Gemm', 'bias', {}],
    ['right', 'MatMul', 'matrix', { input: 1 }],
    ['left', 'MatMul', 'matrix', { input: 0 }],
    ['linear', 'MatMul', 'matrix', { input: 1, transposed: true }],
    ['487', 'Add', 'bias', {}],
    ['lstm_w', 'LSTM', 'matrix', { hidden_size: 2, direction: 'bidirectional' }],
    ['lstm_r', 'LSTM', 'recurrent', {}],
    ['lstm_b', 'LSTM', 'bias', {}],
    ['table', 'Gather', 'embedding', {}],
    ['slope', 'PRelu', 'bias', {}],
    ['two', 'Pow', 'aux', {}],
    ['inner.bias', 'Add', 'bias', {}],
  ];
  it.each(cases)('takes %s for a part of %s', async (name, type, role, config) => {
    const tensor = tensorOf(await open('graph.onnx'), name);
    expect(tensor.module).toMatchObject({ type, config });
    expect(tensor.role).toBe(role);
  });

  it('names nodes, Constant values and tensors of inner graphs', async () => {
    const { tensors, description } = await open('graph.onnx');
    expect(description).toBe('ONNX, 23 nodes');
    const names = tensors.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['constant', 'ratio', 'inner.bias#2']));
    expect(tensorOf(await open('graph.onnx'), 'conv.weight').module?.name).toBe('/conv/Conv');
  });

  it.each([
    [
      'graph.onnx',
      [
        { name: 'drop1', type: 'Dropout', config: { ratio: 0.3 } },
        { name: 'drop2', type: 'Dropout', config: { ratio: 0.5 } },
        { name: 'drop3', type: 'Dropout', config: { ratio: null } },
      ],
    ],
    ['opset11.onnx', [{ name: 'old', type: 'Dropout', config: { ratio: 0.1 } }]],
    ['torch_eval.onnx', undefined],
  ])('lists the dropout of %s', async (name, modules) => {
    const { declared } = await open(name);
    expect(property(declared, 'modules')).toEqual(modules);
  });

  it('reads what torch exports for training', async () => {
    const checkpoint = await open('torch_training.onnx');
    expect(checkpoint.declared).toMatchObject({
      producer: 'pytorch 2.13.0',
      opsets: { 'ai.onnx': 13 },
      operations: { Conv: 1, BatchNormalization: 1, Dropout: 1 },
      modules: [{ type: 'Dropout', config: { ratio: 0.25, training: true } }],
    });
    expect(tensorOf(checkpoint, 'bn.running_var').role).toBe('running_stat');
    expect(tensorOf(checkpoint, 'fc.weight').module).toMatchObject({ type: 'Gemm' });
    expect(tensorOf(checkpoint, 'proj.weight').module).toMatchObject({
      type: 'MatMul',
      config: { transposed: true },
    });
  });

  it('counts a file of data among its files', async () => {
    const { files } = await open('external.onnx');
    expect(files.map(({ name }) => name)).toEqual(['external.onnx', 'external.data']);
  });

  it.each([
    ['tensor', 'UINT8', 'DequantizeLinear, per tensor', Math.fround(0.1)],
    ['axis0', 'INT8', 'DequantizeLinear, per slice of axis 0', undefined],
    ['blocks', 'INT4', 'DequantizeLinear, blocks of 2', undefined],
    ['qconv', 'INT8', 'DequantizeLinear, per slice of axis 0', undefined],
  ])('tells how %s was quantised', async (name, storedDtype, scheme, step) => {
    const tensor = tensorOf(await open('quantized.onnx'), name);
    expect(tensor.dtype).toBe('f32');
    expect(tensor.quantization).toEqual({
      storedDtype,
      scheme,
      ...(step !== undefined && { step }),
    });
  });

  it('finds the node behind the dequantisation', async () => {
    const checkpoint = await open('quantized.onnx');
    expect(tensorOf(checkpoint, 'axis0').module).toMatchObject({ type: 'Gemm' });
    expect(tensorOf(checkpoint, 'axis0.scale').role).toBe('aux');
  });
});

describe('varints', () => {
  it('keeps 64 bits', () => {
    const bytes = Uint8Array.of(
      0,
      0x96,
      1,
      0xff,
      0xff,
      0xff,
      0xff,
      0x0f,
      ...new Array<number>(9).fill(0xff),
      1,
    );
    expect([...unpackVarints(bytes)]).toEqual([0n, 150n, 0xffffffffn, -1n]);
  });
});

/** Protobuf: a varint, or bytes behind a length. */
function varint(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  return [...out, rest];
}
const num = (field: number, value: number) => [...varint(field * 8), ...varint(value)];
const len = (field: number, bytes: readonly number[]) => [
  ...varint(field * 8 + 2),
  ...varint(bytes.length),
  ...bytes,
];
const text = (field: number, value: string) => len(field, [...new TextEncoder().encode(value)]);
const pair = (key: string, value: string) => len(13, [...text(1, key), ...text(2, value)]);
const initializer = (...parts: readonly number[][]) => len(5, parts.flat());
const model = (...graph: readonly number[][]) =>
  Uint8Array.from([...num(1, 8), ...text(2, 'test'), ...len(7, graph.flat())]);
const siblings = new Map([['w.bin', new Uint8Array(16)]]);
const openBytes = (bytes: Uint8Array) => openCheckpoint(memoryFiles('m.onnx', bytes, siblings));
const external = (location: string, offset: string, length?: string) => [
  ...pair('location', location),
  ...pair('offset', offset),
  ...(length === undefined ? [] : pair('length', length)),
  ...num(14, 1),
];
const f32 = [...num(1, 2), ...num(2, 1), ...text(8, 'w')];

describe('models that lie', () => {
  it.each<[string, number[], RegExp]>([
    ['too few bytes', [...f32, ...len(9, [1, 2, 3, 4])], /^spans 4 bytes, its shape needs 8$/],
    ['too few floats', [...f32, ...len(4, [1, 2, 3, 4])], /^spans 4 bytes/],
    ['no values', f32, /has no values, its shape needs 8 bytes/],
    ['a list of another type', [...f32, ...len(5, [1, 2])], /field 5 of TensorProto/],
    ['unpacked values', [...f32, ...varint(4 * 8 + 5), 0, 0, 0, 0], /not one packed list/],
    ['segments', [...f32, ...len(3, [])], /in segments/],
    ['an unknown type', [...num(1, 2), ...num(2, 99), ...text(8, 'w')], /type 99 is not read/],
    ['texts', [...num(1, 2), ...num(2, 8), ...text(8, 'w')], /type STRING is not read/],
    [
      'a negative size',
      [...len(1, [...new Array<number>(9).fill(255), 1]), ...num(2, 1), ...text(8, 'w')],
      /its shape -1 is none/,
    ],
    [
      'a size beyond numbers',
      [...num(1, 2 ** 40), ...num(1, 2 ** 40), ...num(2, 1), ...text(8, 'w')],
      /is none/,
    ],
    [
      'too short a list',
      [...num(1, 9), ...num(2, 6), ...text(8, 'w'), ...len(5, [1, 2])],
      /cannot hold 9 values/,
    ],
    ['a file elsewhere', [...f32, ...external('../../etc/passwd', '0')], /outside its folder/],
    ['an absolute file', [...f32, ...external('/etc/passwd', '0')], /outside its folder/],
    ['a file that is missing', [...f32, ...external('no.bin', '0')], /cannot be opened/],
    ['no file', [...f32, ...num(14, 1)], /outside its folder/],
    [
      'an offset past the end',
      [...f32, ...external('w.bin', '12')],
      /w.bin has 4 bytes from byte 12/,
    ],
    ['a negative offset', [...f32, ...external('w.bin', '-4')], /no count of bytes/],
    [
      'an endless offset',
      [...f32, ...external('w.bin', '99999999999999999999')],
      /no count of bytes/,
    ],
    ['a short length', [...f32, ...external('w.bin', '0', '4')], /spans 4 bytes/],
  ])('sets apart a tensor with %s', async (_, tensor, reason) => {
    const { tensors, skipped } = await openBytes(model(initializer(tensor)));
    expect(tensors).toEqual([]);
    expect(skipped).toEqual([{ name: 'w', reason: expect.stringMatching(reason) }]);
  });

  it('tells that the file of data is missing', async () => {
    const bytes = fixture('external.onnx');
    const { tensors, notices } = await openCheckpoint(memoryFiles('external.onnx', bytes));
    expect(tensors.map(({ name }) => name)).toEqual(['small']);
    expect(notices).toEqual([
      { severity: 'problem', message: expect.stringContaining('2 of 2 tensors in other files') },
    ]);
  });

  it('refuses a list with fewer values than bytes said, when it is read', async () => {
    const list = [...num(1, 2), ...num(2, 6), ...text(8, 'w'), ...len(5, [0x80, 0x80, 1])];
    const { tensors } = await openBytes(model(initializer(list)));
    await expect(tensors[0]!.data.read(0, 2)).rejects.toThrow(/a list of 1 values/);
  });

  it.each<[string, number[], number[]]>([
    ['fits', [2], [2]],
    ['has too many scales', [2], [3]],
    ['is on an axis that is not there', [], [2]],
  ])('leaves codes as they are unless their scale %s', async (name, dims, scales) => {
    const codes = [
      ...dims.flatMap((size) => num(1, size)),
      ...num(2, 3),
      ...text(8, 'q'),
      ...len(9, new Array<number>(dims[0] ?? 1).fill(3)),
    ];
    const scale = [
      ...scales.flatMap((size) => num(1, size)),
      ...num(2, 1),
      ...text(8, 's'),
      ...len(9, new Array<number>(4 * scales[0]!).fill(0)),
    ];
    const axis = [...text(1, 'axis'), ...num(3, 0)];
    const node = len(1, [
      ...text(1, 'q'),
      ...text(1, 's'),
      ...text(2, 'o'),
      ...text(4, 'DequantizeLinear'),
      ...len(5, axis),
    ]);
    const checkpoint = await openBytes(model(node, initializer(codes), initializer(scale)));
    expect(tensorOf(checkpoint, 'q').dtype).toBe(name === 'fits' ? 'f32' : 'i8');
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['nothing inside', model(), /neither nodes nor weights/],
    [
      'a length past the end',
      Uint8Array.from([...num(1, 8), 0x3a, 0x20, 1]),
      /field 7 has 32 bytes, 1 are left/,
    ],
    [
      'a length of 2^63',
      Uint8Array.from([...num(1, 8), 0x3a, ...new Array<number>(9).fill(255), 1]),
      /field 7 has \d+ bytes/,
    ],
    [
      'a number without end',
      Uint8Array.from([...num(1, 8), 0x3a, 12, 10, ...new Array<number>(11).fill(255)]),
      /a number has no end/,
    ],
    ['a group', model([0x0b, 0x0c]), /no field begins with tag 11/],
    [
      '65 axes',
      model(initializer(new Array<number[]>(65).fill(num(1, 1)).flat())),
      /more than 64 axes/,
    ],
    [
      'a long name',
      model(len(1, text(1, 'x'.repeat(70_000)))),
      /has 70000 bytes, the limit is 65536/,
    ],
  ])('refuses %s', async (_, bytes, message) => {
    await expect(openBytes(bytes)).rejects.toThrow(FormatError);
    await expect(openBytes(bytes)).rejects.toThrow(message);
  });

  it('refuses graphs in graphs without end', async () => {
    let graph: number[] = text(2, 'innermost');
    for (let depth = 0; depth < 20; depth++) graph = len(1, len(5, len(6, graph)));
    await expect(openBytes(model(graph))).rejects.toThrow(/graphs lie 17 deep/);
  });

  it('ends on values that are handed round in circles and fans', async () => {
    const hand = (from: string, to: string) =>
      len(1, [...text(1, from), ...text(2, to), ...text(4, 'Identity')]);
    const nodes = Array.from({ length: 60 }, () => hand('w', 'w'));
    const tensor = initializer([...f32, ...len(9, new Array<number>(8).fill(0))]);
    const { tensors } = await openBytes(model(...nodes.slice(0, 3), tensor));
    expect(tensors).toHaveLength(1);
    expect((await openBytes(model(...nodes, tensor))).tensors).toHaveLength(1);
  });

  it('refuses every truncation, or says what is missing', async () => {
    for (const name of ['graph.onnx', 'types.onnx']) {
      const whole = fixture(name);
      for (let length = 0; length < whole.byteLength; length += 7) {
        await expect(openBytes(whole.subarray(0, length)), `${name} ${length}`).rejects.toThrow(
          FormatError,
        );
      }
    }
  });

  it('survives every flipped byte', async () => {
    const whole = fixture('quantized.onnx');
    for (let at = 0; at < whole.byteLength; at++) {
      const bytes = Uint8Array.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 0x5a;
      try {
        const { tensors } = await openBytes(bytes);
        for (const tensor of tensors) await valuesOf(tensor);
      } catch (error) {
        expect(error, `byte ${at}`).toBeInstanceOf(FormatError);
      }
    }
  });
});

describe('large files', () => {
  it('steps over weights without reading them', async () => {
    // 3 GB of weights between two small parts, of which only the parts exist.
    const weights = 3 * 2 ** 30;
    const tensor = [
      ...num(1, weights / 4),
      ...num(2, 1),
      ...text(8, 'w'),
      ...varint(9 * 8 + 2),
      ...varint(weights),
    ];
    const node = len(1, [...text(1, 'w'), ...text(4, 'Gemm')]);
    const tensorBytes = tensor.length + weights;
    const graphBytes = 1 + varint(tensorBytes).length + tensorBytes + node.length;
    const head = [
      ...num(1, 8),
      0x3a,
      ...varint(graphBytes),
      0x2a,
      ...varint(tensorBytes),
      ...tensor,
    ];
    let read = 0;
    const source: ByteSource = {
      name: 'large.onnx',
      size: head.length + weights + node.length,
      read(offset, length) {
        read += length;
        const bytes = new Uint8Array(length);
        for (let i = 0; i < length; i++) {
          const at = offset + i;
          bytes[i] = head[at] ?? node[at - head.length - weights] ?? 0;
        }
        return Promise.resolve(bytes);
      },
      close: () => Promise.resolve(),
    };
    const [irVersion, graph] = await new WireReader(source, 'ONNX').fields({
      offset: 0,
      length: source.size,
    });
    expect([irVersion?.value, graph?.number]).toEqual([8n, 7]);
    const files = {
      main: source,
      open: () => Promise.reject(new Error()),
      has: () => Promise.resolve(false),
      opened: [source],
      close: () => Promise.resolve(),
    };
    const { tensors } = await openCheckpoint(files);
    expect(tensors.map(({ shape, module }) => [shape, module?.type])).toEqual([
      [[weights / 4], 'Gemm'],
    ]);
    expect(read).toBeLessThan(2 ** 20);
  });
});
