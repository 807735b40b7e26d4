import type { Finding } from '../core/finding';
import { baselineText, emptyBaseline, readBaseline } from './baseline';
import { checkOptions, type CheckFormat, type CheckOptions } from './checkOptions';
import type { CheckedFile, CheckResult } from './checkResult';
import { failsOn } from './failOn';
import { githubOf } from './formats/github';
import { checkJsonOf } from './formats/json';
import { junitOf } from './formats/junit';
import { sarifOf } from './formats/sarif';
import { checkTextOf } from './formats/text';
import { fileMeasurer, messageOf } from './measure';
import { say, write } from './output';
import type { Terminal } from './terminal';
import { usage } from './usage';

/** `reglens check`: measures, and fails on findings that are bad enough and not in the baseline. */
export async function check(argv: readonly string[], terminal: Terminal): Promise<number> {
  const options = checkOptions(argv);
  if (options.help) {
    terminal.out(usage);
    return 0;
  }
  const baseline =
    options.baseline === undefined ? emptyBaseline : await readBaseline(options.baseline);
  const measurer = await fileMeasurer(options, terminal);
  const files: CheckedFile[] = [];
  for (const path of options.files) {
    try {
      const { findings } = await measurer.measure(path);
      files.push({
        path,
        findings: findings.map((finding) => {
          const isKnown = baseline.has(path, finding);
          return { finding, isKnown, fails: !isKnown && failsOn(options.failOn, finding) };
        }),
      });
    } catch (error) {
      const message = messageOf(error);
      if (message === undefined) throw error;
      terminal.err(`${path}: ${message}\n`);
      files.push({ path, findings: [], error: message });
    }
  }
  const result: CheckResult = { files, failOn: options.failOn.text };
  await say(render(options.format, result, coloursOf(options, terminal)), options.output, terminal);
  if (options.writeBaseline !== undefined) {
    await write(options.writeBaseline, baselineText(files.map(plainFindings)));
  }
  return exitCodeOf(result, options);
}

/** A baseline that was just written holds all that was found: only an unreadable file fails then. */
function exitCodeOf({ files }: CheckResult, { writeBaseline }: CheckOptions): number {
  if (files.some(({ error }) => error !== undefined)) return 1;
  if (writeBaseline !== undefined) return 0;
  return files.some(({ findings }) => findings.some(({ fails }) => fails)) ? 1 : 0;
}

function plainFindings({ path, findings }: CheckedFile): { path: string; findings: Finding[] } {
  return { path, findings: findings.map(({ finding }) => finding) };
}

function coloursOf({ output }: CheckOptions, terminal: Terminal): boolean {
  return terminal.hasColours && output === undefined;
}

function render(format: CheckFormat, result: CheckResult, colours: boolean): string {
  switch (format) {
    case 'text':
      return checkTextOf(result, { colours });
    case 'json':
      return checkJsonOf(result);
    case 'sarif':
      return sarifOf(result);
    case 'junit':
      return junitOf(result);
    case 'github':
      return githubOf(result);
  }
}
