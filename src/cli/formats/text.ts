import { severities, type Evidence, type Severity } from '../../core/finding';
import type { CheckedFile, CheckedFinding, CheckResult } from '../checkResult';
import { printable } from '../../core/printable';
import { threeDigits } from '../columns';

const colourOf: Readonly<Record<Severity, string>> = {
  problem: '31',
  warn: '33',
  note: '36',
  info: '2',
};
const plurals: Readonly<Record<Severity, string>> = {
  problem: 'problems',
  warn: 'warnings',
  note: 'notes',
  info: 'remarks',
};
const singulars: Readonly<Record<Severity, string>> = {
  problem: 'problem',
  warn: 'warning',
  note: 'note',
  info: 'remark',
};
const severityWidth = 9;

/** For people: what was found, on what it rests, and what to do. */
export function checkTextOf(
  { files, failOn }: CheckResult,
  { colours }: { readonly colours: boolean },
): string {
  const all = files.flatMap(({ findings }) => findings);
  const counts = severities
    .toReversed()
    .map(
      (severity) =>
        [severity, all.filter((one) => one.finding.severity === severity).length] as const,
    )
    .filter(([, count]) => count > 0)
    .map(([severity, count]) => `${count} ${(count === 1 ? singulars : plurals)[severity]}`);
  const failing = all.filter(({ fails }) => fails).length;
  const known = all.filter(({ isKnown }) => isKnown).length;
  const summary = [
    counts.length > 0 ? counts.join(', ') : 'Nothing found',
    ...(known > 0 ? [`${known} in the baseline`] : []),
    failing > 0
      ? `${failing} fail${failing === 1 ? 's' : ''} (--fail-on ${failOn})`
      : `none fails (--fail-on ${failOn})`,
  ].join('; ');
  return [...files.map((file) => sectionOf(file, colours)), `${summary}\n`].join('\n');
}

function sectionOf({ path, findings, error }: CheckedFile, colours: boolean): string {
  const lines = findings.flatMap((one) => linesOf(one, colours));
  if (error !== undefined) lines.push('  not read');
  else if (lines.length === 0) lines.push('  nothing found');
  return [paint(printable(path), '1', colours), ...lines, ''].join('\n');
}

function linesOf({ finding, isKnown }: CheckedFinding, colours: boolean): readonly string[] {
  const { severity, rule, name, message, confidence, suggestion } = finding;
  const indent = ' '.repeat(2 + severityWidth);
  const label = paint(severity.padEnd(severityWidth), colourOf[severity], colours);
  const known = isKnown ? ' (in the baseline)' : '';
  const evidence = finding.evidence.map(evidenceText).join(' · ');
  return [
    `  ${label}${rule} ${name}, ${confidence}${known}`,
    `${indent}${printable(message)}`,
    ...(evidence === '' ? [] : [paint(`${indent}${printable(evidence)}`, '2', colours)]),
    ...(suggestion === undefined ? [] : [`${indent}→ ${suggestion}`]),
  ];
}

/** `zero.frac 0.62 (≥ 0.3)`. */
export function evidenceText({ name, value, threshold, where }: Evidence): string {
  const number = typeof value === 'number' ? threeDigits(value) : value;
  const limit = threshold === undefined ? '' : ` (${threshold})`;
  return `${name} ${number}${limit}${where === undefined ? '' : ` in ${where}`}`;
}

function paint(text: string, code: string, colours: boolean): string {
  return colours ? `\x1b[${code}m${text}\x1b[0m` : text;
}
