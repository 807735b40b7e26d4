import type { Source, SyntaxNode } from '../source';
import { partsOf, topLevelStatement } from '../syntax';
import type { TextEdit } from '../textEdit';
import { filled } from './filled';
import { endOfLineOf, headOf } from './head';
import { indented, lineBreakOf, lineStart } from './layout';

/**
 * Puts a function or class at module level after the head of imports, and before the statement that needs it. `code` is
 * indented by four spaces, ends without a line break and may have stops. `imports` are lines that it needs and that the
 * file has not; they become part of the edit.
 *
 * Two blank lines stand on either side. Where the imports were followed by fewer, there is one before the helper, and one
 * after it where there was none: so removeHelper can tell what to leave.
 */
export function insertHelper(
  source: Source,
  code: string,
  user: SyntaxNode,
  label: string,
  imports: readonly string[] = [],
): TextEdit {
  const { text, root } = source;
  const lineBreak = lineBreakOf(text);
  const helper = indented(source, code, '');
  const anchor = headOf(source, topLevelStatement(user), new Set(code.match(/\b[A-Za-z_]\w*/g)));
  if (!anchor) {
    // Before the first statement but after its comments: a shebang and an encoding line must stay first.
    const start = lineStart(text, (partsOf(root)[0] ?? user).start);
    const lines = imports.length > 0 ? [...imports, '', '', ''].join(lineBreak) : '';
    return { start, end: start, ...filled(lines + helper + lineBreak.repeat(3)), label };
  }
  const at = endOfLineOf(source, anchor);
  const added = imports.map((line) => lineBreak + line).join('');
  const rest = text.slice(at);
  const breaks = (/^[\r\n]*/.exec(rest)?.[0] ?? '').split('\n').length - 1;
  const isRoomy = breaks >= 3 || rest.trim() === '';
  const before = lineBreak.repeat(isRoomy ? 3 : 2);
  const after = isRoomy ? '' : lineBreak;
  return { start: at, end: at, ...filled(added + before + helper + after), label };
}
