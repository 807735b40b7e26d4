import type {
  ChangeSpectrum,
  ComparedLayer,
  ComparisonTotals,
  LayerPair,
  MetricChange,
  WeightChange,
} from '../../core/comparison';
import type { MetricValue } from '../../core/metric';
import type { LayerReport } from '../../core/report';
import type { PairRow } from '../../protocol/compareApi';
import type { MatchedPair } from './pairing';
import { spectrumPoints } from './spectrumPoints';

/** A pair and what is known of its change so far. */
export interface PairEntry {
  readonly index: number;
  readonly matched: MatchedPair;
  state: 'pending' | 'done';
  change?: WeightChange;
  changeSpectrum?: ChangeSpectrum;
  companions: LayerPair['companions'];
  missing: LayerPair['missing'];
}

export function newPairEntry(matched: MatchedPair, index: number): PairEntry {
  return { index, matched, state: 'pending', companions: [], missing: [] };
}

/** A layer of a report as one side of a comparison. */
export function comparedLayer(report: LayerReport, index: number): ComparedLayer {
  const { name, role, tensor, dtype, shape, view, parameterCount } = report;
  return { index, name, role, tensor, dtype, shape, ...(view && { view }), parameterCount };
}

/** The pair as the comparison lists it. */
export function pairOf(entry: PairEntry, a: LayerReport, b: LayerReport): LayerPair {
  const { changeSpectrum } = entry;
  const spectrumA = spectrumOf(a);
  const spectrumB = spectrumOf(b);
  return {
    ...figuresOf(entry, a, b),
    ...(changeSpectrum && { changeSpectrum }),
    spectra: { ...(spectrumA && { a: spectrumA }), ...(spectrumB && { b: spectrumB }) },
  };
}

/** The pair as a row of a table: without its arrays. */
export function pairRow(entry: PairEntry, a: LayerReport, b: LayerReport): PairRow {
  const { index, state, changeSpectrum } = entry;
  const row = { ...figuresOf(entry, a, b), index, state };
  if (!changeSpectrum) return row;
  const { count, effectiveRank, energy, floor } = changeSpectrum;
  return { ...row, changeSpectrum: { count, effectiveRank, energy, floor } };
}

function figuresOf(
  { matched, change, companions, missing }: PairEntry,
  a: LayerReport,
  b: LayerReport,
): Omit<LayerPair, 'spectra' | 'changeSpectrum'> {
  return {
    a: comparedLayer(a, matched.a),
    b: comparedLayer(b, matched.b),
    match: matched.match,
    ...(change && { change }),
    metrics: metricChanges(a.metrics, b.metrics),
    companions,
    missing,
  };
}

function spectrumOf({ metrics }: LayerReport): LayerPair['spectra']['a'] {
  const values = metrics['singular_values'];
  return values === undefined || typeof values === 'number' ? undefined : spectrumPoints(values);
}

/** Every scalar that one side has. */
function metricChanges(
  a: Readonly<Record<string, MetricValue>>,
  b: Readonly<Record<string, MetricValue>>,
): Readonly<Record<string, MetricChange>> {
  const ids = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries(
    [...ids].flatMap((id): [string, MetricChange][] => {
      const [before, after] = [scalar(a[id]), scalar(b[id])];
      if (before === undefined && after === undefined) return [];
      return [
        [
          id,
          { ...(before !== undefined && { a: before }), ...(after !== undefined && { b: after }) },
        ],
      ];
    }),
  );
}

function scalar(value: MetricValue | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** Sums over the pairs compared so far. */
export function totalsOfPairs(
  entries: readonly PairEntry[],
  unmatched: { readonly a: number; readonly b: number },
  nameOf: (entry: PairEntry) => string,
): ComparisonTotals {
  let comparedCount = 0;
  let identicalCount = 0;
  let elementCount = 0;
  let changedCount = 0;
  let newZeros = 0;
  let zerosGone = 0;
  let frobenius = 0;
  let normA = 0;
  let largestRelative: ComparisonTotals['largestRelative'];
  for (const entry of entries) {
    const { change, companions } = entry;
    if (!change) continue;
    comparedCount += 1;
    elementCount += change.elementCount;
    changedCount += change.changedCount;
    newZeros += change.newZeros;
    zerosGone += change.zerosGone;
    frobenius = Math.hypot(frobenius, change.frobenius);
    normA = Math.hypot(normA, change.normA);
    const isIdentical = [change, ...companions.map((one) => one.change)].every(
      (one) => one.changedCount === 0,
    );
    if (isIdentical) identicalCount += 1;
    const { relative } = change;
    if (relative !== undefined && relative > (largestRelative?.value ?? -1)) {
      largestRelative = { layer: nameOf(entry), value: relative };
    }
  }
  return {
    pairCount: entries.length,
    comparedCount,
    identicalCount,
    elementCount,
    changedCount,
    newZeros,
    zerosGone,
    frobenius,
    ...(normA > 0 && { relative: frobenius / normA }),
    ...(largestRelative && { largestRelative }),
    unmatchedA: unmatched.a,
    unmatchedB: unmatched.b,
  };
}
