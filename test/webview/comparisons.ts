import type { ComparedLayer, FindingsChange, MetricChange } from '../../src/core/comparison';
import type { CompareOverview, PairDetail, PairRow } from '../../src/protocol/compareApi';
import type { LayerRow } from '../../src/protocol/layers';
import { largeCheckpoint, smallCheckpoint, type Checkpoint } from './checkpoints';
import { detailOf } from './layerDetails';
import { findings } from './findings';

/** A comparison as the host would report it. */
export interface FakeComparison {
  readonly overview: CompareOverview;
  readonly rows: readonly PairRow[];
  readonly unmatched: readonly ComparedLayer[];
  readonly findings: FindingsChange;
  detail(pair: number): PairDetail;
}

/** Three pairs that the tests know by heart, or `count` of them. */
export function fakeComparison(count: number): FakeComparison {
  const checkpoint = count > 3 ? largeCheckpoint(count) : smallCheckpoint();
  const rows = checkpoint.rows.map(pairOf);
  const [first, second] = findings.findings;
  return {
    rows,
    unmatched: checkpoint.rows
      .slice(0, 2)
      .map((row) => ({ ...sideOf(row), name: `old.${row.name}` })),
    overview: overviewOf(checkpoint, rows),
    findings: {
      appeared: first ? [{ ...first, layers: ['classifier.fc1'] }] : [],
      gone: second ? [{ ...second, layers: ['head.fc2'] }] : [],
      stayed: [],
    },
    detail: (pair) => {
      const row = checkpoint.rows[pair];
      if (!row) throw new Error(`no pair ${pair}`);
      return pairDetailOf(row);
    },
  };
}

/** The pair before anything of it is known. */
export function blankPair({ index, a, b, match }: PairRow): PairRow {
  return { index, a, b, match, state: 'pending', metrics: {}, companions: [], missing: [] };
}

function sideOf(row: LayerRow): ComparedLayer {
  const { index, name, role, tensor, dtype, shape, view, parameterCount } = row;
  return { index, name, role, tensor, dtype, shape, parameterCount, ...(view && { view }) };
}

function pairOf(row: LayerRow, index: number): PairRow {
  const b = sideOf(row);
  const isRenamed = row.name === 'classifier.fc2';
  // The first layer is frozen; the others moved by 10 % and more.
  const moved = index === 0 ? 0 : 0.1 * (1 + (index % 7));
  const l2 = row.metrics['l2'] ?? 1;
  const metrics = Object.fromEntries(
    Object.entries(row.metrics).map(([id, value]): [string, MetricChange] => [
      id,
      { a: before(id, value, moved, index), b: value },
    ]),
  );
  return {
    index,
    a: isRenamed ? { ...b, name: 'head.fc2', tensor: 'head.fc2.weight' } : b,
    b,
    match: isRenamed
      ? { by: 'renamed-prefix', confidence: 0.9, detail: 'head → classifier' }
      : { by: 'name', confidence: 1 },
    state: 'done',
    change: {
      elementCount: row.parameterCount,
      frobenius: moved * l2,
      normA: l2,
      normB: l2 * (1 - moved / 2),
      relative: moved,
      cosine: 1 - moved * moved,
      largest: moved / 10,
      changedCount: moved === 0 ? 0 : row.parameterCount,
      changedFraction: moved === 0 ? 0 : 1,
      newZeros: moved === 0 ? 0 : 1000 * index,
      zerosGone: 0,
      nonFinite: { a: 0, b: 0 },
    },
    ...(moved === 0
      ? {}
      : {
          changeSpectrum: {
            count: Math.min(...(row.view ?? [1])),
            effectiveRank: 4 + index,
            energy: { top1: 0.5, top4: 0.8, top16: 0.95 },
            floor: 1e-5,
          },
        }),
    metrics,
    companions:
      index === 1
        ? [
            {
              a: `${row.name}.bias`,
              b: `${row.name}.bias`,
              role: 'bias',
              change: {
                elementCount: 128,
                frobenius: 0.1,
                normA: 1,
                normB: 1.1,
                relative: 0.1,
                largest: 0.05,
                changedCount: 128,
                changedFraction: 1,
                newZeros: 0,
                zerosGone: 0,
                nonFinite: { a: 0, b: 0 },
              },
            },
          ]
        : [],
    missing: moved === 0 ? [{ part: 'spectrum', reason: 'no element has changed' }] : [],
  };
}

function before(id: string, value: number, moved: number, index: number): number {
  if (id === 'zero.frac') return Math.max(0, value - moved);
  // Up in every other pair, down in the others: both halves of a signed bar are seen.
  return value * (1 + (index % 2 === 0 ? moved : -moved));
}

function pairDetailOf(row: LayerRow): PairDetail {
  const detail = detailOf(row);
  const values = detail.arrays['singular_values'] ?? [];
  const { length: count } = values;
  const isFrozen = row.index === 0;
  return {
    index: row.index,
    spectra: {
      a: { count, singularValues: values.map((sigma) => sigma * 1.4) },
      b: { count, singularValues: values },
      ...(isFrozen
        ? {}
        : {
            change: {
              count,
              singularValues: values.map((sigma, rank) => sigma * 0.3 * Math.exp(-rank / 20)),
            },
          }),
    },
    cosines: detail.cosines ? { a: detail.cosines, b: detail.cosines } : {},
    absent: isFrozen ? { 'spectra.change': 'no element has changed' } : {},
  };
}

function overviewOf(checkpoint: Checkpoint, rows: readonly PairRow[]): CompareOverview {
  const { checkpoint: summary, totals } = checkpoint.overview;
  const side = { checkpoint: summary, totals };
  const largest = rows.reduce((most, row) =>
    (row.change?.relative ?? 0) > (most.change?.relative ?? 0) ? row : most,
  );
  return {
    a: { ...side, totals: { ...totals, zeroFraction: 0.02 } },
    b: side,
    totals: {
      pairCount: rows.length,
      comparedCount: rows.length,
      identicalCount: 1,
      elementCount: totals.parameterCount,
      changedCount: totals.parameterCount,
      newZeros: rows.reduce((sum, { change }) => sum + (change?.newZeros ?? 0), 0),
      zerosGone: 0,
      frobenius: 1.2,
      relative: 0.18,
      largestRelative: { layer: largest.b.name, value: largest.change?.relative ?? 0 },
      unmatchedA: 2,
      unmatchedB: 0,
    },
    notices: [{ severity: 'info', message: 'A was written by another version of the framework' }],
    progress: { phase: 'done', done: 3 * rows.length, total: 3 * rows.length },
  };
}
