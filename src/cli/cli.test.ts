import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { buildZip } from '../formats/zip/buildZip';
import { metricCatalogue } from '../metrics';
import { csvOf } from './csv';
import { globToRegExp } from './glob';
import { main } from './main';
import { metricsDocument } from './metricsCommand';

const folder = mkdtempSync(join(tmpdir(), 'reglens-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A safetensors file with one 4 × 3 layer, half of it zeros, and its bias. */
function safetensors(name: string): string {
  const header = JSON.stringify({
    'net.fc1.weight': { dtype: 'F32', shape: [4, 3], data_offsets: [0, 48] },
    'net.fc1.bias': { dtype: 'F32', shape: [4], data_offsets: [48, 64] },
    'net.fc2.weight': { dtype: 'F32', shape: [2, 4], data_offsets: [64, 96] },
  });
  const numbers = Float32Array.from({ length: 24 }, (_, i) => (i < 6 ? 0 : i));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const path = join(folder, name);
  writeFileSync(path, Buffer.concat([length, Buffer.from(header), Buffer.from(numbers.buffer)]));
  return path;
}

const good = safetensors('good.safetensors');
const bad = join(folder, 'bad.safetensors');
writeFileSync(bad, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x7b]));

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await main(argv, {
    out: (text) => (out += text),
    err: (text) => (err += text),
    isTerminal: false,
    hasColours: false,
    columns: undefined,
  });
  return { code, out, err };
}

describe('reglens inspect', () => {
  it('prints a table by default', async () => {
    const { code, out, err } = await run('inspect', good);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^good\.safetensors · safetensors · 3 tensors · 24 parameters/);
    expect(out).toMatch(/^net\.fc1 +matrix +4×3 +50 % /m);
    expect(out).not.toContain('Findings');
  });

  it('ends with what the rules say, the worst first', async () => {
    const damaged = join(__dirname, '../../test/fixtures/findings/damaged.safetensors');
    const table = await run('inspect', damaged);
    expect(table.out).toMatch(
      /\nFindings\n {2}problem {2}A1 fc1: 2 values of 64 in fc1\.weight are/,
    );
    const markdown = await run('inspect', damaged, '--markdown');
    expect(markdown.out).toContain(
      '- **problem** A1 fc1: 2 values of 64 in fc1.weight are not finite',
    );
  });

  it('tells of code in a pickle beside the report', async () => {
    const hostile = join(folder, 'hostile.pt');
    const data = Buffer.from('\x80\x02cos\nsystem\n)R.', 'latin1');
    writeFileSync(hostile, buildZip([{ name: 'm/data.pkl', data }]));
    const { err, out } = await run('inspect', hostile, '--json');
    expect(err).toMatch(/hostile\.pt: This file tries to run os\.system \(GLOBAL at byte 2\)/);
    expect(JSON.parse(out).checkpoint.notices[0]).toMatchObject({ severity: 'problem' });
  });

  it('prints the report as JSON', async () => {
    const report = JSON.parse((await run('inspect', good, '--json')).out);
    expect(report).toMatchObject({
      version: 1,
      checkpoint: { format: 'safetensors', bytes: expect.any(Number) },
      tensors: [{ name: 'net.fc1.weight', dtype: 'f32', shape: [4, 3], role: 'matrix' }, {}, {}],
      skipped: [],
      findings: expect.any(Array),
      techniques: expect.any(Array),
    });
    expect(report.layers[0]).toMatchObject({
      name: 'net.fc1',
      role: 'matrix',
      view: [4, 3],
      metrics: { 'zero.frac': 0.5, singular_values: expect.any(Array) },
    });
  });

  it('gives an array for several files, and goes on after one that cannot be read', async () => {
    const { code, out, err } = await run('inspect', good, bad, good, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toHaveLength(2);
    expect(err).toContain(`${bad}: `);
  });

  it('selects layers and metrics', async () => {
    const { out } = await run(
      'inspect',
      good,
      '--json',
      '--layers',
      '*.fc2',
      '--metrics',
      'l2,nm(2,4)',
    );
    const { layers } = JSON.parse(out);
    expect(layers).toHaveLength(1);
    expect(layers[0].name).toBe('net.fc2');
    expect(Object.keys(layers[0].metrics).sort()).toEqual(['l2', 'nm(2,4)']);
  });

  it('writes Markdown and CSV, to a file if asked', async () => {
    expect((await run('inspect', good, '--markdown')).out).toContain('| net.fc1 | matrix | 4×3 |');
    const target = join(folder, 'out.csv');
    const { out, code } = await run(
      'inspect',
      good,
      '--csv',
      '--metrics',
      'zero.frac',
      '-o',
      target,
    );
    expect({ out, code }).toEqual({ out: '', code: 0 });
    expect(readFileSync(target, 'utf8')).toBe(
      'file,layer,role,dtype,rows,columns,parameters,zero.frac\r\n' +
        'good.safetensors,net.fc1,matrix,f32,4,3,16,0.5\r\n' +
        'good.safetensors,net.fc2,matrix,f32,2,4,8,0\r\n',
    );
  });

  it.each([
    [['inspect'], 'needs a file'],
    [['inspect', good, '--metrics', 'zeros'], 'unknown metric "zeros"'],
    [['inspect', good, '--json', '--csv'], 'exclude each other'],
    [['inspect', good, '--budget', 'soon'], 'not "soon"'],
    [['inspect', good, '--colour'], '--colour'],
    [['inspect', good, '-o', join(folder, 'no', 'such', 'folder')], 'cannot write'],
    [['transmogrify'], 'unknown command "transmogrify"'],
  ])('refuses %j with exit code 2', async (argv, message) => {
    const { code, err } = await run(...argv);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  it('says of a missing file that it is missing', async () => {
    const { code, err } = await run('inspect', join(folder, 'none.pt'));
    expect(code).toBe(1);
    expect(err).toContain('ENOENT');
  });
});

describe('other commands', () => {
  it('prints help and version', async () => {
    expect((await run('--help')).out).toContain('reglens inspect FILE…');
    expect((await run('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await run()).code).toBe(2);
  });

  it('explains every metric, and docs/metrics.md is that text', async () => {
    const { out } = await run('metrics');
    for (const { id } of metricCatalogue) expect(out).toContain(`### \`${id}\` `);
    expect(readFileSync(join(__dirname, '../../docs/metrics.md'), 'utf8')).toBe(metricsDocument());
  });
});

describe('text from files', () => {
  it.each([
    ['features.*', 'features.0', true],
    ['features.*', 'xfeatures.0', false],
    ['a?c', 'abc', true],
    ['a+c', 'aac', false],
    ['*'.repeat(40) + 'b', 'a'.repeat(60), false],
  ])('glob %j on %j: %j', (glob, name, expected) => {
    expect(globToRegExp(glob).test(name)).toBe(expected);
  });

  it('keeps a spreadsheet from running a layer name', () => {
    const layer = {
      name: '=cmd|"x"',
      role: 'matrix',
      dtype: 'f32',
      parameterCount: 1,
      metrics: {},
    };
    const report = { checkpoint: { name: 'm' }, layers: [layer] };
    expect(csvOf([report as never], ['l2'])).toContain('"\'=cmd|""x"""');
  });
});
