import type { LayerRow } from '../src/protocol/layers';

/** A parsed filter: which rows pass, and what could not be understood. */
export interface Filter {
  readonly passes: (row: LayerRow) => boolean;
  /** Terms that name no known metric, for a hint under the box. */
  readonly unknown: readonly string[];
}

/** Short names that people type, and the metric that they mean. */
const aliases: Readonly<Record<string, string>> = {
  zeros: 'zero.frac',
  zero: 'zero.frac',
  'near-zero': 'near.excess(1e-2)',
  near: 'near.excess(1e-2)',
  norm: 'l2',
  fro: 'l2',
  sigma: 'sigma1',
  σ1: 'sigma1',
  'σ₁': 'sigma1',
  oi: 'OI_row',
  correlation: 'OI_row',
  rank: 'erank_sigma',
  dead: 'row.zero',
  duplicates: 'redundant(0.95)',
  condition: 'cond',
};

/** `zeros>50%`: name, operator, digits, per cent. */
export const comparison = /^(.+?)(>=|<=|≥|≤|>|<|=)(-?[\d.]+(?:e[+-]?\d+)?)(%?)$/i;

/**
 * Words that must all be in the name, and terms such as `zeros>50%`, `cond>=1e4`, `params>1e6`, `role:conv`, `dtype:f16`.
 * A leading `-` turns a term round.
 */
export function parseFilter(text: string, metricIds: readonly string[]): Filter {
  const unknown: string[] = [];
  const ids = new Map(metricIds.map((id) => [id.toLowerCase(), id]));
  const tests = text
    .trim()
    .split(/\s+/)
    .filter((term) => term !== '' && term !== '-')
    .map((term) => {
      const negated = term.startsWith('-');
      const test = parseTerm(negated ? term.slice(1) : term, ids, unknown);
      return negated ? (row: LayerRow): boolean => !test(row) : test;
    });
  return { passes: (row) => tests.every((test) => test(row)), unknown };
}

function parseTerm(
  term: string,
  ids: ReadonlyMap<string, string>,
  unknown: string[],
): (row: LayerRow) => boolean {
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
  const [key = '', ...rest] = term.toLowerCase().split(':');
  const wanted = rest.join(':');
  if (rest.length > 0 && wanted === '') return () => true;
  if (key === 'role' && rest.length > 0) return (row) => row.role.startsWith(wanted);
  if (key === 'dtype' && rest.length > 0) return (row) => row.dtype.startsWith(wanted);
  if (key === 'type' && rest.length > 0) {
    return (row) => row.type?.toLowerCase().includes(wanted) ?? false;
  }
  const word = term.toLowerCase();
  return (row) => row.name.toLowerCase().includes(word) || row.tensor.toLowerCase().includes(word);
}

function readerOf(
  name: string,
  ids: ReadonlyMap<string, string>,
): ((row: LayerRow) => number | undefined) | undefined {
  if (name === 'params' || name === 'parameters') return (row) => row.parameterCount;
  const alias = Object.hasOwn(aliases, name) ? aliases[name] : undefined;
  const id = ids.get((alias ?? name).toLowerCase());
  return id === undefined
    ? undefined
    : (row) => (Object.hasOwn(row.metrics, id) ? row.metrics[id] : undefined);
}

/** Whether a value stands to a limit as an operator of the filter says. */
export function compare(value: number, operator: string, limit: number): boolean {
  switch (operator) {
    case '>':
      return value > limit;
    case '<':
      return value < limit;
    case '>=':
    case '≥':
      return value >= limit;
    case '<=':
    case '≤':
      return value <= limit;
    default:
      return value === limit;
  }
}
