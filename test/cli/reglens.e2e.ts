import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import type { Report } from '../../src/core/report';
import { reglens } from './run';

const checkpoint = 'examples/pytorch/checkpoints/digits-l1.safetensors';

describe('reglens inspect', () => {
  it('prints a table without escape sequences when it does not write to a terminal', () => {
    const { code, out, err } = reglens('inspect', checkpoint);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^layer\s+role\s+shape/m);
    expect(out).toMatch(/^classifier\.1\s+matrix\s+96×256/m);
    expect(out).not.toContain('\u001b');
  });

  it('writes the versioned report with --json', () => {
    const { code, out } = reglens('inspect', '--json', checkpoint);
    expect(code).toBe(0);
    const report = JSON.parse(out) as Report;
    expect(report.version).toBe(1);
    expect(report.checkpoint.format).toBe('safetensors');
    expect(report.layers.map(({ name }) => name)).toContain('conv2');
    const layer = report.layers.find(({ name }) => name === 'classifier.1');
    expect(layer?.view).toEqual([96, 256]);
    expect(layer?.metrics['zero.frac']).toBeGreaterThan(0.5);
  });

  it('writes Markdown, CSV, and to a file', () => {
    expect(reglens('inspect', '--markdown', checkpoint).out).toMatch(/^\| conv2 \|/m);
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'reglens-cli-'));
    try {
      const file = path.join(folder, 'report.csv');
      const args = ['--csv', '--layers', 'conv*', '--metrics', 'zero.frac,l2', '--output', file];
      const { code, out } = reglens('inspect', ...args, checkpoint);
      expect({ code, out }).toEqual({ code: 0, out: '' });
      const lines = fs.readFileSync(file, 'utf8').trimEnd().split(/\r?\n/);
      expect(lines[0]).toMatch(/,zero\.frac,l2$/);
      expect(lines.slice(1).map((line) => line.split(',')[1])).toEqual(['conv1', 'conv2']);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it.each([
    ['no file', ['inspect'], 2, /needs a file/],
    ['an unknown option', ['inspect', '--fast', checkpoint], 2, /--fast/],
    ['an unknown metric', ['inspect', '--metrics', 'beauty', checkpoint], 2, /beauty/],
    ['an unknown command', ['measure'], 2, /measure/],
    ['a missing file', ['inspect', 'nowhere.pt'], 1, /nowhere\.pt/],
    ['a file of another kind', ['inspect', 'package.json'], 1, /package\.json/],
  ])('tells what is wrong with %s', (_name, args, code, message) => {
    const ended = reglens(...args);
    expect(ended.code).toBe(code);
    expect(ended.err).toMatch(message);
    expect(ended.err).not.toMatch(/^\s+at /m);
  });

  it('goes on after a file that cannot be read', () => {
    const { code, out, err } = reglens('inspect', '--json', 'package.json', checkpoint);
    expect(code).toBe(1);
    expect(err).toContain('package.json');
    expect((JSON.parse(out) as Report).checkpoint.format).toBe('safetensors');
  });
});
