import type { Severity } from '../../core/finding';
import type { CheckResult } from '../checkResult';
import { annotation } from './annotation';

const levels: Readonly<Record<Severity, 'error' | 'warning' | 'notice'>> = {
  problem: 'error',
  warn: 'warning',
  note: 'notice',
  info: 'notice',
};

/** Annotations of GitHub Actions, one a finding: errors for what fails. What the baseline holds is left out. */
export function githubOf({ files }: CheckResult): string {
  const lines = files.flatMap(({ path: file, findings, error }) => [
    ...(error === undefined ? [] : [annotation('error', { file, title: 'Not read' }, error)]),
    ...findings
      .filter(({ isKnown }) => !isKnown)
      .map(({ finding, fails }) =>
        annotation(
          fails ? 'error' : levels[finding.severity],
          { file, title: `${finding.rule} ${finding.title}` },
          finding.suggestion === undefined
            ? finding.message
            : `${finding.message} ${finding.suggestion}.`,
        ),
      ),
  ]);
  return lines.join('');
}
