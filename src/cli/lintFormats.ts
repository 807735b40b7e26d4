import { hazards as allHazards, type HazardReport } from '../training';
import { version } from './version';

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

/** Workflow commands of GitHub Actions; their data and properties are escaped differently. */
function github(files: readonly LintedFile[]): string {
  const data = (value: string): string =>
    value.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  const property = (value: string): string =>
    data(value).replaceAll(':', '%3A').replaceAll(',', '%2C');
  return files
    .flatMap((file) =>
      file.hazards.map((report) => {
        const { line, column } = startOf(file, report);
        const { hazard, message } = report;
        const level = hazard.severity === 'warning' ? 'warning' : 'notice';
        const place = `file=${property(file.path)},line=${line},col=${column}`;
        return `::${level} ${place},title=${property(hazard.id)}::${data(message)}\n`;
      }),
    )
    .join('');
}

/** SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/ */
function sarif(files: readonly LintedFile[]): string {
  const results = files.flatMap((file) =>
    file.hazards.map((report) => {
      const { line, column } = startOf(file, report);
      const { hazard, message } = report;
      return {
        ruleId: hazard.id,
        level: hazard.severity === 'warning' ? 'warning' : 'note',
        message: { text: message },
        locations: [
          {
            physicalLocation: {
              artifactLocation: { uri: encodeURI(file.path.replaceAll('\\', '/')) },
              region: { startLine: line, startColumn: column },
            },
          },
        ],
      };
    }),
  );
  const driver = {
    name: 'RegLens',
    version,
    rules: allHazards.map(({ id, title }) => ({ id, shortDescription: { text: title } })),
  };
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool: { driver }, columnKind: 'utf16CodeUnits', results }],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

/** 1-based. */
function startOf(
  { text: code }: LintedFile,
  { where }: HazardReport,
): { readonly line: number; readonly column: number } {
  const before = code.slice(0, where.start);
  return { line: before.split('\n').length, column: where.start - before.lastIndexOf('\n') };
}
