import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { FormatError } from '../core/errors';
import { memoryFiles } from '../io/checkpointFiles';
import { openCheckpoint } from '.';
import { buildZip } from './zip/buildZip';

const folder = join(__dirname, '../../test/fixtures/torch');
const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const fixture = (name: string) => new Uint8Array(readFileSync(join(folder, name)));
const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n';
const tar = bytes(`${'\0'.repeat(257)}ustar\0${'\0'.repeat(300)}`);

async function refused(name: string, content: Uint8Array): Promise<FormatError> {
  const error: unknown = await openCheckpoint(memoryFiles(name, content)).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof FormatError) return error;
  throw error;
}

describe('refusal', () => {
  const cases: [string, string, Uint8Array, RegExp, RegExp | undefined][] = [
    ['an empty file', 'a.pt', bytes(''), /^a\.pt: is empty$/, /still be writing/],
    [
      'a Git LFS pointer',
      'a.safetensors',
      bytes(pointer),
      /pointer to a file of 12345 bytes \(sha256:4d7a2146\)/,
      /git lfs pull/,
    ],
    ['a web page', 'a.pt', bytes('\n<!DOCTYPE html><html>'), /is a web page/, /login/],
    [
      'an XML error',
      'a.pt',
      bytes('<?xml version="1.0"?><Error>AccessDenied'),
      /is a web page/,
      /Download/,
    ],
    ['JSON', 'config.json', bytes('{"hidden_size": 4}'), /is JSON, but no index/, /beside it/],
    ['text', 'a.txt', bytes('epoch 1 loss 2'), /is a text file: "epoch 1 loss 2"/, undefined],
    [
      'a plain pickle',
      'a.pkl',
      fixture('plain4.pkl'),
      /plain pickle.*it imports collections\.OrderedDict/,
      /safetensors/,
    ],
    [
      'a pickle that runs code',
      'a.pkl',
      bytes('\x80\x02cos\nsystem\n)R.'),
      /tries to run os\.system \(GLOBAL at byte 2\)/,
      undefined,
    ],
    [
      'a pickle cut short',
      'a.pkl',
      fixture('plain4.pkl').subarray(0, 60),
      /begins like a pickle/,
      /complete/,
    ],
    ['a tar archive', 'a.tar', tar, /is a tar archive/, /Unpack/],
    ['a damaged TFLite', 'a.tflite', bytes('\x1c\0\0\0TFL3'), /^TFLite: needs 4 bytes/, undefined],
    ['gzip', 'a.gz', bytes('\x1f\x8b\x08'), /^gzip: /, /Unpack/],
    ['xz', 'a.xz', bytes('\xfd7zXZ\0'), /^xz: /, /Unpack/],
    ['7z', 'a.7z', bytes("7z\xbc\xaf'\x1c"), /^7z: /, /Unpack/],
    [
      'a part of a SavedModel',
      'keras_metadata.pb',
      bytes('\x0a\x20\x10\x01\x1a\x04root\x22\x17_tf_keras_sequential'),
      /is a part of a model without its weights/,
      /saved_model\.pb/,
    ],
    [
      'a damaged TensorFlow index',
      'a.index',
      bytes(`${'\0'.repeat(40)}\x57\xfb\x80\x8b\x24\x75\x47\xdb`),
      /^TensorFlow index: /,
      undefined,
    ],
    [
      'values of TensorFlow',
      'a.data-00000-of-00001',
      bytes('\x01\x02'),
      /needs "a\.index" beside it/,
      /whole checkpoint/,
    ],
    [
      'weights of TF.js',
      'group1-shard1of2.bin',
      bytes('\x01\x02'),
      /raw weights of a TF\.js model/,
      /model\.json/,
    ],
    [
      'a ZIP of something else',
      'a.zip',
      buildZip([{ name: 'readme.txt', data: bytes('x') }]),
      /its entries are readme\.txt/,
      undefined,
    ],
    [
      'a ZIP cut short',
      'a.pt',
      fixture('views.pt').subarray(0, 2000),
      /looks cut short at 2000 bytes/,
      /original/,
    ],
    [
      'an encrypted ZIP',
      'a.pt',
      buildZip([{ name: 'm/data.pkl', data: bytes('x'), flags: 1 }]),
      /is encrypted/,
      undefined,
    ],
    [
      'anything else',
      'a.bin',
      bytes('\xde\xad\xbe\xef'),
      /no checkpoint format that RegLens knows; it begins with de ad be ef/,
      /It reads safetensors/,
    ],
    [
      'a data file of Orbax',
      '6962f327bd4ecfb4b3fc0c70315b6662',
      bytes('\x01\x02\x03'),
      /a part of an Orbax checkpoint/,
      /Open _METADATA or manifest.ocdbt/,
    ],
    [
      'an array of Orbax',
      '.zarray',
      bytes('{"zarr_format": 2}'),
      /a part of an Orbax checkpoint/,
      undefined,
    ],
  ];
  it.each(cases)('names %s', async (_, name, content, message, remedy) => {
    const error = await refused(name, content);
    expect(error.message).toMatch(message);
    if (remedy) expect(error.remedy).toMatch(remedy);
  });

  it('gives a FormatError for whatever the first bytes are', async () => {
    for (let first = 0; first < 256; first++) {
      for (const second of [0, 1, 2, 8, 0x4b, 0x80, 0xff]) {
        const content = new Uint8Array(600).fill(first ^ 0x55);
        content.set([first, second]);
        expect(await refused('x', content)).toBeInstanceOf(FormatError);
      }
    }
  });
});
