import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import type { Checkpoint } from '../../core/checkpoint';
import { FormatError } from '../../core/errors';
import { memoryFiles, openLocalFiles } from '../../io/checkpointFiles';
import { decompressors } from '../../io/decompressors';
import { openCheckpoint } from '..';
import { tensorOf, valuesOf } from '../testSupport';
import { crc32c } from './crc32c';
import { parseZarr } from './zarrMetadata';

const folder = join(__dirname, '../../../test/fixtures/orbax');

interface Golden {
  readonly arrays: {
    readonly [name: string]: {
      readonly shape: readonly number[];
      readonly values: readonly number[];
    };
  };
  readonly sparse: readonly number[];
}
const golden: Golden = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8'));
const open = async (path: string) => openCheckpoint(await openLocalFiles(join(folder, path)));

type Files = Map<string, Uint8Array>;
function filesOf(name: string, prefix = ''): Files {
  const root = join(folder, name);
  const files = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    files.map((path) => [
      prefix + relative(root, path).replaceAll('\\', '/'),
      new Uint8Array(readFileSync(path)),
    ]),
  );
}
const openFiles = (files: Files, main = '_METADATA') =>
  openCheckpoint(memoryFiles(main, files.get(main) ?? new Uint8Array(0), files));
const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

async function expectGolden(checkpoint: Checkpoint): Promise<void> {
  expect([checkpoint.skipped, checkpoint.notices]).toEqual([[], []]);
  for (const [name, { shape, values }] of Object.entries(golden.arrays)) {
    const tensor = tensorOf(checkpoint, name);
    expect(tensor.shape, name).toEqual(shape);
    for (const step of [Infinity, 7, 1]) {
      expect(await valuesOf(tensor, step), `${name} by ${step}`).toEqual(values);
    }
  }
}

describe('what TensorStore wrote without Zstandard', () => {
  it.each(['plain/_METADATA', 'plain/manifest.ocdbt', 'folder/_METADATA'])(
    'gives every array, opened by %s',
    async (path) => expectGolden(await open(path)),
  );

  it('finds the arrays of a database without the names of the tree', async () => {
    const files = filesOf('plain');
    files.delete('_METADATA');
    const { tensors } = await openFiles(files, 'manifest.ocdbt');
    const names = tensors.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([...Object.keys(golden.arrays), 'lr']));
  });

  it('keeps the optimizer, counters and plain values apart', async () => {
    const { tensors, recorded, optimizers, description, framework } = await open('plain/_METADATA');
    expect([description, framework]).toEqual(['Orbax, OCDBT', 'jax']);
    expect(recorded).toEqual({ step: 7, 'opt_state/0/count': 7, lr: 0.25, name: 'a run' });
    expect(tensors.filter(({ role }) => role === 'optimizer')).toHaveLength(3);
    expect(optimizers).toEqual([
      { name: 'Adam or AdamW', groups: [{ hyperparameters: {}, parameterCount: 1 }] },
    ]);
  });

  it('fills chunks that were left out', async () => {
    const checkpoint = await open('folder/_METADATA');
    expect(await valuesOf(tensorOf(checkpoint, 'sparse'))).toEqual(golden.sparse);
    expect(checkpoint.description).toBe('Orbax, Zarr');
  });

  it('finds the item of a step of a training run', async () => {
    const files = filesOf('plain', 'default/');
    files.set('_CHECKPOINT_METADATA', text({ item_handlers: { metrics: 'a', default: 'b' } }));
    await expectGolden(await openFiles(files, '_CHECKPOINT_METADATA'));
    files.set('_CHECKPOINT_METADATA', text({ item_handlers: { '../default': 'b' } }));
    await expect(openFiles(files, '_CHECKPOINT_METADATA')).rejects.toThrow(
      /has neither _METADATA nor manifest.ocdbt beside it/,
    );
  });
});

describe('what Orbax wrote, compressed with Zstandard', () => {
  const written = ['ocdbt/_METADATA', 'ocdbt/manifest.ocdbt', 'zarr/_METADATA', 'zarr3/_METADATA'];

  it.runIf(decompressors.has('zstd')).each(written)(
    'gives every array, opened by %s',
    async (path) => expectGolden(await open(path)),
  );

  it('says so where the platform cannot unpack it', async () => {
    const without = async (path: string) =>
      openCheckpoint({
        ...proxyOf(await openLocalFiles(join(folder, path))),
        decompressors: new Map(),
      });
    await expect(without('ocdbt/_METADATA')).rejects.toThrow(
      /compressed with zstd, which this version of Node does not unpack/,
    );
    for (const path of ['zarr/_METADATA', 'zarr3/_METADATA']) {
      const { skipped, tensors, notices } = await without(path);
      expect(tensors).toEqual([]);
      expect(skipped.map(({ name }) => name)).toEqual(
        expect.arrayContaining(Object.keys(golden.arrays)),
      );
      expect(notices[0]?.message).toMatch(/cannot be read: ".*" is compressed with zstd/);
    }
  });

  function proxyOf(files: Awaited<ReturnType<typeof openLocalFiles>>) {
    return {
      main: files.main,
      opened: files.opened,
      open: (name: string) => files.open(name),
      has: (name: string) => files.has(name),
      close: () => files.close(),
    };
  }
});

describe('Zarr metadata', () => {
  const v2 = {
    zarr_format: 2,
    shape: [4, 4],
    chunks: [2, 2],
    dtype: '<f4',
    compressor: null,
    fill_value: null,
    filters: null,
    order: 'C',
  };
  const bytes = { name: 'bytes', configuration: { endian: 'little' } };
  const v3 = {
    zarr_format: 3,
    shape: [4, 4],
    data_type: 'float32',
    chunk_grid: { name: 'regular', configuration: { chunk_shape: [4, 4] } },
    chunk_key_encoding: { name: 'default' },
    codecs: [bytes],
    fill_value: 0,
  };
  const sharded = (chunkShape: readonly number[], index: readonly unknown[] = [bytes]) => [
    {
      name: 'sharding_indexed',
      configuration: { chunk_shape: chunkShape, codecs: [bytes], index_codecs: index },
    },
  ];

  it.each<[string, object, RegExp]>([
    ['an unknown version', { ...v2, zarr_format: 1 }, /of an unknown version of Zarr/],
    ['a text', { ...v2, dtype: '<U4' }, /dtype "<U4" is not read/],
    ['big-endian values', { ...v2, dtype: '>f4' }, /dtype ">f4" is not read/],
    ['a record', { ...v2, dtype: [['a', '<f4']] }, /dtype \[\["a","<f4"\]\] is not read/],
    ['filters', { ...v2, filters: [{ id: 'delta' }] }, /has filters/],
    ['no shape', { ...v2, shape: undefined }, /has the shape null/],
    ['a negative size', { ...v2, shape: [-1] }, /has the shape \[-1\]/],
    ['33 axes', { ...v2, shape: new Array<number>(33).fill(1) }, /has the shape/],
    [
      'chunks of another rank',
      { ...v2, chunks: [2] },
      /has chunks of \[2\] for the shape \[4, 4\]/,
    ],
    ['chunks of nothing', { ...v2, chunks: [0, 1] }, /has chunks of \[0, 1\]/],
    ['too many chunks', { ...v2, shape: [2 ** 20, 2], chunks: [1, 1] }, /has 2097152 chunks/],
    ['an odd fill value', { ...v2, dtype: '<f2', fill_value: 1 }, /has the fill value 1 for f16/],
    ['an irregular grid', { ...v3, chunk_grid: { name: 'odd' } }, /grid that is not regular/],
    ['complex numbers', { ...v3, data_type: 'complex64' }, /data_type "complex64" is not read/],
    [
      'two compressors',
      { ...v3, codecs: [bytes, { name: 'gzip' }, { name: 'zstd' }] },
      /encoded by "zstd"/,
    ],
    [
      'a big end',
      { ...v3, codecs: [{ name: 'bytes', configuration: { endian: 'big' } }] },
      /big-endian/,
    ],
    [
      'an order that is none',
      { ...v3, codecs: [{ name: 'transpose', configuration: { order: [0, 0] } }, bytes] },
      /has the order \[0,0\]/,
    ],
    ['shards that do not divide', { ...v3, codecs: sharded([3, 4]) }, /in shards of \[4,4\]/],
    ['shards of nothing', { ...v3, codecs: sharded([0, 4]) }, /has chunks of \[0,4\]/],
    [
      'endless chunks in a shard',
      {
        ...v3,
        chunk_grid: { name: 'regular', configuration: { chunk_shape: [2 ** 40, 4] } },
        codecs: sharded([1, 1]),
      },
      /chunks in shards, the limit is/,
    ],
    [
      'a packed index',
      { ...v3, codecs: sharded([2, 2], [{ name: 'gzip' }]) },
      /an index encoded by gzip/,
    ],
  ])('refuses %s', (_, json, reason) => {
    expect(parseZarr(JSON.parse(JSON.stringify(json)))).toMatch(reason);
  });

  /** One array `a` of the metadata and chunks. */
  const single = (json: object, chunks: readonly (readonly [string, Uint8Array])[]) =>
    openFiles(
      new Map([
        [
          '_METADATA',
          text({
            tree_metadata: {
              a: { key_metadata: [{ key: 'a' }], value_metadata: { value_type: 'np.ndarray' } },
            },
          }),
        ],
        ['a/.zarray', text(json)],
        ...chunks.map(([key, value]): [string, Uint8Array] => [`a/${key}`, value]),
      ]),
    );

  it.each<[string, object, Uint8Array, RegExp]>([
    ['too short', {}, new Uint8Array(15), /the chunk "a\/0.0" has 15 bytes, its shape needs 16/],
    ['no gzip', { compressor: { id: 'gzip' } }, new Uint8Array(16), /cannot be unpacked \(gzip\)/],
    [
      'a bomb',
      { compressor: { id: 'gzip' } },
      new Uint8Array(gzipSync(new Uint8Array(2 ** 20))),
      /cannot be unpacked \(gzip\): .*larger than 16/,
    ],
    [
      'short when unpacked',
      { compressor: { id: 'gzip' } },
      new Uint8Array(gzipSync(new Uint8Array(3))),
      /has 3 bytes, its shape needs 16/,
    ],
  ])('refuses a chunk that is %s when it is read', async (_, change, chunk, message) => {
    const { tensors } = await single({ ...v2, ...change }, [['0.0', chunk]]);
    await expect(tensors[0]!.data.read(0, 16)).rejects.toThrow(FormatError);
    await expect(tensors[0]!.data.read(0, 16)).rejects.toThrow(message);
  });

  it('sets apart what is not there or not unpacked', async () => {
    const { skipped } = await single({ ...v2, compressor: { id: 'blosc' } }, []);
    expect(skipped[0]?.reason).toMatch(/compressed with blosc/);
    const large = { ...v2, shape: [2 ** 20, 2 ** 20], chunks: [2 ** 20, 2 ** 20] };
    const { skipped: larger } = await single({ ...large, compressor: { id: 'gzip' } }, []);
    expect(larger[0]?.reason).toMatch(/has compressed chunks of 4398046511104 bytes, the limit/);
    const { skipped: absent } = await openFiles(
      new Map([['_METADATA', text({ tree_metadata: { a: { key_metadata: [{ key: '../b' }] } } })]]),
    );
    expect(absent[0]?.reason).toMatch(/has no array "..\/b" in the checkpoint/);
  });
});

describe('a damaged database', () => {
  it('knows its checksum', () => {
    // The check value of the polynomial.
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  });

  it.each(['manifest.ocdbt', 'd/'])('refuses every truncation of %s', async (name) => {
    for (const [path, whole] of filesOf('plain')) {
      if (!path.startsWith(name)) continue;
      for (let length = 0; length < whole.byteLength; length += 11) {
        const files = filesOf('plain').set(path, whole.subarray(0, length));
        const outcome = await openFiles(files)
          .then(async ({ tensors }) => {
            for (const tensor of tensors) await valuesOf(tensor);
          })
          .catch((error: unknown) => error);
        if (path.startsWith('manifest')) expect(outcome, path).toBeInstanceOf(FormatError);
        else if (outcome !== undefined) expect(outcome, path).toBeInstanceOf(FormatError);
      }
    }
  });

  it('notices every flipped byte of the manifest', async () => {
    const whole = filesOf('plain').get('manifest.ocdbt') ?? new Uint8Array(0);
    for (let at = 4; at < whole.byteLength; at++) {
      const bytes = Uint8Array.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 0x10;
      const opening = openFiles(filesOf('plain').set('manifest.ocdbt', bytes));
      await expect(opening, `byte ${at}`).rejects.toThrow(FormatError);
    }
  });

  it('survives lies whose checksum is right', async () => {
    const whole = filesOf('plain').get('manifest.ocdbt') ?? new Uint8Array(0);
    for (let at = 12; at < whole.byteLength - 4; at++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const bytes = Uint8Array.from(whole);
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        const view = new DataView(bytes.buffer);
        view.setUint32(bytes.length - 4, crc32c(bytes.subarray(0, -4)), true);
        const outcome = await openFiles(filesOf('plain').set('manifest.ocdbt', bytes)).catch(
          (error: unknown) => error,
        );
        if (outcome instanceof Error) expect(outcome, `byte ${at}`).toBeInstanceOf(FormatError);
      }
    }
  });
});
