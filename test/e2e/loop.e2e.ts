import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { until } from './harness/until';
import { Workbench } from './harness/workbench';
import { exampleWorkspace } from './harness/workspace';

const script = 'pytorch/train_digits.py';
/** With PyTorch and scikit-learn: the edited script is trained again. */
const python = process.env['REGLENS_PYTHON'] ?? '';
let workbench: Workbench;

beforeAll(async () => {
  workbench = await Workbench.open(exampleWorkspace('loop'), { width: 1600 });
});

afterAll(async () => {
  await workbench.close();
});

const lens = (text: string | RegExp) =>
  workbench.page.locator('.codelens-decoration', { hasText: text });

describe.skipIf(python === '')('measure, explain, edit, measure again', () => {
  it('leads from a finding to a fix, and shows before and after once it is trained', async () => {
    await workbench.openFile(script);
    await lens('classifier.1').first().waitFor({ timeout: 60_000 });
    expect(await lens('since the edit').count()).toBe(0);

    // The hint on the line that defines the layer has the technique as its quick fix.
    const edited = await workbench.applyCodeAction(script, /nn\.Linear\(16/, /^Clip the norm/);
    expect(edited).toMatch(/clip_grad_norm_\(/);

    const folder = path.join(workbench.folder, 'pytorch');
    await promisify(execFile)(python, ['train_digits.py', '--epochs', '5', '--lr', '3e-3'], {
      cwd: folder,
      timeout: 120_000,
      env: { ...process.env, OMP_NUM_THREADS: '1' },
    });
    await until(
      'the lens shows before and after',
      async () => (await lens(/since the edit: .* → /).count()) > 0,
      60_000,
    );
    await workbench.screenshot('before-and-after');
  }, 240_000);
});
