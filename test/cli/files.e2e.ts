import fs from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { root } from '../../scripts/lib/paths.mjs';
import type { Report } from '../../src/core/report';
import { reglens } from './run';

const examples = path.join(root, 'examples');
const isCheckpoint = /\.(safetensors|pt|keras|h5|npz)$|model\.json$/;

/** Files of a folder by their paths below it. */
function filesOf(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

describe('every example checkpoint gives a report', () => {
  it.each(filesOf(examples).filter((file) => isCheckpoint.test(file)))('%s', (file) => {
    const { code, out, err } = reglens('inspect', '--json', path.join(examples, file));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const report = JSON.parse(out) as Report;
    expect(report.layers.length).toBeGreaterThan(0);
    for (const { name, state } of report.layers) expect(state, name).toBe('done');
  });
});

/** A folder with checkpoints of many projects, some of them broken: REGLENS_SAMPLES. */
const samples = process.env['REGLENS_SAMPLES'];

describe.runIf(samples)('every sample gives a report or a clear error', () => {
  it.each(samples ? filesOf(samples) : [])('%s', (file) => {
    const { code, out, err } = reglens(
      ...['inspect', '--json', '--budget', '10', path.join(samples ?? '', file)],
    );
    if (code === 0) {
      const report = JSON.parse(out) as Report;
      expect(report.tensors.length + report.skipped.length, 'an empty report').toBeGreaterThan(0);
      return;
    }
    expect(code, err).toBe(1);
    expect(err).toContain(path.basename(file));
    expect(err, 'an error of ours').not.toMatch(/^\s+at |TypeError|RangeError|undefined/m);
  });
});
