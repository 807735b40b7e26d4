import { indentAt, lineStart } from '../../edits/layout';
import type { Source, SyntaxNode } from '../../source';
import { nodesIn, partsOf, textOf } from '../../syntax';

/** How a file writes what can be written in several ways. */
export interface Style {
  readonly quote: "'" | '"';
  /** `;` or nothing. */
  readonly end: ';' | '';
  /** One level of indentation. */
  readonly indent: string;
  /** What stands inside the braces of an object on one line: a space or nothing. */
  readonly pad: ' ' | '';
  readonly isTyped: boolean;
}

const known = new WeakMap<Source, Style>();

/** The style that most of the file has. */
export function styleOf(source: Source): Style {
  const style = known.get(source) ?? readStyle(source);
  known.set(source, style);
  return style;
}

const endable =
  /^(?:expression_statement|lexical_declaration|variable_declaration|return_statement|import_statement)$/;

function readStyle(source: Source): Style {
  let doubles = 0;
  let ends = 0;
  let pads = 0;
  let indent: string | undefined;
  let listIndent: string | undefined;
  for (const node of nodesIn(source.root)) {
    if (node.type === 'string' && node.parent?.type !== 'jsx_attribute') {
      doubles += source.text[node.start] === '"' ? 1 : -1;
    } else if (endable.test(node.type)) {
      ends += source.text[node.end - 1] === ';' ? 1 : -1;
    } else if (/^(?:object|object_pattern|named_imports)$/.test(node.type)) {
      const text = textOf(source, node);
      if (text.length > 2 && !text.includes('\n')) pads += text.startsWith('{ ') ? 1 : -1;
    }
    if (/^(?:object|array)$/.test(node.type)) {
      listIndent ??= indentOf(source, node);
    } else if (node.type === 'statement_block') {
      indent ??= indentOf(source, node);
    }
  }
  return {
    quote: doubles > 0 ? '"' : "'",
    end: ends < 0 ? '' : ';',
    indent: indent ?? listIndent ?? '  ',
    pad: pads > 0 ? ' ' : '',
    isTyped: source.language !== 'javascript',
  };
}

/** By how much the first item of a block or list is indented, where it stands on a line of its own. */
function indentOf(source: Source, node: SyntaxNode): string | undefined {
  const first = partsOf(node)[0];
  if (!first || lineStart(source.text, first.start) <= node.start) return undefined;
  const outer = indentAt(source.text, node.start);
  const inner = indentAt(source.text, first.start);
  const isDeeper = inner.length > outer.length && inner.startsWith(outer);
  return isDeeper ? inner.slice(outer.length) : undefined;
}

/**
 * Code in the file's style. It is given with indentation of two spaces, single quotes, semicolons, no space inside braces, and
 * with `«…»` around what only TypeScript has. No line may begin with a bracket, which would need the semicolon before it.
 */
export function restyle(code: string, style: Style): string {
  const typed = style.isTyped ? code.replace(/[«»]/g, '') : code.replace(/«[^»]*»/g, '');
  return typed
    .split('\n')
    .map((line) => {
      const isComment = /^\s*(?:\/\*|\*|\/\/)/.test(line);
      const depth = /^(?: {2})*/.exec(line)?.[0].length ?? 0;
      const body = line.slice(depth);
      return style.indent.repeat(depth / 2) + (isComment ? body : restyleLine(body, style));
    })
    .join('\n');
}

function restyleLine(line: string, { quote, end, pad }: Style): string {
  const quoted = line.replaceAll("'", quote);
  const padded = pad
    ? quoted.replace(/(?<!\$)\{(?=[^\s{}])/g, `{${pad}`).replace(/(?<=[^\s{}])\}/g, `${pad}}`)
    : quoted;
  return end === '' ? padded.replace(/;$/, '') : padded;
}
