import { positionAt } from '../core/textPosition';
import { hazards as allHazards, type HazardReport } from '../training';
import { annotation } from './formats/annotation';
import { sarifLog, uriOf } from './formats/sarifLog';

/** A script and what was found in it. */
export interface LintedFile {
  readonly path: string;
  readonly text: string;
  readonly hazards: readonly HazardReport[];
}

export type LintFormat = 'text' | 'json' | 'sarif' | 'github';

export const lintFormats: Readonly<Record<LintFormat, (files: readonly LintedFile[]) => string>> = {
  text,
  json,
  sarif,
  github,
};

function text(files: readonly LintedFile[]): string {
  const lines = files.flatMap((file) =>
    file.hazards.map((report) => {
      const { line, column } = startOf(file, report);
      const { hazard, message, fix } = report;
      const mend = fix ? ` Fix: ${fix.title}.` : '';
      return `${file.path}:${line}:${column}: ${hazard.severity}: ${message}${mend} [${hazard.id}]`;
    }),
  );
  const count = lines.length;
  const words = count === 0 ? 'No hazards' : `${count} hazard${count === 1 ? '' : 's'}`;
  return `${[...lines, `${words} in ${files.length} file${files.length === 1 ? '' : 's'}`].join('\n')}\n`;
}

function json(files: readonly LintedFile[]): string {
  const list = files.map((file) => ({
    file: file.path,
    hazards: file.hazards.map((report) => ({
      id: report.hazard.id,
      severity: report.hazard.severity,
      ...startOf(file, report),
      message: report.message,
      fix: report.fix?.title ?? null,
    })),
  }));
  return `${JSON.stringify({ version: 1, files: list }, null, 2)}\n`;
}

function github(files: readonly LintedFile[]): string {
  return files
    .flatMap((file) =>
      file.hazards.map((report) => {
        const { line, column: col } = startOf(file, report);
        const { hazard, message } = report;
        const level = hazard.severity === 'warning' ? 'warning' : 'notice';
        return annotation(level, { file: file.path, line, col, title: hazard.id }, message);
      }),
    )
    .join('');
}

function sarif(files: readonly LintedFile[]): string {
  return sarifLog({
    rules: allHazards.map(({ id, title }) => ({ id, shortDescription: { text: title } })),
    results: files.flatMap((file) => file.hazards.map((report) => resultOf(file, report))),
  });
}

function resultOf(file: LintedFile, report: HazardReport): object {
  const { line, column } = startOf(file, report);
  const { hazard, message } = report;
  return {
    ruleId: hazard.id,
    level: hazard.severity === 'warning' ? 'warning' : 'note',
    message: { text: message },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(file.path) },
          region: { startLine: line, startColumn: column },
        },
      },
    ],
  };
}

/** 1-based. */
function startOf(
  { text: code }: LintedFile,
  { where }: HazardReport,
): { readonly line: number; readonly column: number } {
  const { line, column } = positionAt(code, where.start);
  return { line: line + 1, column: column + 1 };
}
