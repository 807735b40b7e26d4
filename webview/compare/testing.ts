import type { PairRow } from '../../src/protocol/compareApi';

/** A pair for tests: 8 × 4 numbers that did not change, unless told otherwise. */
export function pair(index: number, name: string, rest: Partial<PairRow> = {}): PairRow {
  const layer = {
    index,
    name,
    role: 'matrix',
    tensor: `${name}.weight`,
    dtype: 'f32',
    shape: [8, 4],
    view: [8, 4],
    parameterCount: 32,
  } as const;
  return {
    index,
    a: layer,
    b: layer,
    match: { by: 'name', confidence: 1 },
    state: 'done',
    change: weightChange(),
    metrics: {},
    companions: [],
    missing: [],
    ...rest,
  };
}

/** A pair whose weights are not compared yet. */
export function pendingPair(index: number, name: string): PairRow {
  const { a, b, match, metrics, companions, missing } = pair(index, name);
  return { index, a, b, match, metrics, companions, missing, state: 'pending' };
}

/** A change of nothing, unless told otherwise. */
export function weightChange(
  rest: Partial<NonNullable<PairRow['change']>> = {},
): NonNullable<PairRow['change']> {
  return {
    elementCount: 32,
    frobenius: 0,
    normA: 1,
    normB: 1,
    relative: 0,
    cosine: 1,
    largest: 0,
    changedCount: 0,
    changedFraction: 0,
    newZeros: 0,
    zerosGone: 0,
    nonFinite: { a: 0, b: 0 },
    ...rest,
  };
}
