import type { Measured } from '../core/metric';
import type { Atoms, SpectrumEstimate } from '../kernels';
import { measureHeavyTail } from './heavyTail';
import type { LayerContext } from './layerContext';
import { measureMarchenkoPastur } from './marchenkoPastur';
import { spectrumBaseline } from './marchenkoPasturLaw';
import { MeasuredBuilder } from './measured';
import { measureSoftOrthogonality } from './measureGram';
import { noiseFloor, type SpectrumInput } from './measureSpectrum';
import {
  measureIsometry,
  measureNorms,
  measureRanks,
  setRelative,
  weightedSpectrum,
  type WeightedSpectrum,
} from './spectrumFigures';

export type EstimateInput = Pick<LayerContext, 'dtype' | 'quantizationStep'>;

/** Points of the drawn spectrum. */
const drawnCount = 512;

/** Figures whose spread over the probes is reported as their error. */
const withError = ['nuclear', 'schatten4', 'erank_sigma', 'erank_lambda', 'PR', 'so'] as const;

/**
 * What follows from an estimated spectrum, under the ids of the exact one. One estimate a block, all of the same shape. Every
 * value is marked as approximate or as a bound; `.error` is the standard error over the probes.
 */
export function measureEstimate(
  estimates: readonly SpectrumEstimate[],
  input: EstimateInput,
): Measured {
  const first = estimates[0];
  if (!first) throw new RangeError('no estimate to measure');
  const out = new MeasuredBuilder();
  const { rows: m, columns: k } = first;
  const blocks = estimates.length;
  const spectrum = pooled(estimates.map(({ atoms }) => atoms));
  measureFigures(spectrum, { blocks, m, k }, out);
  for (const id of Object.keys(out.build().metrics)) out.bound(id, 'approximate');
  setErrors(estimates, { blocks, m, k }, out);
  out.bound('sigma1', 'lower').bound('srip', 'lower').bound('srank', 'upper');
  out.bound('rel.sigma1', 'lower').bound('rel.srank', 'upper');
  const all = expanded(spectrum, blocks * Math.min(m, k));
  const values: SpectrumInput = {
    ...input,
    blocks,
    m,
    k,
    singularValues: all,
    gramPrecision: 'f64',
  };
  const floor = noiseFloor(values, Math.sqrt(spectrum.squares));
  measureCondition(estimates, floor, out);
  measureFits(values, floor, out);
  out.set('log_norm', Math.log10(spectrum.squares));
  out.setArray('singular_values', drawn(all)).bound('singular_values', 'approximate');
  const largest = estimates.reduce((max, one) => Math.max(max, one.largestAtMost), 0);
  out.set('sigma1.upper', largest).bound('sigma1.upper', 'upper');
  out.absent(
    'spectrum',
    'estimated from products with random vectors: the smallest singular values, and with them rank_num, lnstd and logvol, are not resolved',
  );
  out.absent('marchenko-pastur', 'mp_rn: not estimated');
  return out.build();
}

interface Shape {
  readonly blocks: number;
  readonly m: number;
  readonly k: number;
}

function measureFigures(
  spectrum: WeightedSpectrum,
  { blocks, m, k }: Shape,
  out: MeasuredBuilder,
): void {
  const law = spectrumBaseline(Math.min(m, k) / Math.max(m, k));
  const { squares, fourths } = spectrum;
  measureNorms(spectrum, law, out);
  measureSoftOrthogonality({ blocks, m, k, squares, gramSquares: fourths }, out);
  if (Math.min(m, k) < 2) return;
  measureRanks(spectrum, law, out);
  measureIsometry(spectrum, law, out);
  setRelative(out);
}

/** Standard errors of the means over the probes, which all blocks have in the same number. */
function setErrors(
  estimates: readonly SpectrumEstimate[],
  shape: Shape,
  out: MeasuredBuilder,
): void {
  const count = Math.min(...estimates.map(({ probes }) => probes.length));
  if (count < 2) return;
  const runs = Array.from({ length: count }, (_, probe) => {
    const one = new MeasuredBuilder();
    measureFigures(pooled(estimates.map(({ probes }) => probes[probe]!)), shape, one);
    return one;
  });
  let worst = 0;
  for (const id of withError) {
    const value = out.get(id);
    const found = runs.map((run) => run.get(id)).filter((one) => typeof one === 'number');
    if (typeof value !== 'number' || found.length < count) continue;
    const mean = found.reduce((sum, one) => sum + one / count, 0);
    const squares = found.reduce((sum, one) => sum + (one - mean) ** 2, 0);
    const error = Math.sqrt(squares / (count - 1) / count);
    out.set(`${id}.error`, error);
    // A penalty near zero has no relative error.
    if (id !== 'so') worst = Math.max(worst, error / value);
  }
  out.set('estimate.error', worst);
}

/** σ₁ over the smallest Ritz value, which is no smaller than the smallest singular value. */
function measureCondition(
  estimates: readonly SpectrumEstimate[],
  floor: number,
  out: MeasuredBuilder,
): void {
  let largest = 0;
  let smallest = Infinity;
  for (const { ritzValues } of estimates) {
    largest = Math.max(largest, ritzValues[0]!);
    smallest = Math.min(smallest, Math.max(0, ritzValues.at(-1)!));
  }
  const below = Math.max(Math.sqrt(smallest), floor);
  if (below > 0) out.set('cond', Math.sqrt(largest) / below).bound('cond', 'lower');
}

function measureFits(values: SpectrumInput, floor: number, out: MeasuredBuilder): void {
  const fits = new MeasuredBuilder();
  if (values.singularValues.length > 1) {
    measureMarchenkoPastur(values, fits);
    measureHeavyTail(values.singularValues, floor, fits);
  }
  for (const id of Object.keys(fits.build().metrics)) fits.bound(id, 'approximate');
  out.add(fits.build());
}

/** The atoms of all blocks as one spectrum. */
function pooled(parts: readonly Atoms[]): WeightedSpectrum {
  const atoms = parts.flatMap(({ values, weights }) =>
    Array.from(values, (value, i): [number, number] => [Math.sqrt(value), weights[i]!]),
  );
  const kept = atoms.filter(([, weight]) => weight > 0).sort(([a], [b]) => b - a);
  return weightedSpectrum(
    Float64Array.from(kept, ([sigma]) => sigma),
    Float64Array.from(kept, ([, weight]) => weight),
  );
}

/**
 * `count` singular values, descending: quantiles, interpolated between neighbouring atoms; those of weight 1 come out exactly.
 * An atom that is much heavier than the others is a multiple value (zeros, an isometry): only its rim is interpolated.
 */
function expanded({ sigma, weights, count: total }: WeightedSpectrum, count: number): Float64Array {
  const values = new Float64Array(count);
  const rim = (2 * total) / sigma.length;
  const half = (atom: number) => Math.min(weights[atom]! / 2, Math.max(0.5, rim));
  let atom = 0;
  let end = weights[0]!;
  for (let i = 0; i < count; i++) {
    const rank = ((i + 0.5) * total) / count;
    while (atom + 1 < sigma.length && rank >= end + half(atom + 1)) end += weights[++atom]!;
    values[i] = sigma[atom]!;
    if (atom + 1 === sigma.length || rank <= end - half(atom)) continue;
    const share = (rank - end + half(atom)) / (half(atom) + half(atom + 1));
    values[i] = sigma[atom]! + share * (sigma[atom + 1]! - sigma[atom]!);
  }
  return values;
}

function drawn(values: Float64Array): Float64Array {
  if (values.length <= drawnCount) return values;
  return Float64Array.from(
    { length: drawnCount },
    (_, i) => values[Math.floor(((i + 0.5) * values.length) / drawnCount)]!,
  );
}
