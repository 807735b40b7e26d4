import { createReadStream, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import path from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { Inspector } from './harness/inspector';
import { Workbench } from './harness/workbench';
import { exampleWorkspace } from './harness/workspace';

const checkpoint = 'pytorch/checkpoints/digits-l1.safetensors';
let workbench: Workbench;
let server: Server;
let url = '';

beforeAll(async () => {
  workbench = await Workbench.open(exampleWorkspace('places'), { width: 1600 });
  const file = path.join(workbench.folder, checkpoint);
  const { size } = statSync(file);
  server = createServer(({ headers }, response) => {
    const [, first = '0', last = '0'] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
    const start = Number(first);
    const end = Math.min(Number(last), size - 1);
    response.writeHead(206, { 'content-range': `bytes ${start}-${end}/${size}`, etag: '"1"' });
    createReadStream(file, { start, end }).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  url = `http://127.0.0.1:${address.port}/models/remote.safetensors`;
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await workbench.close();
});

afterEach(async () => {
  await workbench.closeEditors();
});

describe('a checkpoint that is not a file of the workspace', () => {
  it('is opened by its address, in ranges', async () => {
    await workbench.command('RegLens: Open Checkpoint from URL…');
    const address = workbench.inputBox('Open a checkpoint from a web server');
    await address.fill(url);
    await address.press('Enter');
    const inspector = new Inspector(workbench);
    await inspector.finished();
    expect((await inspector.rows()).length).toBeGreaterThan(0);
  });

  it('is opened by its folder', async () => {
    await workbench.command('RegLens: Open Folder as Checkpoint');
    const input = workbench.page.locator('.quick-input-widget input');
    await input.fill(path.join(workbench.folder, 'tfjs/model'));
    await input.press('Enter');
    const inspector = new Inspector(workbench);
    await inspector.finished();
    expect((await inspector.rows()).length).toBeGreaterThan(0);
  });

  it('says what is wrong with an address', async () => {
    await workbench.command('RegLens: Open Checkpoint from URL…');
    await workbench.inputBox('Open a checkpoint from a web server').fill('file:///etc/passwd');
    const widget = workbench.page.locator('.quick-input-widget');
    await widget.getByText('https:, http: and hf: are read').waitFor();
    await workbench.page.keyboard.press('Escape');
  });
});
