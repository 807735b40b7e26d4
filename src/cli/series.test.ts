import { cpSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import type { Series } from '../core/series';
import { main } from './main';

const examples = join(__dirname, '../../examples/pytorch/checkpoints');
const temporary = mkdtempSync(join(tmpdir(), 'reglens-series-'));
afterAll(() => rmSync(temporary, { recursive: true }));

/** A folder with the epochs of one run, written in the wrong order. */
const run = join(temporary, 'run');
mkdirSync(run);
for (const [index, epoch] of ['12', '03', '09', '06'].entries()) {
  const file = join(run, `digits-l1-epoch${epoch}.safetensors`);
  cpSync(join(examples, `digits-l1-epoch${epoch}.safetensors`), file);
  utimesSync(file, 1000 + index, 1000 + index);
}

async function reglens(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await main(['series', ...argv], {
    out: (text) => (out += text),
    err: (text) => (err += text),
    isTerminal: false,
    hasColours: false,
    columns: undefined,
  });
  return { code, out, err };
}
const quick = ['--backend', 'typescript', '--budget', '0', '--metrics', 'zero.frac,l2'];

describe('reglens series', () => {
  it('gives the layers over a folder of epochs as JSON, in the order of the epochs', async () => {
    const { code, out, err } = await reglens(run, '--json', ...quick);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const series = JSON.parse(out) as Series;
    expect(series.axis).toBe('epoch');
    expect(series.points.map(({ x }) => x)).toEqual([3, 6, 9, 12]);
    const zeros = series.layers.find(({ name }) => name === 'classifier.1')?.values['zero.frac'];
    expect(zeros).toHaveLength(4);
    // Proximal L1 takes weights away in the first epochs.
    const [first = NaN, second = NaN, third = NaN] = (zeros ?? []).map(Number);
    expect(first).toBeGreaterThan(0);
    expect(second).toBeGreaterThan(first);
    expect(third).toBeGreaterThan(second);
  });

  it('prints a course for every layer, and what changed', async () => {
    const { out } = await reglens(run, '--layers', 'classifier.1', ...quick);
    const lines = out.split('\n');
    expect(lines[0]).toBe('run · digits-l1 · 4 checkpoints · epoch 3 to epoch 12');
    expect(lines[3]).toMatch(/^classifier\.1 +zero\.frac +[\d.]+ % +[\d.]+ % +[▁▂▃▄▅▆▇█]{4} ↑$/);
    expect(out).toContain('What changed\n  epoch 6: classifier.1 ');
    expect(out).not.toContain('conv1');
  });

  it('writes a line for each number as CSV', async () => {
    const { out } = await reglens(run, '--layers', 'conv1', '--csv', ...quick);
    const lines = out.trimEnd().split('\r\n');
    expect(lines[0]).toBe('file,epoch,step,loss,accuracy,layer,metric,value');
    expect(lines).toHaveLength(1 + 4 * 2);
    expect(lines[1]).toMatch(/^digits-l1-epoch03\.safetensors,3,,,,conv1,zero\.frac,/);
  });

  it('takes files, and shows the others where one cannot be read', async () => {
    const broken = join(temporary, 'digits-l1-epoch99.safetensors');
    writeFileSync(broken, 'no checkpoint');
    const files = ['03', '12'].map((epoch) => join(run, `digits-l1-epoch${epoch}.safetensors`));
    const { code, out, err } = await reglens(...files, broken, '--markdown', ...quick);
    expect(code).toBe(1);
    expect(err).toContain('digits-l1-epoch99.safetensors: ');
    expect(out).toContain('2 checkpoints');
  });

  it.each<[string, readonly string[], string]>([
    ['nothing', [], 'series needs a folder'],
    ['an unknown metric', [run, '--metrics', 'zero'], 'no metric "zero" that is one number'],
    ['a metric of many numbers', [run, '--metrics', 'singular_values'], 'no metric'],
    ['two formats', [run, '--json', '--csv'], 'exclude each other'],
    ['a folder without a run', [join(__dirname)], 'no run of two or more checkpoints'],
  ])('refuses %s', async (_, argv, message) => {
    const { code, err } = await reglens(...argv);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  it('lists the runs of a folder that has several', async () => {
    const folder = join(temporary, 'several');
    for (const name of ['a_epoch1.pt', 'a_epoch2.pt', 'b_epoch1.pt', 'b_epoch2.pt']) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, name), '');
    }
    const { code, err } = await reglens(folder);
    expect(code).toBe(2);
    expect(err).toMatch(/2 runs in [^]*several · a, 2 checkpoints\n/);
  });

  it('says what is not there', async () => {
    const { code, err } = await reglens(join(temporary, 'nowhere'));
    expect(code).toBe(1);
    expect(err).toContain('ENOENT');
  });
});
