import type { ComparedLayer } from '../../src/core/comparison';
import type { PairRow } from '../../src/protocol/compareApi';
import { compare, comparison } from '../filter';
import { metricDelta, pairColumns, pairValue } from './columns';

/** A parsed filter: which pairs pass, and what could not be understood. */
export interface PairFilter {
  readonly passes: (row: PairRow) => boolean;
  readonly unknown: readonly string[];
}

/** What people type for a column. */
const aliases: Readonly<Record<string, string>> = {
  change: 'change.relative',
  relative: 'change.relative',
  cosine: 'change.cosine',
  'new-zeros': 'change.newZeros',
  rank: 'change.rank',
  zeros: 'delta.zeros',
  norm: 'delta.norm',
  sigma1: 'delta.sigma1',
  'σ₁': 'delta.sigma1',
  oi: 'delta.OI',
};

/**
 * Words that must all be in one of the names, and terms such as `change>10%`, `cosine<0.9`, `by:weights`; a metric's id stands for how
 * far it moved. A leading `-` turns a term round.
 */
export function parsePairFilter(text: string, metricIds: readonly string[]): PairFilter {
  const unknown: string[] = [];
  const ids = new Map(metricIds.map((id) => [id.toLowerCase(), id]));
  const tests = wordsOf(text).map((term) => {
    const isNegated = term.startsWith('-') && term !== '-';
    const test = parseTerm(isNegated ? term.slice(1) : term, ids, unknown);
    return isNegated ? (row: PairRow): boolean => !test(row) : test;
  });
  return { passes: (row) => tests.every((test) => test(row)), unknown };
}

/** Whether a layer without a partner has all words in its name. */
export function layerPasses({ name, tensor }: ComparedLayer, text: string): boolean {
  const where = `${name}\n${tensor}`.toLowerCase();
  return wordsOf(text).every((word) => where.includes(word.toLowerCase()));
}

function wordsOf(text: string): readonly string[] {
  return text.split(/\s+/).filter((term) => term !== '');
}

function parseTerm(
  term: string,
  ids: ReadonlyMap<string, string>,
  unknown: string[],
): (row: PairRow) => boolean {
  const compared = comparison.exec(term);
  if (compared) {
    const [, name = '', operator = '', digits = '', percent = ''] = compared;
    const read = readerOf(name.toLowerCase(), ids);
    if (!read) {
      unknown.push(name);
      return () => false;
    }
    const limit = Number(digits) / (percent === '' ? 1 : 100);
    return (row) => {
      const value = read(row);
      return value !== undefined && compare(value, operator, limit);
    };
  }
  const word = term.toLowerCase();
  if (word.startsWith('by:')) return ({ match }) => match.by.startsWith(word.slice(3));
  return ({ a, b }) =>
    [a.name, b.name, a.tensor, b.tensor].some((name) => name.toLowerCase().includes(word));
}

function readerOf(
  name: string,
  ids: ReadonlyMap<string, string>,
): ((row: PairRow) => number | undefined) | undefined {
  const alias = Object.hasOwn(aliases, name) ? aliases[name] : name;
  const column = pairColumns.find(({ id, isText }) => id === alias && !isText);
  if (column) return (row) => pairValue(row, column);
  const id = ids.get(name);
  return id === undefined ? undefined : (row) => metricDelta(row, id);
}
