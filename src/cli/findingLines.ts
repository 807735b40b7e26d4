import { severities, type Finding } from '../core/finding';
import { printable } from '../core/printable';
import type { Report } from '../core/report';

/** More than a reader takes in: `reglens check` lists all of them. */
const maxLines = 12;

/** What the rules say, in a line each; remarks are left to `reglens check`. */
export function findingLines<Line>(
  { findings }: Report,
  line: (finding: Finding, message: string) => Line,
  more: (text: string) => Line,
): readonly Line[] {
  const told = findings.filter(({ severity }) => severities.indexOf(severity) > 0);
  const shown = told.slice(0, maxLines).map((finding) => line(finding, printable(finding.message)));
  if (told.length <= maxLines) return shown;
  return [...shown, more(`${told.length - maxLines} more: reglens check lists them`)];
}
