import type { Severity } from '../../core/finding';
import type { CheckResult } from '../checkResult';
import { printable } from '../../core/printable';

const commands: Readonly<Record<Severity, 'error' | 'warning' | 'notice'>> = {
  problem: 'error',
  warn: 'warning',
  note: 'notice',
  info: 'notice',
};

/**
 * Annotations of GitHub Actions, one a finding: errors for what fails. What the baseline holds is left out.
 *
 * @see https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export function githubOf({ files }: CheckResult): string {
  const lines = files.flatMap(({ path, findings, error }) => [
    ...(error === undefined ? [] : [command('error', path, 'Not read', error)]),
    ...findings
      .filter(({ isKnown }) => !isKnown)
      .map(({ finding, fails }) =>
        command(
          fails ? 'error' : commands[finding.severity],
          path,
          `${finding.rule} ${finding.title}`,
          finding.suggestion === undefined
            ? finding.message
            : `${finding.message} ${finding.suggestion}.`,
        ),
      ),
  ]);
  return lines.map((line) => `${line}\n`).join('');
}

function command(kind: string, file: string, title: string, message: string): string {
  return `::${kind} file=${escapeProperty(file)},title=${escapeProperty(title)}::${escapeData(message)}`;
}

/** A line break would end the command, and what follows could be one of its own. */
export function escapeData(text: string): string {
  return printableLines(text)
    .replaceAll('%', '%25')
    .replaceAll('\r', '%0D')
    .replaceAll('\n', '%0A');
}

export function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

function printableLines(text: string): string {
  return text.split(/\r?\n/).map(printable).join('\n');
}
