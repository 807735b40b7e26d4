/** Files on which readers of these formats have failed: reported for other projects, held to here. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { FormatError } from '../core/errors';
import { memoryFiles } from '../io/checkpointFiles';
import { openCheckpoint } from '.';
import { tensorOf, valuesOf } from './testSupport';

const fixture = (name: string) =>
  new Uint8Array(readFileSync(join(import.meta.dirname, '../../test/fixtures', name)));
const open = (name: string, bytes: Uint8Array) => openCheckpoint(memoryFiles(name, bytes));
const utf8 = (text: string) => new TextEncoder().encode(text);

describe('GGUF', () => {
  /** A file with one metadata text of this length before its only tensor, whose value is 2.5. */
  function withText(length: number): Uint8Array {
    const head = Buffer.alloc(24);
    head.write('GGUF');
    head.writeUInt32LE(3, 4);
    head.writeBigUInt64LE(1n, 8);
    head.writeBigUInt64LE(1n, 16);
    const text = Buffer.concat([number64(1), Buffer.from('t'), number32(8), number64(length)]);
    const tensor = [number64(1), Buffer.from('w'), number32(1), number64(1), number32(0)];
    const header = Buffer.concat([head, text, Buffer.alloc(length, 'é'), ...tensor, number64(0)]);
    const padding = Buffer.alloc((32 - (header.length % 32)) % 32);
    const value = Buffer.alloc(4);
    value.writeFloatLE(2.5);
    return new Uint8Array(Buffer.concat([header, padding, value]));
  }

  // The first read ends in the middle of the text, of a character, of its length, or of what follows.
  it.each([-80, -46, -45, -44, -1, 0, 1, 4000].map((more) => 2 ** 20 + more))(
    'reads on behind a text of %i bytes',
    async (length) => {
      const tensor = tensorOf(await open('m.gguf', withText(length)), 'w');
      expect(await valuesOf(tensor)).toEqual([2.5]);
    },
  );

  it('refuses a file that was saved as text', async () => {
    // What is no UTF-8 became U+FFFD: sizes have changed, and nothing stands where it did.
    const mangled = utf8(new TextDecoder().decode(fixture('gguf/types.gguf')));
    await expect(open('m.gguf', mangled)).rejects.toThrow(FormatError);
  });
});

describe('files named for what they are not', () => {
  it('says that an .onnx file is a web page', async () => {
    await expect(open('model.onnx', utf8('<!DOCTYPE html>\n<html lang="en">'))).rejects.toThrow(
      /^model\.onnx: is a web page/,
    );
  });

  it('reads a .pth.tar.index as the index of TensorFlow that it is, and names the missing shard', async () => {
    const { tensors, skipped, notices } = await open(
      'best.pth.tar.index',
      fixture('tensorflow/types.index'),
    );
    expect(tensors).toEqual([]);
    expect(skipped.length).toBeGreaterThan(0);
    expect(notices.map(({ message }) => message).join()).toContain(
      'best.pth.tar.data-00000-of-00001',
    );
  });
});

describe('safetensors', () => {
  function file(header: string, dataBytes: number): Uint8Array {
    const text = utf8(header);
    const bytes = new Uint8Array(8 + text.byteLength + dataBytes);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(text.byteLength), true);
    bytes.set(text, 8);
    return bytes;
  }
  const one = '{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}';

  it.each([100_000, 100_001])('reads a header of %i bytes', async (length) => {
    const { tensors } = await open('m.safetensors', file(one.padEnd(length), 1));
    expect(tensors.map(({ name }) => name)).toEqual(['w']);
  });

  it('refuses a header padded with NUL, as the reference implementation does', async () => {
    await expect(open('m.safetensors', file(one.padEnd(64, '\0'), 1))).rejects.toThrow(
      /^safetensors: the header is not JSON/,
    );
  });

  it('reads 50,000 tensors', async () => {
    const entries = Array.from({ length: 50_000 }, (_, i): [string, object] => [
      `layers.${i}.weight`,
      { dtype: 'U8', shape: [1], data_offsets: [i, i + 1] },
    ]);
    const header = JSON.stringify(Object.fromEntries(entries));
    const { tensors } = await open('m.safetensors', file(header, 50_000));
    expect(tensors).toHaveLength(50_000);
  });

  it.each([
    '</script><script>alert(1)</script>',
    'a\u0000b',
    'a\nb\u001b[31m',
    '\u202ewx.y',
    '',
    ' ',
  ])('keeps the name %j as it is', async (name) => {
    const entry = { dtype: 'U8', shape: [1], data_offsets: [0, 1] };
    const { tensors } = await open('m', file(JSON.stringify({ [name]: entry }), 1));
    expect(tensors.map((tensor) => tensor.name)).toEqual([name]);
  });
});

function number32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function number64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
