import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import type { Finding } from '../core/finding';
import { rules, thresholdNames } from '../findings';
import type { CheckResult } from './checkResult';
import { findingsDocument } from './findingsCommand';
import { escapeData, escapeProperty } from './formats/annotation';
import { githubOf } from './formats/github';
import { escapeXml, junitOf } from './formats/junit';
import { sarifOf } from './formats/sarif';
import { checkTextOf } from './formats/text';
import { main } from './main';

const folder = mkdtempSync(join(tmpdir(), 'reglens-check-'));
afterAll(() => rmSync(folder, { recursive: true }));

const fixture = (name: string): string => join(__dirname, '../../test/fixtures/findings', name);
const damaged = fixture('damaged.safetensors');
const narrow = fixture('narrow.safetensors');
const bad = join(folder, 'bad.safetensors');
writeFileSync(bad, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x7b]));

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await main(['check', ...argv, '--backend', 'typescript'], {
    out: (text) => (out += text),
    err: (text) => (err += text),
    isTerminal: false,
    hasColours: false,
    columns: undefined,
  });
  return { code, out, err };
}

describe('reglens check', () => {
  it.each([
    [damaged, [], 1],
    [narrow, [], 0],
    [narrow, ['--fail-on', 'warn'], 1],
    [narrow, ['--fail-on', 'A6'], 1],
    [narrow, ['--fail-on', 'range-stress,problem'], 1],
    [narrow, ['--fail-on', 'B1'], 0],
    [damaged, ['--fail-on', 'none'], 0],
    [narrow, ['--fail-on', 'A6', '--threshold', 'range-stress.subnormal=1'], 1],
  ])('%s %j ends with %i', async (file, options, code) => {
    expect((await run(file, ...options)).code).toBe(code);
  });

  it('tells what was found, on what it rests and what to do', async () => {
    const { out } = await run(damaged);
    expect(out).toContain('problem  A1 non-finite, certain');
    expect(out).toContain('fc1: 2 values of 64 in fc1.weight are not finite.');
    expect(out).toContain('n_nan 1 (0) in fc1.weight');
    expect(out).toContain('→ Go back to an earlier checkpoint');
    expect(out).toMatch(/2 problems.*; 2 fail \(--fail-on problem\)\n$/);
  });

  it('moves a limit', async () => {
    const layers = async (...options: string[]): Promise<readonly string[]> => {
      const { files } = JSON.parse((await run(narrow, '--format', 'json', ...options)).out);
      const findings = files[0].findings as readonly Finding[];
      return findings.flatMap(({ rule, layers: names }) => (rule === 'A6' ? names : []));
    };
    expect((await layers()).toSorted()).toEqual(['high', 'low']);
    expect(await layers('--threshold', 'range-stress.subnormal=0.5')).toEqual(['high']);
  });

  it('fails on a file that cannot be read, and checks the others', async () => {
    const { code, out, err } = await run(bad, narrow, '--format', 'json');
    expect(code).toBe(1);
    expect(err).toContain(`${bad}: `);
    const { files } = JSON.parse(out);
    expect(files[0]).toMatchObject({ path: bad, error: expect.any(String), findings: [] });
    expect(files[1].findings.length).toBeGreaterThan(0);
  });

  it('accepts what a baseline holds, and nothing new', async () => {
    const baseline = join(folder, 'baseline.json');
    expect((await run(damaged, '--write-baseline', baseline)).code).toBe(0);
    const { code, out } = await run(damaged, '--baseline', baseline);
    expect(code).toBe(0);
    expect(out).toContain('certain (in the baseline)');
    // Another file, or one layer less in the baseline, is new.
    expect((await run(narrow, '--baseline', baseline, '--fail-on', 'warn')).code).toBe(1);
    const kept = JSON.parse(readFileSync(baseline, 'utf8')) as {
      readonly findings: readonly { readonly layers: readonly string[] }[];
    };
    const without = kept.findings.filter(({ layers }) => !layers.includes('fc2'));
    writeFileSync(baseline, JSON.stringify({ ...kept, findings: without }));
    expect((await run(damaged, '--baseline', baseline)).code).toBe(1);
  });

  it('writes to a file', async () => {
    const target = join(folder, 'out.sarif');
    expect(await run(narrow, '--format', 'sarif', '-o', target)).toEqual({
      code: 0,
      out: '',
      err: '',
    });
    expect(JSON.parse(readFileSync(target, 'utf8')).version).toBe('2.1.0');
  });

  const wrong = join(folder, 'wrong.json');
  writeFileSync(wrong, '{"version": 1, "findings": [{"file": 1}]}');
  const cut = join(folder, 'cut.json');
  writeFileSync(cut, '{"version": 1,');
  it.each([
    [[], 'needs a file'],
    [[narrow, '--fail-on', 'bad'], 'not "bad"'],
    [[narrow, '--fail-on', ','], 'takes a severity'],
    [[narrow, '--format', 'xml'], 'not "xml"'],
    [[narrow, '--threshold', 'exact-sparsity.note'], 'name=number'],
    [[narrow, '--threshold', 'exact-sparsity.note=2'], 'from 0 to 1, not 2'],
    [[narrow, '--threshold', '__proto__=2'], 'unknown threshold "__proto__"'],
    [[narrow, '--baseline', join(folder, 'none.json')], 'cannot read baseline'],
    [[narrow, '--baseline', wrong], 'without file, rule and layers'],
    [[narrow, '--baseline', cut], 'is no JSON'],
    [[narrow, '--baseline', damaged], 'is no JSON'],
    [[narrow, '-o', join(folder, 'no', 'such')], 'cannot write'],
    [[narrow, '--colour'], '--colour'],
  ])('refuses %j with exit code 2', async (argv, message) => {
    const { code, err } = await run(...argv);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(message) });
  });
});

/** A file and layers whose names are made to break out of each format. */
const hostile = 'a]]>"\'&<b>\n::error::x\u0000\u001b[31m\ud800,c:d%';
const result: CheckResult = {
  failOn: 'problem',
  files: [
    {
      path: `models/${hostile}.pt`,
      findings: [
        {
          finding: {
            rule: 'A1',
            name: 'non-finite',
            title: 'Values that are not finite',
            layers: [hostile],
            severity: 'problem',
            confidence: 'certain',
            class: 'measured',
            evidence: [{ name: 'n_nan', value: 3, threshold: '0', where: hostile }],
            message: `${hostile}: 3 values`,
            caveats: [],
            techniques: [],
            sources: [],
          },
          isKnown: false,
          fails: true,
        },
      ],
    },
    { path: 'gone.pt', findings: [], error: `no such file <${hostile}>` },
  ],
};

describe('formats hold what names throw at them', () => {
  it('JUnit: well-formed XML with the counts', () => {
    const text = junitOf(result);
    const plain = text.replace(/&(amp|lt|gt|quot|apos|#\d+);/g, '');
    expect(plain).not.toMatch(/&|[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/);
    // Every line is one tag, or one element with text: nothing of the name opened or closed another.
    for (const line of text.trim().split('\n').slice(1)) {
      expect(line).toMatch(/^ *<(\/?[a-z-]+)( [a-z]+="[^"<]*")*\/?>([^<]*<\/[a-z-]+>)?$/);
    }
    expect(text).toContain(
      `<testsuites name="reglens check" tests="${rules.length + 1}" failures="1" errors="1">`,
    );
    expect(escapeXml('a\u0000<')).toBe('a\ufffd&lt;');
  });

  it('GitHub: one command a line', () => {
    const lines = githubOf(result).trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toMatch(/^::error file=[^:,]*,title=[^:,]*::/);
    expect(escapeProperty('a:b,c%\r\n')).toBe('a%3Ab%2Cc%25%0A');
    expect(escapeData('a:b,c')).toBe('a:b,c');
  });

  it('text: no control characters of a name', () => {
    const text = checkTextOf(result, { colours: false });
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(text).toContain('1 problem; 1 fails (--fail-on problem)');
  });

  it('SARIF: what the standard asks for', () => {
    const { runs, version } = JSON.parse(sarifOf(result));
    const [{ tool, results, invocations, artifacts }] = runs;
    expect(version).toBe('2.1.0');
    expect(tool.driver.rules).toHaveLength(rules.length);
    expect(results[0]).toMatchObject({ ruleId: 'A1', level: 'error', baselineState: 'new' });
    expect(tool.driver.rules[results[0].ruleIndex].id).toBe('A1');
    const { uri } = results[0].locations[0].physicalLocation.artifactLocation;
    expect(uri).toMatch(/^models\/[A-Za-z0-9%.!~*'()_-]+$/);
    expect(artifacts[0].location.uri).toBe(uri);
    expect(invocations[0].executionSuccessful).toBe(false);
    expect(invocations[0].toolExecutionNotifications).toHaveLength(1);
  });
});

describe('documentation of the rules', () => {
  it('docs/findings.md is what the command prints', () => {
    const text = readFileSync(join(__dirname, '../../docs/findings.md'), 'utf8');
    expect(text).toBe(findingsDocument());
    for (const { id, name } of rules) expect(text).toContain(`### ${id} ${name}\n`);
  });

  it('holds every threshold that a rule uses, and no rule is there twice', () => {
    const text = findingsDocument();
    const used = new Set(rules.flatMap(({ thresholds }) => thresholds));
    for (const name of thresholdNames.filter((one) => !one.startsWith('any.'))) {
      expect(used).toContain(name);
      expect(text).toContain(`\`${name}\``);
    }
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
    expect(new Set(rules.map(({ name }) => name)).size).toBe(rules.length);
  });
});
