import fs from 'node:fs';
import path from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { root } from '../../scripts/lib/paths.mjs';
import { buildZip } from '../../src/formats/zip/buildZip';
import { Inspector } from './harness/inspector';
import { Workbench } from './harness/workbench';
import { workspaceOf } from './harness/workspace';

const bytes = (text: string): Uint8Array =>
  Uint8Array.from(text, (character) => character.charCodeAt(0));
const text = (value: string): string => `X${String.fromCharCode(value.length)}\0\0\0${value}`;

/** What the pickle would run where Python loads it: a file that is not there shows that nothing did. */
const mark = '/tmp/reglens-e2e-was-run';
const call = `cos\nsystem\n(${text(`touch ${mark}`)}tR`;
const storage = `(${text('storage')}ctorch\nFloatStorage\n${text('0')}${text('cpu')}I4\ntQ`;
const tensor = `ctorch._utils\n_rebuild_tensor_v2\n(${storage}I0\n(I2\nI2\nt(I2\nI1\nt\x89}tR`;

const shard = fs.readFileSync(
  path.join(root, 'examples/pytorch/checkpoints/digits-none.safetensors'),
);
const index = {
  weight_map: {
    'conv1.weight': 'model-00001-of-00002.safetensors',
    'head.weight': 'model-00002-of-00002.safetensors',
  },
};

let workbench: Workbench;

beforeAll(async () => {
  fs.rmSync(mark, { force: true });
  workbench = await Workbench.open(
    workspaceOf('strangers', {
      'hostile.pt': buildZip([
        {
          name: 'm/data.pkl',
          data: bytes(`\x80\x02}${text('w')}${tensor}s${text('x')}${call}s.`),
        },
        { name: 'm/data/0', data: new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer) },
      ]),
      'sharded/model.safetensors.index.json': JSON.stringify(index),
      'sharded/model-00001-of-00002.safetensors': shard,
    }),
  );
});

afterAll(async () => {
  await workbench.close();
});

afterEach(async () => {
  await workbench.closeEditors();
});

describe('a file from a stranger', () => {
  it('that would run a program says so, runs nothing, and shows its weights', async () => {
    await workbench.openFile('hostile.pt');
    const inspector = new Inspector(workbench);
    await inspector.finished();
    const alarm = inspector.frame.getByRole('alert').filter({ hasText: 'tries to run' });
    expect(await alarm.innerText()).toMatch(/os\.system.*RegLens ran nothing/s);
    expect((await inspector.rows()).map(({ name }) => name)).toEqual(['w']);
    expect(fs.existsSync(mark)).toBe(false);
    await workbench.screenshot('hostile-pickle');
  });

  it('whose other shard is missing shows the rest and names what is missing', async () => {
    await workbench.command('RegLens: Open Folder as Checkpoint');
    const input = workbench.page.locator('.quick-input-widget input[type=text]');
    await input.fill(path.join(workbench.folder, 'sharded'));
    await input.press('Enter');
    const inspector = new Inspector(workbench);
    await inspector.finished();
    const alarm = inspector.frame.getByRole('alert').first();
    expect(await alarm.innerText()).toContain('model-00002-of-00002.safetensors');
    await inspector.ungroup();
    expect((await inspector.rows()).map(({ name }) => name)).toContain('conv1');
    await workbench.screenshot('missing-shard');
  });
});
