import { describe, expect, it } from 'vitest';

import type { ByteSource } from '../../core/byteSource';
import type { Checkpoint } from '../../core/checkpoint';
import { FormatError } from '../../core/errors';
import { memoryFiles } from '../../io/checkpointFiles';
import { openCheckpoint } from '..';
import { tensorOf, valuesOf } from '../testSupport';
import { fixturesOf } from '../../../test/support/formatFixtures';
import { operatorName } from './operators';

const { golden, fixture, open } = fixturesOf('tensorflow');
const files = Object.keys(golden).filter((name) => name.endsWith('.tflite'));

const openBytes = (bytes: Uint8Array) => openCheckpoint(memoryFiles('m.tflite', bytes));

it('has fixtures', () => {
  expect(files).toHaveLength(6);
});

describe.each(files)('%s', (name) => {
  it("gives every value that the schema's own reader gives", async () => {
    const checkpoint = await open(name);
    const expected = Object.entries(golden[name] ?? {});
    expect(checkpoint.tensors.map((tensor) => tensor.name)).toEqual(expected.map(([key]) => key));
    for (const [key, { shape, values }] of expected) {
      const tensor = tensorOf(checkpoint, key);
      expect(tensor.shape, key).toEqual(shape);
      expect(await valuesOf(tensor), key).toEqual(values);
      expect(await valuesOf(tensor, 3), `${key} in pieces`).toEqual(values);
    }
  });
});

describe('what the operators say', () => {
  const cases: [file: string, name: string, type: string, role: string, config: object][] = [
    ['float32', 'functional_1/conv_1/convolution', 'CONV_2D', 'conv', { stride_w: 1, input: 1 }],
    ['float32', 'convolution', 'CONV_2D', 'conv', { groups: 2 }],
    [
      'float32',
      'functional_1/dw_1/depthwise',
      'DEPTHWISE_CONV_2D',
      'depthwise',
      {
        depth_multiplier: 2,
      },
    ],
    ['float32', 'functional_1/up_1/conv_transpose', 'TRANSPOSE_CONV', 'conv', { stride_h: 2 }],
    ['float32', 'functional_1/fc_1/MatMul', 'FULLY_CONNECTED', 'matrix', { weights_format: 0 }],
    ['float32', 'functional_1/fc_1/BiasAdd', 'FULLY_CONNECTED', 'bias', { input: 2 }],
    ['float32', 'arith.constant', 'RESHAPE', 'aux', {}],
    ['float16', 'functional_1/fc_1/MatMul', 'FULLY_CONNECTED', 'matrix', { input: 1 }],
    ['int8', 'functional_1/dw_1/depthwise', 'DEPTHWISE_CONV_2D', 'depthwise', {}],
    ['lstm', 'sequential_1/lstm_1/while/lstm_cell_1/MatMul', 'FULLY_CONNECTED', 'matrix', {}],
    ['lstm', 'sequential_1/lstm_1/while/lstm_cell_1/BiasAdd_1/ReadVariableOp', 'ADD', 'bias', {}],
  ];
  it.each(cases)('%s: takes %s for a part of %s', async (file, name, type, role, config) => {
    const tensor = tensorOf(await open(`${file}.tflite`), name);
    expect(tensor.module).toMatchObject({ type, config });
    expect(tensor.role).toBe(role);
  });

  it('names the operator by the last of those that were joined', async () => {
    const { tensors } = await open('float32.tflite');
    expect(tensorOf({ tensors } as Checkpoint, 'convolution').module?.name).toBe(
      'functional_1/grouped_1/Squeeze1',
    );
  });

  it('counts operators of all subgraphs', async () => {
    const { description, declared, framework } = await open('lstm.tflite');
    expect([description, framework]).toEqual(['TFLite 3, 26 operators', 'tensorflow']);
    expect(declared).toMatchObject({ operations: { FULLY_CONNECTED: 3, WHILE: 1 } });
  });

  it.each([
    [0, 'ADD'],
    [9, 'FULLY_CONNECTED'],
    [126, 'BATCH_MATMUL'],
    [206, 'STABLEHLO_COMPOSITE'],
    [209, 'STABLEHLO_CASE'],
    [999, 'operator 999'],
  ])('calls operator %d %s', (code, name) => {
    expect(operatorName(code)).toBe(name);
  });
});

describe('scales', () => {
  it.each([
    ['tensor', 'INT8', 'TFLite, per tensor', Math.fround(0.1)],
    ['unsigned', 'UINT8', 'TFLite, per tensor', Math.fround(0.1)],
    ['axis0', 'INT8', 'TFLite, per slice of axis 0', undefined],
    ['axis1', 'INT8', 'TFLite, per slice of axis 1', undefined],
    ['int4 axis1', 'INT4', 'TFLite, per slice of axis 1', undefined],
    ['blocks', 'INT4', 'TFLite, blocks of 4', undefined],
  ])('tells how %s was quantised', async (name, storedDtype, scheme, step) => {
    for (const file of ['types.tflite', 'behind.tflite']) {
      const tensor = tensorOf(await open(file), name);
      expect(tensor.dtype).toBe('f32');
      expect(tensor.quantization).toEqual({
        storedDtype,
        scheme,
        ...(step !== undefined && { step }),
      });
    }
  });

  it('leaves integers without scales as they are', async () => {
    const checkpoint = await open('types.tflite');
    expect(tensorOf(checkpoint, 'codes')).toMatchObject({ dtype: 'i8', shape: [2, 3] });
    expect(tensorOf(checkpoint, 'codes').quantization).toBeUndefined();
  });

  it('sets apart what it does not read', async () => {
    expect((await open('types.tflite')).skipped).toEqual([
      { name: 'sparse', reason: 'is stored sparsely, with 0 levels for 2 axes and blocks' },
      { name: 'text', reason: 'type STRING is not read' },
    ]);
  });
});

describe('files that lie', () => {
  const head = [...new TextEncoder().encode('TFL3')];
  const words = (...values: number[]) =>
    values.flatMap((value) => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff));

  it.each<[string, number[], RegExp]>([
    ['a root past the end', [...words(99), ...head], /needs 4 bytes at 99, the file has 8/],
    [
      'a vtable before the file',
      [...words(8), ...head, ...words(4000)],
      /needs 4 bytes at -3992, the file has 12/,
    ],
    [
      'a vtable of 2 bytes',
      [...words(8), ...head, ...words(-4), 2, 0, 4, 0],
      /a vtable of 2 bytes/,
    ],
    [
      'a table of 2 bytes',
      [...words(8), ...head, ...words(-4), 4, 0, 2, 0],
      /a vtable of 4 bytes for a table of 2/,
    ],
    [
      'a field outside its table',
      [...words(8), ...head, ...words(-4), 10, 0, 8, 0, 0, 0, 6, 0, 0, 0, 0, 0],
      /field 1 lies at byte 6 of a table of 8/,
    ],
    [
      'a vector past the end',
      [...words(8), ...head, ...words(-8), ...words(4), 8, 0, 8, 0, 0, 0, 4, 0, ...words(99)],
      /operator codes have 524296 bytes|operator codes have \d+ bytes, \d+ are left/,
    ],
  ])('refuses %s', async (_, bytes, message) => {
    const file = Uint8Array.from(bytes);
    await expect(openBytes(file)).rejects.toThrow(FormatError);
    await expect(openBytes(file)).rejects.toThrow(message);
  });

  it('refuses pointers that share their targets without end, quickly', async () => {
    // 3000 times the same subgraph, in it 3000 times the same tensor: nine million in 24 KB.
    const count = 3000;
    const [empty, outer, inner, root, graphs] = [8, 12, 24, 32, 40] as const;
    // Pointers only lead forwards.
    const graph = graphs + 4 + 4 * count;
    const tensors = graph + 8;
    const tensor = tensors + 4 + 4 * count;
    const file = new DataView(new ArrayBuffer(tensor + 4));
    new Uint8Array(file.buffer).set(head, 4);
    const vtable = (at: number, ...parts: readonly number[]) => {
      parts.forEach((part, i) => file.setUint16(at + 2 * i, part, true));
    };
    // Subgraphs are field 2 of a model, tensors field 0 of a subgraph; a tensor may have no field at all.
    vtable(empty, 4, 4);
    vtable(outer, 10, 8, 0, 0, 4);
    vtable(inner, 6, 8, 4);
    file.setUint32(0, root, true);
    file.setInt32(root, root - outer, true);
    file.setUint32(root + 4, graphs - root - 4, true);
    file.setInt32(graph, graph - inner, true);
    file.setUint32(graph + 4, tensors - graph - 4, true);
    file.setInt32(tensor, tensor - empty, true);
    for (const [vector, target] of [
      [graphs, graph],
      [tensors, tensor],
    ] as const) {
      file.setUint32(vector, count, true);
      for (let at = vector + 4; at < vector + 4 + 4 * count; at += 4) {
        file.setInt32(at, target - at, true);
      }
    }
    await expect(openBytes(new Uint8Array(file.buffer))).rejects.toThrow(/more than 6\d+ tables/);
  });

  it('refuses every cut within the tables', async () => {
    for (const name of ['types.tflite', 'float32.tflite']) {
      const whole = fixture(name);
      for (let length = 8; length < whole.byteLength; length += 7) {
        try {
          const { tensors } = await openBytes(whole.subarray(0, length));
          for (const tensor of tensors) await valuesOf(tensor);
        } catch (error) {
          expect(error, `${name} ${length}`).toBeInstanceOf(FormatError);
        }
      }
    }
  });

  it('survives every flipped byte', async () => {
    for (const name of ['types.tflite', 'behind.tflite']) {
      const whole = fixture(name);
      for (let at = 0; at < whole.byteLength; at++) {
        const bytes = Uint8Array.from(whole);
        bytes[at] = (bytes[at] ?? 0) ^ 0x5a;
        try {
          const { tensors } = await openBytes(bytes);
          for (const tensor of tensors)
            await tensor.data.read(0, Math.min(1, tensor.shape[0] ?? 1));
        } catch (error) {
          expect(error, `${name} byte ${at}`).toBeInstanceOf(FormatError);
        }
      }
    }
  });
});

describe('large files', () => {
  it('reads tables only, whatever lies behind them', async () => {
    const whole = fixture('behind.tflite');
    const size = 6 * 2 ** 30;
    let read = 0;
    const source: ByteSource = {
      name: 'large.tflite',
      size,
      read(offset, length) {
        read += length;
        const bytes = new Uint8Array(length);
        bytes.set(whole.subarray(offset, offset + length));
        return Promise.resolve(bytes);
      },
      close: () => Promise.resolve(),
    };
    const { tensors } = await openCheckpoint({
      main: source,
      open: () => Promise.reject(new Error()),
      has: () => Promise.resolve(false),
      opened: [source],
      close: () => Promise.resolve(),
    });
    expect(tensors).toHaveLength(26);
    expect(read).toBeLessThan(2 ** 18);
  });
});
