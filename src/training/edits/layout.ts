import { remembered } from '../remember';
import type { Source } from '../source';
import { fieldOf, nodesIn, partsOf } from '../syntax';

/** The file's own line break: the first one that it has. */
export function lineBreakOf(text: string): string {
  const first = text.indexOf('\n');
  return first > 0 && text[first - 1] === '\r' ? '\r\n' : '\n';
}

/** One level of indentation: that of the first indented block. */
const indentUnitOf = remembered((source: Source): string => {
  for (const node of nodesIn(source.root)) {
    const body = fieldOf(node, 'body') ?? fieldOf(node, 'consequence');
    const first = body?.type === 'block' ? partsOf(body)[0] : undefined;
    if (!first) continue;
    const outer = indentAt(source.text, node.start);
    const inner = indentAt(source.text, first.start);
    const isOwnLine = lineStart(source.text, first.start) > node.start;
    if (isOwnLine && inner.length > outer.length && inner.startsWith(outer)) {
      return inner.slice(outer.length);
    }
  }
  return /^\t/m.test(source.text) ? '\t' : '    ';
});

export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** End of the line without its line break. */
export function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  if (end === -1) return text.length;
  return end > offset && text[end - 1] === '\r' ? end - 1 : end;
}

/** White space at the start of the line that holds the offset. */
export function indentAt(text: string, offset: number): string {
  const start = lineStart(text, offset);
  return /^[ \t\f]*/.exec(text.slice(start, lineEnd(text, start)))?.[0] ?? '';
}

/** Lines that are indented by four spaces a level, with the file's unit and line break, all of them behind `indent`. */
export function indented(source: Source, lines: string, indent: string): string {
  const unit = indentUnitOf(source);
  return lines
    .split('\n')
    .map((line) => line.replace(/^(?: {4})+/, (spaces) => unit.repeat(spaces.length / 4)))
    .map((line) => (line === '' ? '' : indent + line))
    .join(lineBreakOf(source.text));
}
