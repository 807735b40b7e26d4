import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import type { Comparison } from '../core/comparison';
import { main } from './main';

const folder = join(__dirname, '../../test/fixtures/compare');
const fixture = (name: string): string => join(folder, name);
const temporary = mkdtempSync(join(tmpdir(), 'reglens-compare-'));
afterAll(() => rmSync(temporary, { recursive: true }));

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await main([...argv, '--backend', 'typescript'], {
    out: (text) => (out += text),
    err: (text) => (err += text),
    isTerminal: false,
    hasColours: false,
    columns: undefined,
  });
  return { code, out, err };
}

const [a, b] = [fixture('a.safetensors'), fixture('b.safetensors')];

describe('reglens compare', () => {
  it('prints a table, the largest relative change first', async () => {
    const { code, out, err } = await run('compare', a, b);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const lines = out.split('\n');
    expect(lines[0]).toBe('a.safetensors → b.safetensors');
    expect(lines[1]).toMatch(/^6 of 6 layers changed · ‖ΔW‖\/‖W‖ .* · largest .* in out · zeros/);
    const names = lines.slice(4, 10).map((line) => line.split(' ')[0]);
    expect(names[0]).toBe('out');
    expect(names.at(-1)).toBe('fc3');
    expect(out).toContain('fc3: only fc3.bias has changed');
  });

  it.each([
    ['cosine', 'out'],
    ['changed', 'fc1'],
    ['zero.frac', 'fc1'],
    ['rank', 'fc1'],
  ])('sorts by %s', async (sort, first) => {
    const { out } = await run('compare', a, b, '--sort', sort);
    expect(out.split('\n')[4]?.split(' ')[0]).toBe(first);
  });

  it('gives the comparison as JSON, in the order of the file, of the layers asked for', async () => {
    const { out } = await run('compare', a, b, '--json', '--layers', 'fc*');
    const comparison = JSON.parse(out) as Comparison;
    expect(comparison).toMatchObject({
      version: 1,
      a: { checkpoint: { name: 'a.safetensors' } },
      totals: { pairCount: 6 },
      unmatched: { a: [], b: [] },
    });
    expect(comparison.pairs.map(({ b: layer }) => layer.name)).toEqual(['fc1', 'fc2', 'fc3']);
  });

  it('writes Markdown for a pull request', async () => {
    const target = join(temporary, 'out.md');
    const { code, out } = await run(
      'compare',
      a,
      fixture('changed.safetensors'),
      '--markdown',
      '-o',
      target,
    );
    expect({ code, out }).toEqual({ code: 0, out: '' });
    const text = readFileSync(target, 'utf8');
    expect(text).toMatch(
      /^\*\*a\.safetensors → changed\.safetensors\*\*: .* 1 only in A · 1 only in B/,
    );
    expect(text).toContain('| layer | shape | ‖ΔW‖/‖W‖ |');
    expect(text).toContain('<details>\n<summary>');
    expect(text).toContain('- only in B: extra \\(7×5\\)');
    expect(text).toContain('- out: shape 3 × 12 in A, 5 × 12 in B');
  });

  it.each([
    [b, '0', 0, ''],
    [a, '100', 0, ''],
    [a, '0.5', 1, 'out changed by'],
    [fixture('changed.safetensors'), '100', 0, '1 layers could not be compared'],
    [fixture('nan.safetensors'), '100', 0, ''],
  ])(
    '%s before b.safetensors with --fail-on-change %s: exit code %i',
    async (first, limit, code, err) => {
      const result = await run('compare', first, b, '--fail-on-change', limit);
      expect(result.code).toBe(code);
      expect(result.err).toContain(err);
    },
  );

  it('fails whatever the limit where NaN have come', async () => {
    const { code, err } = await run(
      'compare',
      b,
      fixture('nan.safetensors'),
      '--fail-on-change',
      '100',
    );
    expect(code).toBe(1);
    expect(err).toContain('fc1 changed by');
  });

  it.each([
    [['compare', a], 'takes two files, not 1'],
    [['compare', a, b, a], 'takes two files, not 3'],
    [['compare', a, b, '--json', '--markdown'], 'exclude each other'],
    [['compare', a, b, '--sort', 'beauty'], 'not "beauty"'],
    [['compare', a, b, '--fail-on-change', 'much'], 'not "much"'],
    [['compare', a, b, '-o', join(temporary, 'no', 'such')], 'cannot write'],
    [['manifest'], 'takes one file'],
  ])('refuses %j with exit code 2', async (argv, message) => {
    const { code, err } = await run(...argv);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  it('says which file cannot be read', async () => {
    const { code, err } = await run('compare', a, fixture('golden.json'));
    expect(code).toBe(1);
    expect(err).toContain('golden.json');
  });
});

describe('reglens manifest', () => {
  it('is the same text every time, one fact a line', async () => {
    const { code, out } = await run('manifest', a);
    expect(code).toBe(0);
    expect(out).toBe((await run('manifest', a)).out);
    expect(out).toContain(
      '\n\nlayer fc2\n  role: matrix\n  tensor: fc2.weight\n  stored: 12 by 12, f32\n',
    );
    expect(out).toContain('\n  zeros: 0.0417\n');
  });

  it('differs between two checkpoints only in what has changed', async () => {
    const [before, after] = [await run('manifest', a), await run('manifest', b)];
    const block = (text: string, name: string): string =>
      text.slice(text.indexOf(`layer ${name}\n`)).split('\n\n')[0]!;
    expect(block(before.out, 'fc3')).toBe(block(after.out, 'fc3'));
    expect(block(before.out, 'fc1')).not.toBe(block(after.out, 'fc1'));
  });

  it('says of a missing file that it is missing', async () => {
    const { code, err } = await run('manifest', join(temporary, 'none.pt'));
    expect({ code, found: err.includes('ENOENT') }).toEqual({ code: 1, found: true });
  });
});
