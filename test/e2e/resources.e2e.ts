import fs from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, expect, inject, it } from 'vitest';

import { instanceIn } from '../../scripts/lib/codeServer.mjs';
import { Inspector } from './harness/inspector';
import { until } from './harness/until';
import { Workbench } from './harness/workbench';
import { exampleWorkspace } from './harness/workspace';

let workbench: Workbench;

beforeAll(async () => {
  workbench = await Workbench.open(exampleWorkspace('resources'));
});

afterAll(async () => {
  await workbench.close();
});

/** Files of results that are kept. */
function results(): string[] {
  const { userData } = instanceIn(inject('instance'));
  return fs
    .readdirSync(userData, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.measured.json'))
    .map((file) => path.join(userData, file));
}

it('keeps results, shows them at once when the file is opened again, and clears them', async () => {
  const file = 'pytorch/checkpoints/digits-l1.safetensors';
  await workbench.openFile(file);
  const inspector = new Inspector(workbench);
  await inspector.finished();
  await until('the results are kept', () => results().length > 0);
  // A number that nobody would measure shows where the table has it from. Other scenarios may have left results too.
  for (const kept of results()) {
    const text = fs.readFileSync(kept, 'utf8');
    fs.writeFileSync(kept, text.replaceAll(/"zero\.frac":[\d.e-]+/g, '"zero.frac":0.123'));
  }
  await workbench.closeEditors();
  await workbench.openFile(file);
  const again = new Inspector(workbench);
  await again.finished();
  await again.ungroup();
  expect((await again.rows())[0]?.cells['zero.frac']).toBe('12.3 %');

  await workbench.closeEditors();
  await workbench.command('RegLens: Clear Cached Results');
  await workbench
    .notifications()
    .filter({ hasText: /^Cleared the results of \d+ checkpoints?\.$/ })
    .waitFor();
  expect(results()).toEqual([]);
  await workbench.openFile(file);
  const anew = new Inspector(workbench);
  await anew.finished();
  await anew.ungroup();
  expect((await anew.rows())[0]?.cells['zero.frac']).not.toBe('12.3 %');
});
