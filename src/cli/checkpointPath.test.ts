import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { FormatError } from '../core/errors';
import { locationOf } from './checkpointPath';
import { UsageError } from './usage';

const folder = mkdtempSync(join(tmpdir(), 'reglens-folder-'));
afterAll(() => rmSync(folder, { recursive: true }));

function folderWith(name: string, files: Readonly<Record<string, string>>): string {
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, name, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return join(folder, name);
}

describe('what an argument names', () => {
  it('is the newest step of a run', async () => {
    const run = folderWith('run', {
      'checkpoint-9/model.safetensors': '',
      'checkpoint-10/model.safetensors': '',
    });
    const path = join(run, 'checkpoint-10', 'model.safetensors');
    expect(await locationOf(run)).toEqual({ kind: 'path', path });
    expect(await locationOf(path)).toEqual({ kind: 'path', path });
  });

  it('is the latest that TensorFlow names', async () => {
    const files = {
      'a-1.index': '',
      'a-2.index': '',
      checkpoint: 'model_checkpoint_path: "a-1"\n',
    };
    const path = join(folder, 'tf', 'a-1.index');
    expect(await locationOf(folderWith('tf', files))).toEqual({ kind: 'path', path });
  });

  it('is asked for where several are equal', async () => {
    const two = folderWith('two', { 'a.pt': '', 'b.pt': '' });
    await expect(locationOf(two)).rejects.toThrow(UsageError);
    await expect(locationOf(two)).rejects.toThrow(/has 2 checkpoints, name one:\n.*a\.pt\n.*b\.pt/);
  });

  it('is refused in a folder without a checkpoint', async () => {
    await expect(locationOf(folderWith('none', { 'a.txt': '' }))).rejects.toThrow(FormatError);
  });

  it.each([
    ['https://a.test/m.pt', { HF_TOKEN: 'h' }, 'https://a.test/m.pt', { 'huggingface.co': 'h' }],
    ['https://a.test/m.pt', { REGLENS_TOKEN: 'r' }, 'https://a.test/m.pt', { 'a.test': 'r' }],
    ['hf://o/n/m.pt', {}, 'https://huggingface.co/o/n/resolve/main/m.pt', {}],
    [
      'hf://o/n/m.pt',
      { HF_ENDPOINT: 'https://mirror.test', HF_TOKEN: 'h' },
      'https://mirror.test/o/n/resolve/main/m.pt',
      { 'mirror.test': 'h' },
    ],
  ])('is %s with %o', async (text, environment, url, tokens) => {
    expect(await locationOf(text, environment)).toEqual({ kind: 'url', url, tokens });
  });

  it('is no other address', async () => {
    await expect(locationOf('file:///etc/passwd', {})).rejects.toThrow(
      /https:, http: and hf: are read/,
    );
  });
});
