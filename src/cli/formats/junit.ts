import { rules } from '../../findings';
import type { CheckedFile, CheckedFinding, CheckResult } from '../checkResult';
import { evidenceText } from './text';

/** One suite a file and one case a rule, for servers that show test results. */
export function junitOf({ files }: CheckResult): string {
  const suites = files.map(suiteOf);
  const sum = (count: (suite: Suite) => number): number =>
    suites.reduce((total, suite) => total + count(suite), 0);
  const counts = `tests="${sum(({ tests }) => tests)}" failures="${sum(({ failures }) => failures)}" errors="${sum(({ errors }) => errors)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="reglens check" ${counts}>`,
    ...suites.flatMap(({ lines }) => lines),
    '</testsuites>',
    '',
  ].join('\n');
}

interface Suite {
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
  readonly lines: readonly string[];
}

function suiteOf(file: CheckedFile): Suite {
  const name = escapeXml(file.path);
  const open = (tests: number, failures: number, errors: number): string =>
    `  <testsuite name="${name}" tests="${tests}" failures="${failures}" errors="${errors}">`;
  if (file.error !== undefined) {
    const lines = [
      open(1, 0, 1),
      `    <testcase classname="${name}" name="read">`,
      `      <error message="${escapeXml(file.error)}"/>`,
      '    </testcase>',
      '  </testsuite>',
    ];
    return { tests: 1, failures: 0, errors: 1, lines };
  }
  const cases = rules.map(({ id, name: rule }) => {
    const found = file.findings.filter(({ finding }) => finding.rule === id);
    return {
      label: `${id} ${rule}`,
      failing: found.filter(({ fails }) => fails),
      rest: found.filter(({ fails }) => !fails),
    };
  });
  const failures = cases.filter(({ failing }) => failing.length > 0).length;
  const lines = cases.flatMap(({ label, failing, rest }) => {
    const head = `    <testcase classname="${name}" name="${escapeXml(label)}"`;
    const [worst] = failing;
    if (!worst && rest.length === 0) return [`${head}/>`];
    return [
      `${head}>`,
      ...(worst
        ? [
            `      <failure type="${worst.finding.severity}" message="${escapeXml(worst.finding.message)}">${escapeXml(failing.map(detailOf).join('\n'))}</failure>`,
          ]
        : []),
      ...(rest.length > 0
        ? [`      <system-out>${escapeXml(rest.map(detailOf).join('\n'))}</system-out>`]
        : []),
      '    </testcase>',
    ];
  });
  return {
    tests: cases.length,
    failures,
    errors: 0,
    lines: [open(cases.length, failures, 0), ...lines, '  </testsuite>'],
  };
}

function detailOf({ finding, isKnown }: CheckedFinding): string {
  const { severity, confidence, message, evidence, layers } = finding;
  return [
    `${severity}, ${confidence}${isKnown ? ', in the baseline' : ''}: ${message}`,
    ...evidence.map((one) => `  ${evidenceText(one)}`),
    ...(layers.length > 1 ? [`  layers: ${layers.join(', ')}`] : []),
  ].join('\n');
}

/** Text for element content and attributes; what XML 1.0 cannot hold becomes the replacement character. */
export function escapeXml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&apos;',
    '\n': '&#10;',
    '\t': '&#9;',
    '\r': '&#13;',
  };
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\ufffd')
    .replace(/[&<>"'\n\t\r]/g, (character) => entities[character] ?? character);
}
