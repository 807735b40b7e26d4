import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { Checkpoint } from '../../core/checkpoint';
import { dtypes, type Dtype } from '../../core/dtype';
import { FormatError } from '../../core/errors';
import { elementCountOf, type Tensor } from '../../core/tensor';
import { memoryFiles } from '../../io/checkpointFiles';
import { npy } from './npy';
import { npz } from './npz';

const folder = join(import.meta.dirname, '../../../test/fixtures/numpy');
const golden: Record<
  string,
  Record<string, { shape: number[]; dtype: string; values: (number | string)[] }>
> = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8'));

const fixture = (file: string): Uint8Array => readFileSync(join(folder, file));

const open = (file: string, bytes = fixture(file)): Promise<Checkpoint> =>
  (file.endsWith('.npz') ? npz : npy).open(memoryFiles(file, bytes));

async function valuesOf(tensor: Tensor, start = 0, end = elementCountOf(tensor.shape)) {
  const bytes = await tensor.data.read(start, end);
  expect(bytes.byteLength).toBe((end - start) * dtypes[tensor.dtype].byteSize);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: end - start }, (_, i) => decode(view, i, tensor.dtype));
}

function decode(view: DataView, i: number, dtype: Dtype): number | string {
  const at = i * dtypes[dtype].byteSize;
  switch (dtype) {
    case 'f64':
      return view.getFloat64(at, true);
    case 'f32':
      return view.getFloat32(at, true);
    case 'f16':
      return halfOf(view.getUint16(at, true));
    case 'i64':
      return String(view.getBigInt64(at, true));
    case 'u64':
      return String(view.getBigUint64(at, true));
    case 'i32':
      return String(view.getInt32(at, true));
    case 'u32':
      return String(view.getUint32(at, true));
    case 'i16':
      return String(view.getInt16(at, true));
    case 'u16':
      return String(view.getUint16(at, true));
    case 'i8':
      return String(view.getInt8(at));
    default:
      return dtype === 'bool' ? view.getUint8(at) : String(view.getUint8(at));
  }
}

function halfOf(bits: number): number {
  const magnitude =
    (bits >> 10) & 31
      ? 2 ** (((bits >> 10) & 31) - 15) * (1 + (bits & 1023) / 1024)
      : 2 ** -24 * (bits & 1023);
  return bits & 0x8000 ? -magnitude : magnitude;
}

/** An array file of version 1 with this header text. */
function file(header: string, data = new Uint8Array(0)): Uint8Array {
  const text = new TextEncoder().encode(header);
  const length = [text.length & 255, text.length >> 8];
  return Uint8Array.from([
    0x93,
    ...new TextEncoder().encode('NUMPY'),
    1,
    0,
    ...length,
    ...text,
    ...data,
  ]);
}

describe('npy and npz', () => {
  it.each(Object.keys(golden))('%s holds what NumPy wrote', async (name) => {
    const { tensors } = await open(name);
    const expected = golden[name]!;
    expect(tensors.map((tensor) => tensor.name)).toEqual(Object.keys(expected));
    for (const tensor of tensors) {
      expect(tensor.shape).toEqual(expected[tensor.name]!.shape);
      expect(await valuesOf(tensor)).toEqual(expected[tensor.name]!.values);
    }
  });

  it.each(['f4.npy', 'fortran.npy', 'fortran_big.npy', 'flax_compressed.npz'])(
    '%s gives the same in any range',
    async (name) => {
      const tensor = (await open(name)).tensors[0]!;
      const whole = await valuesOf(tensor);
      for (let start = 0; start <= whole.length; start++) {
        for (let end = start; end <= whole.length; end += 3) {
          expect(await valuesOf(tensor, start, end)).toEqual(whole.slice(start, end));
        }
      }
    },
  );

  it.each([
    ['object.npy', /pickled Python objects/],
    ['structured.npy', /structured/],
    ['complex.npy', /complex/],
    ['bfloat16.npy', /raw 2-byte items/],
    ['text.npy', /strings/],
  ])('%s is skipped with its reason', async (name, reason) => {
    const { tensors, skipped } = await open(name);
    expect(tensors).toEqual([]);
    expect(skipped[0]!.reason).toMatch(reason);
  });

  it('tells a Flax tree from loose arrays', async () => {
    expect((await open('flax.npz')).framework).toBe('jax');
    expect((await open('plain.npz')).framework).toBe('numpy');
  });

  it('skips what is no array in an archive and says so', async () => {
    const { skipped, notices } = await open('plain.npz');
    expect(skipped.map(({ name }) => name)).toEqual(['names']);
    expect(notices[0]!.message).toContain('notes.txt');
  });

  it('reads bfloat16 where the header names it', async () => {
    const bytes = file(
      "{'descr': 'bfloat16', 'fortran_order': False, 'shape': (1,)}",
      Uint8Array.from([0x80, 0x3f]),
    );
    const [tensor] = (await open('b.npy', bytes)).tensors;
    expect(tensor!.dtype).toBe('bf16');
    expect([...(await tensor!.data.read(0, 1))]).toEqual([0x80, 0x3f]);
  });
});

describe('broken files', () => {
  it.each(['f4.npy', 'fortran.npy', 'version3.npy', 'flax.npz', 'flax_compressed.npz'])(
    '%s is refused at every truncation',
    async (name) => {
      const bytes = fixture(name);
      for (let length = 0; length < bytes.length; length++) {
        await expect(open(name, bytes.subarray(0, length))).rejects.toThrow(FormatError);
      }
    },
  );

  it.each([
    ['unknown version', Uint8Array.from([...file('{}')].map((b, i) => (i === 6 ? 9 : b)))],
    ['no dict', file('(1, 2)')],
    ['code in place of a literal', file("__import__('os').system('true')")],
    ['no shape', file("{'descr': '<f4', 'fortran_order': False}")],
    ['negative size', file("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}")],
    ['text as size', file("{'descr': '<f4', 'fortran_order': False, 'shape': ('3',)}")],
    ['too large', file("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,)}")],
    [
      'overflow',
      file(
        "{'descr': '<f4', 'fortran_order': False, 'shape': (9007199254740991, 9007199254740991)}",
      ),
    ],
    [
      'too many axes',
      file(`{'descr': '<f4', 'fortran_order': False, 'shape': (${'1, '.repeat(65)})}`),
    ],
  ])('refuses %s', async (_name, bytes) => {
    await expect(open('x.npy', bytes)).rejects.toThrow(FormatError);
  });

  it('survives flipped bytes of an archive', async () => {
    const bytes = fixture('flax_compressed.npz');
    for (let at = 0; at < bytes.length; at += 7) {
      const flipped = Uint8Array.from(bytes);
      flipped[at]! ^= 0xff;
      try {
        const { tensors } = await open('x.npz', flipped);
        for (const tensor of tensors) await tensor.data.read(0, elementCountOf(tensor.shape));
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }
  });

  it('refuses elements that are not there', async () => {
    const { tensors } = await open('f4.npy');
    await expect(tensors[0]!.data.read(0, 7)).rejects.toThrow(FormatError);
    await expect(tensors[0]!.data.read(-1, 2)).rejects.toThrow(FormatError);
  });
});
