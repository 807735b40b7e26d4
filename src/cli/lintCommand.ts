import { writeFile } from 'node:fs/promises';

import { applyEdits, hazardsFor, type HazardReport, type Source, type TextEdit } from '../training';
import { argumentsOf } from './arguments';
import { lintFormats, type LintedFile, type LintFormat } from './lintFormats';
import { scriptReader } from './script';
import type { Terminal } from './terminal';
import { UsageError } from './usage';

/** Rounds of fixing: mending one place may show or allow the next. */
const maxRounds = 10;

/** `reglens lint`: hazards in training code. Exit code 1: some were found, or a file could not be read. */
export async function lintCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = argumentsOf(argv, {
    format: { type: 'string' },
    fix: { type: 'boolean' },
    ignore: { type: 'string' },
  });
  if (positionals.length === 0) throw new UsageError('lint needs a file');
  const format = formatOf(values.format);
  const ignored = new Set((values.ignore ?? '').split(',').map((id) => id.trim()));
  const read = scriptReader(__dirname);
  const files: LintedFile[] = [];
  let failed = false;
  for (const path of positionals) {
    try {
      let source = await read(path);
      if (values.fix === true) source = await fixed(path, source, () => read(path), ignored);
      files.push({ path, text: source.text, hazards: hazardsIn(source, ignored) });
    } catch (error) {
      if (error instanceof UsageError || !(error instanceof Error)) throw error;
      terminal.err(`${path}: ${error.message}\n`);
      failed = true;
    }
  }
  terminal.out(lintFormats[format](files));
  return failed || files.some(({ hazards }) => hazards.length > 0) ? 1 : 0;
}

function hazardsIn(source: Source, ignored: ReadonlySet<string>): readonly HazardReport[] {
  return hazardsFor(source).filter(({ hazard }) => !ignored.has(hazard.id));
}

/** Applies every fix whose edits do not meet another's, reads again, and goes on while there is something to mend. */
async function fixed(
  path: string,
  original: Source,
  readAgain: () => Promise<Source>,
  ignored: ReadonlySet<string>,
): Promise<Source> {
  let source = original;
  for (let round = 0; round < maxRounds; round++) {
    const edits: TextEdit[] = [];
    for (const { fix } of hazardsIn(source, ignored)) {
      const own = fix?.edits() ?? [];
      if (own.every((edit) => edits.every((other) => isApart(edit, other)))) edits.push(...own);
    }
    if (edits.length === 0) break;
    const text = applyEdits(source.text, edits);
    if (text === source.text) break;
    await writeFile(path, text);
    source = await readAgain();
  }
  return source;
}

/** Whether two edits neither overlap nor touch: where they touch, their order would matter. */
function isApart(a: TextEdit, b: TextEdit): boolean {
  return a.end < b.start || b.end < a.start;
}

function formatOf(text = 'text'): LintFormat {
  if (text === 'text' || text === 'json' || text === 'sarif' || text === 'github') return text;
  throw new UsageError(`--format takes text, json, sarif or github, not "${text}"`);
}
