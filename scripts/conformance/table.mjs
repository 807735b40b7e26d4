const start = '<!-- conformance: written by scripts/conformance.mjs -->';
const end = '<!-- end of conformance -->';

/**
 * The document with the table between its two marks.
 *
 * @param {string} text
 * @param {readonly Awaited<ReturnType<typeof import('./compare.mjs').compareCase>>[]} results
 * @param {readonly string[]} absent
 */
export function withTable(text, results, absent) {
  const [before, rest] = text.split(start);
  const [, after] = (rest ?? '').split(end);
  if (after === undefined) throw new Error('docs/formats.md has lost the marks of its table');
  const rows = [...groups(results)].map(([key, own]) => {
    const [format, writer] = key.split('\t');
    const variants = [...new Set(own.map(({ variant }) => variant))].join('; ');
    const sum = (/** @type {(one: any) => number} */ of) =>
      own.reduce((total, one) => total + of(one), 0);
    return `| ${format} | ${writer} | ${variants} | ${sum((one) => one.tensorCount)} | ${sum((one) => one.elementCount)} | ${sum((one) => one.differences.length)} |`;
  });
  const table = [
    '| format | writer | variants | tensors | values | differences |',
    '|---|---|---|--:|--:|--:|',
    ...rows,
  ];
  const missing = absent.map((reason) => `\nNot compared: ${reason.trim().split('\n').at(-1)}.`);
  return `${before}${start}\n${[...table, ...missing].join('\n')}\n${end}${after}`;
}

/** Cases of one format by one writer. */
function groups(results) {
  const found = new Map();
  for (const one of results) {
    const key = `${one.format}\t${one.writer}`;
    found.set(key, [...(found.get(key) ?? []), one]);
  }
  return found;
}
