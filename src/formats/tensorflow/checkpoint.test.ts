import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { Checkpoint } from '../../core/checkpoint';
import { FormatError } from '../../core/errors';
import { property } from '../../core/json';
import { memoryFiles } from '../../io/checkpointFiles';
import { openCheckpoint } from '..';
import { tensorOf, valuesOf } from '../testSupport';
import { fixturesOf } from '../../../test/support/formatFixtures';
import { block, entry, field, table } from './buildTable';
import { maskedCrc32c } from './crc32c';
import { sliceKey } from './orderedCode';
import { unsnappy } from './snappy';

const { folder, golden, fixture, open } = fixturesOf('tensorflow');

async function matchGolden(checkpoint: Checkpoint, prefix: string, nameOf: Map<string, string>) {
  const expected = Object.entries(golden[prefix] ?? {});
  expect(checkpoint.tensors.map(({ name }) => name).toSorted()).toEqual(
    expected.map(([key]) => nameOf.get(key) ?? key).toSorted(),
  );
  for (const [key, { shape, values }] of expected) {
    const tensor = tensorOf(checkpoint, nameOf.get(key) ?? key);
    expect(tensor.shape, key).toEqual(shape);
    expect(await valuesOf(tensor), key).toEqual(values);
    expect(await valuesOf(tensor, 3), `${key} in pieces`).toEqual(values);
  }
}

describe('checkpoints by name', () => {
  it('gives every value of every type', async () => {
    const checkpoint = await open('types.index');
    expect(checkpoint.description).toBe('TensorFlow checkpoint, name-based, 1 shard');
    expect(checkpoint.skipped).toEqual([
      { name: 'complex', reason: 'type DT_COMPLEX64 is not read' },
      { name: 'text', reason: 'type DT_STRING is not read' },
    ]);
    expect(tensorOf(checkpoint, 'bfloat16').dtype).toBe('bf16');
    expect(tensorOf(checkpoint, 'float8_e4m3fn').dtype).toBe('f8_e4m3fn');
    await matchGolden(checkpoint, 'types', new Map());
  });

  it('puts partitioned variables together, whatever the partition', async () => {
    const checkpoint = await open('sharded.index');
    expect(checkpoint.tensors.map(({ name }) => name)).toEqual([
      'columns',
      'grid',
      'rows',
      'whole0',
      'whole1',
    ]);
    await matchGolden(checkpoint, 'sharded', new Map());
    expect(checkpoint.files.map(({ name }) => name)).toEqual([
      'sharded.index',
      'sharded.data-00000-of-00002',
      'sharded.data-00001-of-00002',
    ]);
  });

  it.each(['sharded.data-00000-of-00002', 'sharded.data-00001-of-00002'])(
    'opens the whole by %s',
    async (name) => {
      await matchGolden(await open(name), 'sharded', new Map());
    },
  );

  it('keeps slots and moving averages apart', async () => {
    const checkpoint = await open('tf1/checkpoint');
    await matchGolden(checkpoint, 'tf1/model.ckpt-1', new Map());
    const roles = Object.fromEntries(checkpoint.tensors.map(({ name, role }) => [name, role]));
    expect(roles).toMatchObject({
      'conv1/weights': 'conv',
      'conv1/biases': 'bias',
      'dw/depthwise_weights': 'depthwise',
      'conv1/weights/Adam': 'optimizer',
      'conv1/weights/Adam_1': 'optimizer',
      'conv1/weights/ExponentialMovingAverage': 'ema_copy',
      'fc2/kernel/Momentum': 'optimizer',
      beta1_power: 'optimizer',
    });
    expect(checkpoint.optimizers).toEqual([
      { name: 'Adam', groups: [{ hyperparameters: {}, parameterCount: 3 }] },
      { name: 'Momentum', groups: [{ hyperparameters: {}, parameterCount: 1 }] },
    ]);
    expect(checkpoint.recorded).toEqual({ global_step: 1 });
    expect(checkpoint.tensors.map(({ name }) => name).slice(-3)).toEqual([
      'fc2/kernel/Momentum',
      'fc10/weights',
      'global_step',
    ]);
  });
});

describe('the graph beside a checkpoint', () => {
  it('tells classes, roles and dropout', async () => {
    const checkpoint = await open('tf1/model.ckpt-1.index');
    expect(tensorOf(checkpoint, 'conv1/weights')).toMatchObject({
      role: 'conv',
      module: { type: 'Conv2D', config: { padding: 'SAME', input: 1 } },
    });
    expect(tensorOf(checkpoint, 'dw/depthwise_weights').module?.type).toBe('DepthwiseConv2dNative');
    expect(tensorOf(checkpoint, 'fc2/kernel').module?.type).toBe('MatMul');
    expect(tensorOf(checkpoint, 'conv1/weights/Adam')).toMatchObject({ role: 'optimizer' });
    expect(property(checkpoint.declared, 'modules')).toEqual([
      { name: 'dropout', type: 'Dropout', config: { rate: 0.25 } },
    ]);
  });

  it('may be damaged: the weights are shown without it', async () => {
    const part = (name: string) => [name, fixture(`tf1/${name}`)] as const;
    const siblings = new Map([part('model.ckpt-1.data-00000-of-00001'), part('model.ckpt-1.meta')]);
    siblings.set('model.ckpt-1.meta', fixture('tf1/model.ckpt-1.meta').subarray(0, 999));
    const index = fixture('tf1/model.ckpt-1.index');
    const { tensors, notices } = await openCheckpoint(
      memoryFiles('model.ckpt-1.index', index, siblings),
    );
    expect(tensors).toHaveLength(16);
    expect(notices).toEqual([
      { severity: 'warn', message: expect.stringMatching(/^The graph beside the checkpoint/) },
    ]);
  });
});

describe('checkpoints of objects', () => {
  it('names variables by the way to them and slots by their variable', async () => {
    const checkpoint = await open('objects/checkpoint');
    const value = '/.ATTRIBUTES/VARIABLE_VALUE';
    const keys = Object.keys(golden['objects/ckpt-1'] ?? {});
    const nameOf = new Map(
      keys.map((key) => [
        key,
        key.replace(value, '').replace('/.OPTIMIZER_SLOT/optimizer', '').replace('a.Sb', 'a/b'),
      ]),
    );
    await matchGolden(checkpoint, 'objects/ckpt-1', nameOf);
    const roles = Object.fromEntries(checkpoint.tensors.map(({ name, role }) => [name, role]));
    expect(roles).toMatchObject({
      'model/blocks/0/kernel': undefined,
      'model/named/a/b/bias': undefined,
      'model/blocks/1/kernel/m': 'optimizer',
      'optimizer/beta1_power': 'optimizer',
    });
    expect(checkpoint.optimizers).toEqual([
      { name: 'Adam or AdamW', groups: [{ hyperparameters: {}, parameterCount: 4 }] },
    ]);
    expect(checkpoint.recorded).toEqual({ save_counter: 1 });
    expect(checkpoint.skipped).toEqual([
      { name: '_CHECKPOINTABLE_OBJECT_GRAPH', reason: expect.stringMatching(/^a text/) },
    ]);
  });

  it('names the variables of Keras as Keras does', async () => {
    const checkpoint = await open('keras3.index');
    expect(checkpoint.framework).toBe('keras');
    const weights = checkpoint.tensors.filter(({ role }) => role === undefined);
    expect(weights.map(({ name }) => name)).toEqual([
      ...['net/c1/kernel', 'net/c1/bias', 'net/bn/gamma', 'net/bn/beta', 'net/bn/moving_mean'],
      ...['net/bn/moving_variance', 'net/dw/kernel', 'net/dw/bias', 'net/fc/kernel', 'net/fc/bias'],
    ]);
    const [key] = Object.keys(golden['keras3'] ?? {}).filter((one) => /variables\/0\//.test(one));
    const expected = golden['keras3']?.[key ?? '']?.values;
    expect(await valuesOf(tensorOf(checkpoint, 'net/c1/kernel'))).toEqual(expected);
    expect(tensorOf(checkpoint, 'adam/net_fc_kernel_velocity').role).toBe('optimizer');
    expect(checkpoint.optimizers).toEqual([
      { name: 'Adam', groups: [{ hyperparameters: { learning_rate: 0.002 }, parameterCount: 8 }] },
    ]);
    expect(checkpoint.recorded).toEqual({ 'optimizer/iterations': 2 });
  });
});

describe('parts that are missing', () => {
  it('shows what the other shards hold and names the missing one', async () => {
    const files = memoryFiles(
      'sharded.index',
      fixture('sharded.index'),
      new Map([['sharded.data-00001-of-00002', fixture('sharded.data-00001-of-00002')]]),
    );
    const { tensors, skipped, notices } = await openCheckpoint(files);
    expect(tensors.map(({ name }) => name)).toEqual(['whole1']);
    expect(skipped).toHaveLength(4);
    expect(skipped[0]?.reason).toBe('is in sharded.data-00000-of-00002, which is missing');
    expect(notices).toEqual([
      {
        severity: 'problem',
        message: '4 tensors cannot be read; missing is 1 file: sharded.data-00000-of-00002',
      },
    ]);
  });

  it('names objects by their keys where the graph is missing', async () => {
    const { skipped, notices } = await openCheckpoint(
      memoryFiles('ckpt-1.index', fixture('objects/ckpt-1.index')),
    );
    const names = skipped.map(({ name }) => name);
    expect(names).toContain('model/blocks/0/kernel');
    expect(names).toContain('model/blocks/0/kernel/optimizer/m');
    expect(notices).toHaveLength(1);
  });

  it('tells where a shard is cut short', async () => {
    const shard = fixture('types.data-00000-of-00001');
    const { tensors, skipped } = await openCheckpoint(
      memoryFiles(
        'types.index',
        fixture('types.index'),
        new Map([['types.data-00000-of-00001', shard.subarray(0, 100)]]),
      ),
    );
    expect(tensors.length).toBeGreaterThan(3);
    expect(skipped.map(({ reason }) => reason)).toContainEqual(
      expect.stringMatching(
        /lies at bytes \d+ to \d+ of types\.data-00000-of-00001, which has 100/,
      ),
    );
  });

  it.each([
    ['absolute', '/home/me/run/model.ckpt-7', 'model.ckpt-7.index'],
    ['of Windows', 'C:\\\\run\\\\model.ckpt-7', 'model.ckpt-7.index'],
    ['in a folder', 'sub/model.ckpt-7', 'sub/model.ckpt-7.index'],
  ])('looks for a latest checkpoint whose path is %s', async (_, path, name) => {
    const text = new TextEncoder().encode(`model_checkpoint_path: "${path}"\n`);
    await expect(openCheckpoint(memoryFiles('checkpoint', text))).rejects.toThrow(
      `checkpoint needs "${name}" beside it`,
    );
  });
});

/** A header of one shard, and rows. */
const header = ['', [...field(1, 1), ...field(3, [])]] as const;
const headerBytes = block([header]).length;
const openTable = (bytes: Uint8Array, values = new Uint8Array(16)) =>
  openCheckpoint(memoryFiles('x.index', bytes, new Map([['x.data-00000-of-00001', values]])));

describe('files that lie', () => {
  it.each<[string, number[], RegExp]>([
    ['too few bytes', entry({ shape: [2], size: 4 }), /^spans 4 bytes, its shape needs 8$/],
    ['a place past the end', entry({ shape: [2], size: 8, offset: 12 }), /at bytes 12 to 20/],
    ['a shard that is none', entry({ shard: 3 }), /spans 0 bytes/],
    ['shard 3 of 1', entry({ shard: 3, size: 4 }), /is in shard 3 of 1/],
    ['an unknown type', entry({ dataType: 99 }), /type 99 is not read/],
    ['a size beyond numbers', entry({ shape: [2 ** 40, 2 ** 40] }), /more elements than can/],
    [
      'a slice that is nowhere',
      [...entry({ shape: [2] }), ...field(7, field(1, []))],
      /not in the/,
    ],
    ['slices of another rank', [...entry({ shape: [2] }), ...field(7, [])], /another rank/],
  ])('sets apart a tensor with %s', async (_, value, reason) => {
    const { tensors, skipped } = await openTable(table([block([header, ['w', value]])]));
    expect(tensors).toEqual([]);
    expect(skipped).toEqual([{ name: 'w', reason: expect.stringMatching(reason) }]);
  });

  it.each<[string, readonly (readonly [number, number])[], RegExp]>([
    [
      'overlap',
      [
        [0, 2],
        [0, 2],
      ],
      /its slices overlap/,
    ],
    ['leave a gap', [[0, 2]], /its slices have 2 elements, its shape has 4/],
    [
      'leave the shape',
      [
        [0, 2],
        [3, 2],
      ],
      /has a slice outside its shape \[4\]/,
    ],
  ])('sets apart a variable whose slices %s', async (_, parts, reason) => {
    const extents = parts.map(([start, length]) => ({ start, length }));
    const slices = extents.flatMap(({ start, length }) =>
      field(7, field(1, [...field(1, start), ...field(2, length)])),
    );
    const rows = extents.map(
      (extent) => [sliceKey('w', [extent]), entry({ shape: [2], size: 8 })] as const,
    );
    const value = [...entry({ shape: [4] }), ...slices];
    const { skipped } = await openTable(table([block([header, ...rows, ['w', value]])]));
    expect(skipped).toEqual([{ name: 'w', reason: expect.stringMatching(reason) }]);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['no header', table([block([['w', entry({})]])]), /begins with no header/],
    [
      'the first version',
      table([block([['', field(1, [1])]])]),
      /checkpoint of the first version, which is not read/,
    ],
    ['an unknown compression', table([block([header])], { type: 7 }), /compression 7/],
    [
      'a block past the end',
      table([], { indexRows: [['a', [0, 0x80, 0x80, 0x40]]] }),
      /runs past the end of the file/,
    ],
    [
      'a block of many gigabytes',
      table([], { indexRows: [['a', [0, 0xff, 0xff, 0xff, 0xff, 0xff, 1]]] }),
      /the limit is 67108864/,
    ],
    [
      'one block many times',
      table([block([header])], { indexRows: ['a', 'b'].map((key) => [key, [0, headerBytes]]) }),
      /a block begins at 0, before/,
    ],
    ['restart points without room', table([[255, 255, 255, 255]]), /restart points, no room/],
    ['a key that shares what is not there', table([[5, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]]), /shares 5/],
    [
      'a negative size',
      table([
        block([header, ['w', field(2, field(2, [8, ...new Array<number>(9).fill(255), 1]))]]),
      ]),
      /a size in the shape of "w" is -1/,
    ],
  ])('refuses %s', async (_, bytes, message) => {
    await expect(openTable(bytes)).rejects.toThrow(FormatError);
    await expect(openTable(bytes)).rejects.toThrow(message);
  });

  it('refuses a block whose checksum is wrong', async () => {
    const bytes = fixture('types.index');
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    await expect(openTable(bytes)).rejects.toThrow(/the file is damaged/);
  });

  it('reads numbers of machines that put the high byte first', async () => {
    const big = ['', [...field(1, 1), ...field(2, 1)]] as const;
    const rows = [big, ['w', entry({ shape: [2], size: 8 })] as const];
    const { tensors } = await openTable(
      table([block(rows)]),
      Uint8Array.of(0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0),
    );
    expect(await valuesOf(tensorOf({ tensors } as Checkpoint, 'w'))).toEqual([1, -2]);
  });

  it('reads compressed blocks', async () => {
    const content = block([header, ['w', entry({ shape: [2], size: 8 })]]);
    const literal = [content.length, (content.length - 1) << 2, ...content];
    const { tensors } = await openTable(table([literal], { type: 1 }));
    expect(tensors.map(({ shape }) => shape)).toEqual([[2]]);
  });

  it('refuses every truncation or says what is missing, quickly', async () => {
    for (const name of ['types', 'objects/ckpt-1']) {
      const whole = fixture(`${name}.index`);
      for (let length = 0; length < whole.byteLength; length++) {
        await expect(openTable(whole.subarray(0, length)), `${name} ${length}`).rejects.toThrow(
          FormatError,
        );
      }
    }
  });

  it('survives every flipped byte of entries whose checksum is right', async () => {
    const rows = [
      [sliceKey('w', [{ start: 0, length: 2 }]), entry({ shape: [2], size: 8 })],
      ['v', entry({ shape: [2, 2], size: 16 })],
      ['w', [...entry({ shape: [2] }), ...field(7, field(1, [...field(1, 0), ...field(2, 2)]))]],
    ] as const;
    const content = block([header, ...rows]);
    for (let at = 0; at < content.length; at++) {
      for (const mask of [1, 0x5a, 0x80, 0xff]) {
        const bytes = content.map((byte, i) => (i === at ? byte ^ mask : byte));
        try {
          const { tensors } = await openTable(table([bytes]));
          for (const tensor of tensors) await tensor.data.read(0, 1);
        } catch (error) {
          expect(error, `byte ${at}`).toBeInstanceOf(FormatError);
        }
      }
    }
  });

  it('survives every flipped byte of index and values', async () => {
    const index = fixture('objects/ckpt-1.index');
    const values = fixture('objects/ckpt-1.data-00000-of-00001');
    for (const bytes of [index, values]) {
      for (let at = 0; at < bytes.byteLength; at++) {
        bytes[at] = (bytes[at] ?? 0) ^ 0x5a;
        try {
          const { tensors } = await openTable(index, values);
          for (const tensor of tensors) await valuesOf(tensor);
        } catch (error) {
          expect(error, `byte ${at}`).toBeInstanceOf(FormatError);
        }
        bytes[at] = (bytes[at] ?? 0) ^ 0x5a;
      }
    }
  });
});

describe('parts of the format', () => {
  it('masks checksums as LevelDB does', () => {
    // RFC 3720, B.4: 32 bytes of zeros have the CRC-32C 0x8a9136aa.
    const crc = 0x8a9136aa;
    const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
    expect(maskedCrc32c(new Uint8Array(32))).toBe(masked);
  });

  it.each([
    ['a literal', [3, 2 << 2, 1, 2, 3], [1, 2, 3]],
    ['a copy', [8, 1 << 2, 7, 8, (2 << 2) | 1, 2], [7, 8, 7, 8, 7, 8, 7, 8]],
    ['a copy of two bytes', [5, 1 << 2, 7, 8, (2 << 2) | 2, 2, 0], [7, 8, 7, 8, 7]],
    ['a copy of four bytes', [5, 1 << 2, 7, 8, (2 << 2) | 3, 2, 0, 0, 0], [7, 8, 7, 8, 7]],
    ['a long literal', [2, 60 << 2, 1, 5, 6], [5, 6]],
  ])('undoes %s of snappy', (_, bytes, expected) => {
    expect([...unsnappy(Uint8Array.from(bytes), 0)]).toEqual(expected);
  });

  it.each([
    ['a length that it has not', [9, 0, 1]],
    ['a gigabyte from nothing', [0xff, 0xff, 0xff, 0xff, 3, 0, 1]],
    ['a copy of what is not there', [8, 0, 1, 1, 9]],
    ['an end within a literal', [3, 2 << 2, 1]],
    ['more than it says', [1, 2 << 2, 1, 2, 3]],
    ['an endless length', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ['nothing', []],
  ])('refuses snappy with %s', (_, bytes) => {
    expect(() => unsnappy(Uint8Array.from(bytes), 0)).toThrow(FormatError);
  });

  it.each([
    // From ordered_code_test.cc: 63 takes a byte, 64 two.
    [63, 1],
    [64, 2],
    [8191, 2],
    [8192, 3],
    [2 ** 40, 6],
  ])('writes %d in %d bytes', (start, byteLength) => {
    const key = sliceKey('w', [{ start, length: 0 }]);
    expect(key.length).toBe('\0w\0\x01\x01\x01\x80'.length + byteLength);
  });

  it('writes the whole of an axis as -1', () => {
    expect(sliceKey('w\0', [{ start: 0, length: -1 }])).toBe('\0w\0\xff\0\x01\x01\x01\x80\x7f');
  });

  it('has no fixture above 60 KB but the golden values', () => {
    for (const name of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!name.isFile() || name.name === 'golden.json') continue;
      expect(readFileSync(join(name.parentPath, name.name)).byteLength).toBeLessThan(61_440);
    }
  });
});
