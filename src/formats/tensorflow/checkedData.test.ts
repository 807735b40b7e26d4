import { describe, expect, it } from 'vitest';

import { FormatError } from '../../core/errors';
import { elementCountOf } from '../../core/tensor';
import { memoryFiles } from '../../io/checkpointFiles';
import { openCheckpoint } from '..';
import { valuesOf } from '../testSupport';
import { fixturesOf } from '../../../test/support/formatFixtures';
import { checkedData } from './checkedData';
import { Crc32c, maskedCrc32c } from './crc32c';

const { fixture } = fixturesOf('tensorflow');

/** The checkpoint with one bit of its values flipped. */
async function damaged(prefix: string, shard: string, at: number) {
  const values = fixture(`${prefix}.${shard}`);
  values[at] = (values[at] ?? 0) ^ 4;
  const index = fixture(`${prefix}.index`);
  const name = prefix.slice(prefix.lastIndexOf('/') + 1);
  const others = ['data-00000-of-00002', 'data-00001-of-00002'].filter((one) => one !== shard);
  const siblings = new Map([[`${name}.${shard}`, values]]);
  if (shard.endsWith('2'))
    for (const one of others) siblings.set(`${name}.${one}`, fixture(`${prefix}.${one}`));
  return await openCheckpoint(memoryFiles(`${name}.index`, index, siblings));
}

describe('checksums of values', () => {
  it('are compared for each tensor that is read whole, at once or in pieces', async () => {
    const shard = 'data-00000-of-00001';
    const length = fixture(`types.${shard}`).byteLength;
    let refused = 0;
    for (let at = 0; at < length; at += 7) {
      const { tensors } = await damaged('types', shard, at);
      const bad: string[] = [];
      for (const tensor of tensors) {
        const result = await valuesOf(tensor).catch((error: unknown) => error);
        if (result instanceof FormatError) {
          expect(result.message).toContain(`"${tensor.name}" has the checksum 0x`);
          bad.push(tensor.name);
        }
      }
      for (const name of bad) {
        const { tensors: again } = await damaged('types', shard, at);
        const tensor = again.find((one) => one.name === name);
        if (!tensor) throw new Error(`no ${name}`);
        await expect(valuesOf(tensor, 1)).rejects.toThrow(/its bytes have changed/);
      }
      // Texts and complex numbers have values too, which are not read.
      expect(bad.length).toBeLessThanOrEqual(1);
      refused += bad.length;
    }
    expect(refused).toBeGreaterThan(20);
  });

  it('are compared for the slices of a partitioned variable', async () => {
    const checkpoint = await damaged('sharded', 'data-00001-of-00002', 0);
    const bad: string[] = [];
    for (const tensor of checkpoint.tensors) {
      await valuesOf(tensor).catch(() => bad.push(tensor.name));
    }
    expect(bad).toHaveLength(1);
  });

  it('leave a range out of order as it is, and a damaged scalar to whoever measures it', async () => {
    const bytes = Uint8Array.from({ length: 10 }, (_, i) => i);
    const read = (start: number, end: number) => Promise.resolve(bytes.slice(start, end));
    const checked = { name: 'w', dtype: 'u8', elementCount: 10, checksum: 1 } as const;
    const data = checkedData({ read }, checked);
    expect([...(await data.read(4, 10))]).toEqual([4, 5, 6, 7, 8, 9]);
    expect([...(await data.read(0, 4))]).toEqual([0, 1, 2, 3]);
    await data.read(5, 10);
    await expect(data.read(4, 10)).rejects.toThrow(
      /"w" has the checksum 0x.{8}, the index says 0x00000001/,
    );
    await expect(data.read(2, 3)).rejects.toThrow(FormatError);
    const right = checkedData({ read }, { ...checked, checksum: maskedCrc32c(bytes) });
    for (const [start, end] of [
      [0, 10],
      [3, 5],
      [0, 4],
      [4, 10],
    ] as const) {
      expect([...(await right.read(start, end))]).toEqual([...bytes.slice(start, end)]);
    }
  });

  it('do not depend on the pieces', () => {
    const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7919) & 255);
    for (const step of [1, 3, 8, 9, 64, 999]) {
      const crc = new Crc32c();
      for (let at = 0; at < bytes.length; at += step) crc.update(bytes.subarray(at, at + step));
      expect(crc.masked()).toBe(maskedCrc32c(bytes));
    }
  });

  it('open a checkpoint whose counter is damaged', async () => {
    const shard = 'data-00000-of-00001';
    const length = fixture(`objects/ckpt-1.${shard}`).byteLength;
    let refused = 0;
    for (let at = 0; at < length && refused === 0; at += 4) {
      // A bit of the object graph may be one that the names are made of.
      const opened = await damaged('objects/ckpt-1', shard, at).catch(() => undefined);
      const counter = opened?.tensors.find(
        ({ name, shape }) => /counter|iter/.test(name) && elementCountOf(shape) === 1,
      );
      if (counter)
        refused += await valuesOf(counter).then(
          () => 0,
          () => 1,
        );
    }
    expect(refused).toBe(1);
  });
});
