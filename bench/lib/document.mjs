/** Results as Markdown, and their place in a document: between markers, so that the prose around them stays. */
import fs from 'node:fs';

/**
 * @typedef {object} Table
 * @property {string} caption
 * @property {readonly string[]} head
 * @property {readonly (readonly string[])[]} rows
 *
 * @typedef {object} Bar what the project set itself, and what was measured
 * @property {string} what
 * @property {string} target
 * @property {string} measured
 * @property {boolean | undefined} met undefined: not measured in this run
 *
 * @typedef {object} Result
 * @property {readonly Table[]} tables
 * @property {readonly Bar[]} bars
 * @property {readonly string[]} notes
 */

/** @param {Result} result @param {readonly string[]} facts */
export function markdown({ tables, bars, notes }, facts) {
  const parts = tables.map((table) => `**${table.caption}**\n\n${tableText(table)}`);
  if (bars.length > 0) {
    const rows = bars.map(({ what, target, measured, met }) => [
      what,
      target,
      measured,
      met === undefined ? 'not measured' : met ? 'met' : '**missed**',
    ]);
    parts.push(tableText({ head: ['Bar', 'Target', 'Measured', ''], rows }));
  }
  parts.push([...notes, ...facts].map((note) => `- ${note}`).join('\n'));
  return parts.join('\n\n');
}

/** @param {Pick<Table, 'head' | 'rows'>} table */
function tableText({ head, rows }) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, index) => (index === 0 ? '---' : '--:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

/**
 * Puts a text between `<!-- bench:name -->` and `<!-- /bench:name -->`.
 *
 * @param {string} file
 * @param {string} name
 * @param {string} text
 */
export function replaceSection(file, name, text) {
  const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const document = fs.readFileSync(file, 'utf8');
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${file} has no ${begin} … ${end}`);
  const before = document.slice(0, from + begin.length);
  fs.writeFileSync(file, `${before}\n\n${text}\n\n${document.slice(to)}`);
}

/**
 * A bar for one or several measurements, all of which have to be on the right side.
 *
 * @param {string} what
 * @param {{ atLeast?: number, below?: number, atMost?: number, unit?: string, digits?: number }} target
 * @param {readonly { label?: string, value: number | undefined, atLeast?: number }[]} measured a target of its own where it differs
 * @returns {Bar}
 */
export function bar(what, { atLeast, below, atMost, unit = '×', digits = 2 }, measured) {
  const known = measured.filter(({ value }) => value !== undefined);
  const target =
    atLeast !== undefined ? `≥ ${atLeast}` : below !== undefined ? `< ${below}` : `≤ ${atMost}`;
  const isMet = ({ value, atLeast: own = atLeast }) =>
    own !== undefined ? value >= own : below !== undefined ? value < below : value <= atMost;
  const exceptions = measured
    .filter((one) => one.atLeast !== undefined && one.atLeast !== atLeast)
    .map((one) => ` (${one.label}: ≥ ${one.atLeast})`);
  return {
    what,
    target: `${target}${space(unit)}${exceptions.join('')}`,
    measured:
      known
        .map(({ label, value }) => {
          const number = `${value.toFixed(digits)}${space(unit)}`;
          return label === undefined ? number : `${label}: ${number}`;
        })
        .join(', ') || '–',
    met: known.length === 0 ? undefined : known.every(isMet),
  };
}

const space = (unit) => (unit === '×' ? '×' : ` ${unit}`);

/** @param {number | undefined} seconds */
export function milliseconds(seconds) {
  if (seconds === undefined) return '–';
  const ms = 1000 * seconds;
  return ms >= 100 ? ms.toFixed(0) : ms.toPrecision(3);
}

/** @param {number | undefined} value */
export const times = (value) => (value === undefined ? '–' : `${value.toFixed(2)}×`);
