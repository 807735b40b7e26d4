import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { Checkpoint } from '../../core/checkpoint';
import { FormatError } from '../../core/errors';
import type { TensorData } from '../../core/tensor';
import { memoryFiles, openLocalFiles } from '../../io/checkpointFiles';
import { openCheckpoint } from '..';
import { tensorOf, valuesOf } from '../testSupport';
import { chunkedData } from './chunkedData';
import { kindOf, Names } from './names';

const folder = join(__dirname, '../../../test/fixtures/distributed');

interface Golden {
  readonly [checkpoint: string]: {
    readonly [tensor: string]: {
      readonly shape: readonly number[];
      readonly values: readonly number[];
    };
  };
}
const golden: Golden = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8'));
const open = async (path: string) => openCheckpoint(await openLocalFiles(join(folder, path)));
const filesOf = (name: string) =>
  new Map(
    readdirSync(join(folder, name)).map((file): [string, Uint8Array] => [
      file,
      new Uint8Array(readFileSync(join(folder, name, file))),
    ]),
  );
async function openChanged(
  name: string,
  change: (files: Map<string, Uint8Array>) => void,
): Promise<Checkpoint> {
  const files = filesOf(name);
  change(files);
  return openCheckpoint(
    memoryFiles('.metadata', files.get('.metadata') ?? new Uint8Array(0), files),
  );
}

describe.each(Object.entries(golden))('%s', (name, tensors) => {
  it.each(['.metadata', '__0_0.distcp'])('gives every tensor, opened by %s', async (file) => {
    const checkpoint = await open(join(name, file));
    expect([checkpoint.skipped, checkpoint.notices]).toEqual([[], []]);
    expect(checkpoint.tensors.map((tensor) => tensor.name).sort()).toEqual(
      Object.keys(tensors).sort(),
    );
    for (const [tensorName, { shape, values }] of Object.entries(tensors)) {
      const tensor = tensorOf(checkpoint, tensorName);
      expect(tensor.shape).toEqual(shape);
      for (const step of [Infinity, 7, 1]) {
        expect(await valuesOf(tensor, step), `${tensorName} by ${step}`).toEqual(values);
      }
    }
  });
});

describe('a training checkpoint', () => {
  it('keeps model, optimizer and the rest apart', async () => {
    const { tensors, optimizers, recorded, files } = await open('whole/.metadata');
    expect(tensors.filter(({ role }) => role === undefined)).toHaveLength(7);
    expect(tensors.filter(({ role }) => role === 'optimizer')).toHaveLength(12);
    expect(recorded).toEqual({ epoch: 3, 'args.lr': 0.01, 'args.name': 'run' });
    expect(files.map(({ name }) => name)).toEqual(['.metadata', '__0_0.distcp']);
    expect(optimizers).toEqual([
      {
        name: 'AdamW',
        groups: [
          {
            parameterCount: 4,
            hyperparameters: expect.objectContaining({
              lr: 0.01,
              weight_decay: 0.1,
              betas: [0.9, 0.999],
            }),
          },
        ],
      },
    ]);
  });

  it.each([
    [['fc.weight'], 'model'],
    [['optimizer_gate.weight'], 'model'],
    [['app', 'model', 'fc.weight'], 'model'],
    [['optim', 'state', 'fc.weight', 'exp_avg'], 'optimizer'],
    [['state.fc.weight.exp_avg'], 'optimizer'],
    [['param_groups.fc.weight.lr'], 'optimizer'],
    [['ema', 'fc.weight'], 'average'],
    [['lr_scheduler', 'last'], 'state'],
  ])('takes %j for a part of the %s', (path, kind) => {
    expect(kindOf(path)).toBe(kind);
  });

  it('takes off what wraps all of a model, and keeps names apart', () => {
    const paths = ['module.a.weight', 'module._orig_mod.a.weight'].map((name) => [
      'app',
      'm',
      name,
    ]);
    const names = new Names(paths);
    expect(paths.map((path) => names.nameOf(path, 'model'))).toEqual(['a.weight', 'a.weight#2']);
    const other = new Names([['module.a'], ['b']]);
    expect(other.nameOf(['module.a'], 'model')).toBe('module.a');
  });
});

describe('chunks', () => {
  /** Numbers 0, 1, … of a box of the tensor, and what was read of it. */
  function boxOf(shape: readonly number[], offsets: readonly number[], sizes: readonly number[]) {
    const own: number[] = [];
    const visit = (axis: number, at: number): void => {
      if (axis === shape.length) own.push(at);
      else
        for (let i = 0; i < sizes[axis]!; i++)
          visit(axis + 1, at * shape[axis]! + offsets[axis]! + i);
    };
    visit(0, 0);
    const data: TensorData = {
      read: (start, end) => Promise.resolve(Uint8Array.from(own.slice(start, end))),
    };
    return { offsets, sizes, open: () => Promise.resolve(data) };
  }

  it.each<[string, number[], [number[], number[]][]]>([
    [
      'rows',
      [4, 3],
      [
        [
          [0, 0],
          [1, 3],
        ],
        [
          [1, 0],
          [3, 3],
        ],
      ],
    ],
    [
      'columns',
      [4, 5],
      [
        [
          [0, 0],
          [4, 2],
        ],
        [
          [0, 2],
          [4, 3],
        ],
      ],
    ],
    [
      'quarters',
      [4, 4],
      [
        [
          [0, 0],
          [2, 2],
        ],
        [
          [0, 2],
          [2, 2],
        ],
        [
          [2, 0],
          [2, 2],
        ],
        [
          [2, 2],
          [2, 2],
        ],
      ],
    ],
    [
      'middle axis',
      [2, 4, 3],
      [
        [
          [0, 0, 0],
          [2, 1, 3],
        ],
        [
          [0, 1, 0],
          [2, 3, 3],
        ],
      ],
    ],
    [
      'last axis',
      [2, 2, 4],
      [
        [
          [0, 0, 0],
          [2, 2, 1],
        ],
        [
          [0, 0, 1],
          [2, 2, 3],
        ],
      ],
    ],
    ['no axes', [], [[[], []]]],
  ])('put together %s for every range', async (_, shape, boxes) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const chunks = boxes.map(([offsets, sizes]) => boxOf(shape, offsets, sizes));
    const data = chunkedData('w', { shape, dtype: 'u8', chunks });
    for (let start = 0; start <= count; start++) {
      for (let end = start; end <= count; end++) {
        const expected = Array.from({ length: end - start }, (__, i) => start + i);
        expect([...(await data.read(start, end))]).toEqual(expected);
      }
    }
    await expect(data.read(0, count + 1)).rejects.toThrow(FormatError);
  });

  it('refuse what no chunk has, or fill it', async () => {
    const chunks = [boxOf([2, 2], [0, 0], [1, 2])];
    const lacking = chunkedData('w', { shape: [2, 2], dtype: 'u8', chunks });
    await expect(lacking.read(1, 4)).rejects.toThrow('w: lacks 2 of its elements 1 to 4');
    const filled = chunkedData('w', { shape: [2, 2], dtype: 'u8', chunks, fill: Uint8Array.of(9) });
    expect([...(await filled.read(0, 4))]).toEqual([0, 1, 9, 9]);
  });
});

describe('checkpoints that are not whole', () => {
  it('tells which tensors a missing file takes with it', async () => {
    const { tensors, skipped, notices } = await openChanged('sharded', (files) =>
      files.delete('__1_0.distcp'),
    );
    // A replicated tensor is written once, by whichever process.
    expect(tensors.length + skipped.length).toBe(4);
    expect(skipped.length).toBeGreaterThanOrEqual(3);
    expect(skipped[0]?.reason).toMatch(/names the file "__1_0.distcp", which cannot be opened/);
    expect(notices[0]?.severity).toBe('problem');
  });

  it('tells what a cut file lacks', async () => {
    const { skipped } = await openChanged('sharded', (files) =>
      files.set('__0_0.distcp', files.get('__0_0.distcp')?.subarray(0, 100) ?? new Uint8Array(0)),
    );
    expect(skipped[0]?.reason).toMatch(/^ends at byte \d+ of __0_0.distcp, which has 100$/);
  });

  it('asks for the metadata of a lone part', async () => {
    const part = filesOf('whole').get('__0_0.distcp') ?? new Uint8Array(0);
    await expect(openCheckpoint(memoryFiles('__0_0.distcp', part))).rejects.toThrow(
      /a part of a checkpoint whose .metadata is not beside it/,
    );
  });

  it('does not follow paths out of the folder', async () => {
    const { tensors, skipped } = await openChanged('sharded', (files) => {
      const text = Buffer.from(files.get('.metadata') ?? []).toString('latin1');
      const changed = text.replaceAll('__1_0.distcp', '../../passwd');
      files.set('.metadata', new Uint8Array(Buffer.from(changed, 'latin1')));
    });
    expect(tensors.length).toBeLessThan(2);
    expect(skipped.map(({ reason }) => reason).join()).toMatch(/outside its folder/);
  });

  it('refuses every truncation of the metadata', async () => {
    const whole = filesOf('sharded').get('.metadata') ?? new Uint8Array(0);
    for (let length = 0; length < whole.byteLength; length += 3) {
      const opening = openChanged('sharded', (files) =>
        files.set('.metadata', whole.subarray(0, length)),
      );
      await expect(opening, `${length} bytes`).rejects.toThrow(FormatError);
    }
  });

  it.each(['.metadata', '__0_0.distcp'])('survives flipped bytes of %s', async (file) => {
    const whole = filesOf('sharded').get(file) ?? new Uint8Array(0);
    for (let at = 0; at < whole.byteLength; at += 29) {
      const bytes = Uint8Array.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 0x15;
      try {
        const { tensors } = await openChanged('sharded', (files) => files.set(file, bytes));
        for (const tensor of tensors) await valuesOf(tensor);
      } catch (error) {
        expect(error, `byte ${at}`).toBeInstanceOf(FormatError);
      }
    }
  });
});
