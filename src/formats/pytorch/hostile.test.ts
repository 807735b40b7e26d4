import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { Checkpoint } from '../../core/checkpoint';
import { FormatError } from '../../core/errors';
import { MemorySource } from '../../io/memorySource';
import { valuesOf } from '../testSupport';
import { type BuiltEntry, buildZip } from '../zip/buildZip';
import { openTorch } from './openTorch';

const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const u32 = (value: number) =>
  String.fromCharCode(...[0, 8, 16, 24].map((shift) => (value >> shift) & 255));
const text = (value: string) => `X${u32(value.length)}${value}`;
const int = (value: number) => `I${value}\n`;
const ints = (values: readonly number[]) => `(${values.map(int).join('')}t`;

interface TensorLie {
  readonly storage?: string;
  readonly key?: string;
  readonly offset?: number;
  readonly size?: readonly number[];
  readonly stride?: readonly number[];
}

/** The pickle of one tensor: 4 floats of storage 0 unless told. */
function tensorPickle(lie: TensorLie = {}): string {
  const { storage = 'FloatStorage', key = '0', offset = 0, size = [4], stride = [1] } = lie;
  const id = `(${text('storage')}ctorch\n${storage}\n${text(key)}${text('cpu')}${int(4)}tQ`;
  return `ctorch._utils\n_rebuild_tensor_v2\n(${id}${int(offset)}${ints(size)}${ints(stride)}\x89}tR`;
}

const storage = new Uint8Array(Float32Array.from([1, 2, 3, 4]).buffer);

async function open(pickle: string, more: readonly BuiltEntry[] = []): Promise<Checkpoint> {
  const entries = [
    { name: 'm/data.pkl', data: bytes(`\x80\x02${pickle}.`) },
    { name: 'm/data/0', data: storage },
    ...more,
  ];
  return openTorch(new MemorySource('m.pt', buildZip(entries)));
}

/** The one tensor of a dict as it was read, or why it was not. */
async function read(lie: TensorLie): Promise<unknown> {
  const { tensors, skipped } = await open(`}${text('w')}${tensorPickle(lie)}s`);
  expect(tensors.length + skipped.length).toBe(1);
  return tensors[0] ? valuesOf(tensors[0]) : skipped[0]?.reason;
}

/** The pickle of a quantised tensor of four codes, with a pickle of its parameters. */
function quantizedPickle(parameters: string): string {
  const id = `(${text('storage')}ctorch\nQUInt8Storage\n${text('0')}${text('cpu')}${int(4)}tQ`;
  return `ctorch._utils\n_rebuild_qtensor\n(${id}${int(0)}${ints([4])}${ints([1])}${parameters}\x89}tR`;
}

describe('quantised tensors that lie', () => {
  const scales = tensorPickle({ size: [2] });
  it.each<[string, string, string]>([
    [
      'text for a scale',
      `(ctorch\nper_tensor_affine\n${text('x')}${int(0)}t`,
      'quantized with a scale or a zero point that is no number',
    ],
    [
      'an unknown scheme',
      `(ctorch\nper_row\n${int(1)}t`,
      'quantized as torch.per_row, which is not read',
    ],
    ['no parameters', 'N', 'quantized as unknown, which is not read'],
    [
      'too few scales',
      `(ctorch\nper_channel_affine\n${scales}${scales}${int(0)}t`,
      'quantized with 2 scales and 2 zero points for 4 slices',
    ],
    [
      'an axis that is not there',
      `(ctorch\nper_channel_affine\n${scales}${scales}${int(7)}t`,
      'quantized with 2 scales and 2 zero points for 0 slices',
    ],
    [
      'scales past the end',
      `(ctorch\nper_channel_affine\n${tensorPickle({ size: [5] })}${scales}${int(0)}t`,
      'quantized with scales or zero points that cannot be read',
    ],
  ])('are set apart: %s', async (_, parameters, reason) => {
    const { skipped } = await open(`}${text('w')}${quantizedPickle(parameters)}s`);
    expect(skipped).toEqual([{ name: 'w', reason }]);
  });

  it('are set apart: one that is its own scale', async () => {
    // A list, kept as 1, becomes the parameters and gets the tensor, kept as 2, afterwards.
    const tensor = `${quantizedPickle('h\x01')}q\x02`;
    const closing = `h\x01(ctorch\nper_channel_affine\nh\x02h\x02${int(0)}e0`;
    const { skipped } = await open(`]q\x010}${text('w')}${tensor}${closing}s`);
    expect(skipped).toEqual([
      { name: 'w', reason: 'quantized with scales or zero points that cannot be read' },
    ]);
  });
});

describe('tensors that lie', () => {
  const cases: [string, TensorLie, unknown][] = [
    ['nothing', {}, [1, 2, 3, 4]],
    ['an offset within', { offset: 3, size: [1] }, [4]],
    ['an offset past the end', { offset: 1 }, 'ends at byte 20 of a storage of 16 bytes'],
    ['a negative offset', { offset: -1 }, 'its size, stride or offset is no list of counts'],
    ['a negative stride', { stride: [-1] }, 'its size, stride or offset is no list of counts'],
    [
      'a stride past the end',
      { size: [2, 2], stride: [3, 1] },
      'ends at byte 20 of a storage of 16 bytes',
    ],
    ['fewer strides than sizes', { size: [2, 2], stride: [1] }, 'has 2 sizes and 1 strides'],
    [
      'a size beyond any file',
      { size: [2 ** 40, 2 ** 40], stride: [0, 0] },
      `its shape ${2 ** 40}×${2 ** 40} is beyond any storage`,
    ],
    [
      'an endless repetition',
      { size: [2 ** 40], stride: [0] },
      `repeats 16 stored bytes to ${2 ** 40} elements, the limit is ${2 ** 28}`,
    ],
    ['a storage that is missing', { key: '7' }, 'its storage data/7 is missing'],
    [
      'a storage on another path',
      { key: '../data.pkl' },
      'its storage data/../data.pkl is missing',
    ],
    [
      'a complex storage',
      { storage: 'ComplexFloatStorage' },
      'dtype torch.ComplexFloatStorage is not read',
    ],
    [
      'a wider dtype than the storage has bytes',
      { storage: 'DoubleStorage' },
      'ends at byte 32 of a storage of 16 bytes',
    ],
    ['no elements far away', { size: [0], offset: 10 ** 9 }, []],
  ];
  it.each(cases)('reads or refuses %s', async (_, lie, expected) => {
    expect(await read(lie)).toEqual(expected);
  });
});

describe('pickles that lie', () => {
  it('reports what would run and reads the weights all the same', async () => {
    const { tensors, notices } = await open(
      `}(${text('w')}${tensorPickle()}${text('x')}cos\nsystem\n(${text('id')}tRu`,
    );
    expect(tensors.map(({ name }) => name)).toEqual(['w']);
    expect(notices).toEqual([
      { severity: 'problem', message: expect.stringContaining('os.system') },
    ]);
  });

  it('ends on modules that hold each other', async () => {
    const children = `}${text('_parameters')}}${text('w')}${tensorPickle()}ss${text('_modules')}}${text('self')}h\x00ssb`;
    const { tensors } = await open(`c__main__\nNet\n)\x81q\x00${children}`);
    expect(tensors.map(({ name }) => name)).toEqual(['w']);
  });

  it('gives up on modules shared by more names than can be listed', async () => {
    // Level n holds level n − 1 under two names, 40 times over: 2^40 names.
    const level = (below: number) =>
      `c__main__\nNet\n)\x81}(${text('_parameters')}}${text('_modules')}}(${text('a')}h${String.fromCharCode(below)}${text('b')}h${String.fromCharCode(below)}uubq${String.fromCharCode(below + 1)}0`;
    const leaf = `c__main__\nNet\n)\x81}(${text('_parameters')}}${text('w')}${tensorPickle()}s${text('_modules')}}ubq\x000`;
    const levels = Array.from({ length: 40 }, (_, below) => level(below)).join('');
    await expect(open(`${leaf}${levels}h\x28`)).rejects.toThrow(/names for shared values/);
  });

  it('names equal paths apart', async () => {
    const { tensors } = await open(
      `}(${text('a')}}${text('b')}${tensorPickle()}s${text('a.b')}${tensorPickle()}u`,
    );
    expect(tensors.map(({ name }) => name)).toEqual(['a.b', 'a.b#2']);
  });

  it('records the step that older optimizers kept as a number', async () => {
    const state = `}(${text('state')}}${int(0)}}${text('step')}${int(17)}ss${text('param_groups')}]u`;
    expect((await open(state)).recorded).toEqual({ 'optimizer.step': 17 });
  });

  it('says that there are no tensors', async () => {
    const { tensors, recorded, notices } = await open(`}${text('epoch')}${int(3)}s`);
    expect([tensors, recorded]).toEqual([[], { epoch: 3 }]);
    expect(notices).toEqual([
      { severity: 'info', message: 'The file holds no tensors, only the data shown' },
    ]);
  });
});

describe('archives that lie', () => {
  it('refuses big-endian values', async () => {
    const order = { name: 'm/byteorder', data: bytes('big') };
    await expect(open('N', [order])).rejects.toThrow(/byte order "big"; little is read/);
  });

  it('refuses every truncation of what torch wrote', async () => {
    const whole = new Uint8Array(
      readFileSync(join(__dirname, '../../../test/fixtures/torch/protocol2.pt')),
    );
    for (let length = 0; length < whole.byteLength; length++) {
      const source = new MemorySource('cut.pt', whole.subarray(0, length));
      await expect(openTorch(source), `${length} bytes`).rejects.toThrow(FormatError);
    }
  });
});
