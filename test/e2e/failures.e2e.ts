import fs from 'node:fs';
import path from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { root } from '../../scripts/lib/paths.mjs';
import { Workbench } from './harness/workbench';
import { workspaceOf } from './harness/workspace';

const whole = fs.readFileSync(
  path.join(root, 'examples/pytorch/checkpoints/digits-none.safetensors'),
);
const pickle = fs.readFileSync(path.join(root, 'examples/pytorch/checkpoints/digits-epoch05.pt'));
const pointer = `version https://git-lfs.github.com/spec/v1
oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
size 12345
`;

const files: Readonly<Record<string, string | Uint8Array>> = {
  'empty.safetensors': '',
  'pointer.safetensors': pointer,
  'truncated.safetensors': whole.subarray(0, whole.length / 2),
  'cut-header.safetensors': whole.subarray(0, 40),
  'truncated.pt': pickle.subarray(0, pickle.length - 300),
  'prose.pt': 'This was never a checkpoint.\n'.repeat(40),
};

/** What the page must say about each. */
const messages: readonly (readonly [string, RegExp])[] = [
  ['empty.safetensors', /empty/i],
  ['pointer.safetensors', /LFS/],
  ['truncated.safetensors', /byte|past|end|shorter|truncated/i],
  ['cut-header.safetensors', /header|byte/i],
  ['truncated.pt', /ZIP|archive|truncated|format|end/i],
  ['prose.pt', /is a text file/i],
];

let workbench: Workbench;

beforeAll(async () => {
  workbench = await Workbench.open(workspaceOf('failures', files));
});

afterAll(async () => {
  await workbench.close();
});

afterEach(async () => {
  await workbench.closeEditors();
});

describe('a file that cannot be read', () => {
  it.each(messages)('%s says what is wrong', async (file, message) => {
    await workbench.openFile(file);
    const failure = workbench.webview().locator('section.failure');
    await failure.waitFor();
    const text = await failure.innerText();
    expect(text).toContain(file);
    expect(text).toMatch(message);
    expect(text).not.toContain('Something went wrong');
  });

  it('opens as a report once it has been mended', async () => {
    await workbench.openFile('truncated.safetensors');
    const webview = workbench.webview();
    await webview.locator('section.failure').waitFor();
    fs.writeFileSync(path.join(workbench.folder, 'truncated.safetensors'), whole);
    await webview.getByRole('button', { name: 'Reload' }).click();
    await webview.getByText(/^Analysis finished/).waitFor({ state: 'attached' });
  });
});
