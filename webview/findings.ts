import { severities, type Finding, type Severity } from '../src/core/finding';
import { plural } from './format';

/** Findings of one severity, in the order that the rules give them. */
export interface FindingGroup {
  readonly severity: Severity;
  readonly findings: readonly Finding[];
}

export const severityWords: Readonly<Record<Severity, { one: string; icon: string }>> = {
  problem: { one: 'problem', icon: 'error' },
  warn: { one: 'warning', icon: 'warning' },
  note: { one: 'note', icon: 'lightbulb' },
  info: { one: 'remark', icon: 'info' },
};

/** What is asked for in one filter: words of the rule, its message, its layers; `warn`, `measured`, `strong` too. */
export function matchesFilter(finding: Finding, filter: string): boolean {
  const { rule, name, title, message, layers, severity, confidence } = finding;
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const text = [rule, name, title, message, severity, confidence, finding.class, ...layers]
    .join('\n')
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

/** The worst first; groups that are empty are left out. */
export function groupFindings(findings: readonly Finding[]): readonly FindingGroup[] {
  return [...severities].reverse().flatMap((severity) => {
    const group = findings.filter((finding) => finding.severity === severity);
    return group.length === 0 ? [] : [{ severity, findings: group }];
  });
}

/** Names a finding among the others, also after the rules were applied anew. */
export function keyOf({ rule, layers }: Finding): string {
  return `${rule}:${layers.join()}`;
}

/** `2 warnings · 5 notes`; remarks are not worth a word in the summary. */
export function countsText(findings: readonly Finding[]): string {
  return groupFindings(findings)
    .filter(({ severity }) => severity !== 'info')
    .map(({ severity, findings: { length } }) => plural(length, severityWords[severity].one))
    .join(' · ');
}

/** Findings about one layer. */
export function findingsOf(findings: readonly Finding[], layer: string): readonly Finding[] {
  return findings.filter(({ layers }) => layers.includes(layer));
}
