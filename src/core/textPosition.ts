/** Line and column of an offset in a text, both from 0; columns are UTF-16 code units, as in editors. */
export function positionAt(
  text: string,
  offset: number,
): { readonly line: number; readonly column: number } {
  let line = 0;
  let start = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
    line += 1;
    start = at + 1;
  }
  return { line, column: offset - start };
}
