import { severities, severityRank, type Finding, type Severity } from '../core/finding';
import { rules } from '../findings';
import { UsageError } from './usage';

/** What makes `reglens check` fail: a severity and all above it, and single rules. */
export interface FailOn {
  readonly text: string;
  readonly severity: Severity | undefined;
  /** Ids. */
  readonly rules: ReadonlySet<string>;
}

/** @param text severities, ids and names of rules separated by commas; `none` for never */
export function failOnOf(text: string): FailOn {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) throw new UsageError('--fail-on takes a severity or rules');
  let severity: Severity | undefined;
  const ids = new Set<string>();
  for (const name of names) {
    if (name === 'none') continue;
    const asked = severities.find((one) => one === name);
    const rule = rules.find(
      (one) => one.id.toLowerCase() === name.toLowerCase() || one.name === name,
    );
    if (asked !== undefined) {
      if (severity === undefined || severityRank(asked) < severityRank(severity)) severity = asked;
    } else if (rule) ids.add(rule.id);
    else {
      throw new UsageError(
        `--fail-on takes ${severities.join(', ')}, none or a rule, not "${name}"`,
      );
    }
  }
  return { text: names.join(','), severity, rules: ids };
}

/** Whether a finding is bad enough, or of a rule that was named. */
export function failsOn({ severity, rules: ids }: FailOn, finding: Finding): boolean {
  return (
    ids.has(finding.rule) ||
    (severity !== undefined && severityRank(finding.severity) >= severityRank(severity))
  );
}
