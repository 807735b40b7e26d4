import path from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { inspect } from './harness/cli';
import { Inspector, shownNumber } from './harness/inspector';
import { Workbench } from './harness/workbench';
import { exampleWorkspace } from './harness/workspace';

let workbench: Workbench;

beforeAll(async () => {
  workbench = await Workbench.open(exampleWorkspace('formats'), { width: 1600 });
});

afterAll(async () => {
  await workbench.close();
});

afterEach(async () => {
  await workbench.closeEditors();
});

/** Formats whose files open in RegLens at a click, and those that VS Code opens otherwise first. */
const files = [
  ['pytorch/checkpoints/digits-l1.safetensors', 'at once'],
  ['pytorch/checkpoints/digits-epoch10.pt', 'at once'],
  ['keras/models/digits.keras', 'at once'],
  ['keras/models/digits.weights.h5', 'at once'],
  ['keras/models/digits.h5', 'reopened'],
  ['tfjs/model/model.json', 'reopened'],
  ['numpy/digits-l1.npz', 'at once'],
] as const;

describe('the table of a checkpoint says what the command line says', () => {
  it.each(files)('%s', async (file, way) => {
    await workbench.openFile(file);
    if (way === 'reopened') await workbench.reopenWith('RegLens Checkpoint Inspector');
    const inspector = new Inspector(workbench);
    await inspector.finished();
    await inspector.ungroup();
    const report = inspect(path.join(workbench.folder, file));
    const shown = await inspector.rows();

    expect(shown.map(({ name }) => name).sort()).toEqual(
      report.layers.map(({ name }) => name).sort(),
    );
    let compared = 0;
    for (const { name, metrics } of report.layers) {
      const row = shown.find((one) => one.name === name);
      for (const [id, text] of Object.entries(row?.cells ?? {})) {
        const expected = metrics[id];
        const value = shownNumber(text);
        if (id === '' || typeof expected !== 'number') {
          if (id !== '') expect(value, `${name} ${id}: "${text}"`).toBeUndefined();
          continue;
        }
        expect(value, `${name} ${id}: "${text}" for ${expected}`).toBeDefined();
        // Two digits are shown of small percentages, three of everything else.
        expect(Math.abs((value ?? NaN) - expected)).toBeLessThanOrEqual(
          0.051 * Math.abs(expected) + 1e-9,
        );
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThanOrEqual(2 * report.layers.length);
  });
});
