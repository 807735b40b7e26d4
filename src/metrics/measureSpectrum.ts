import { dtypes } from '../core/dtype';
import type { Measured } from '../core/metric';
import type { LayerContext } from './layerContext';
import { measureHeavyTail } from './heavyTail';
import { spectrumBaseline, type SpectrumBaseline } from './marchenkoPasturLaw';
import { measureMarchenkoPastur } from './marchenkoPastur';
import { MeasuredBuilder } from './measured';

/** Share of σ₁ below which eigenvalues of a double-precision Gram matrix hold no digit of σ. */
export const gramFloor = 2e-8;

const energyShares = [0.5, 0.9, 0.99] as const;

export interface SpectrumInput extends Pick<LayerContext, 'dtype' | 'quantizationStep'> {
  readonly blocks: number;
  /** Shape of one block. */
  readonly m: number;
  readonly k: number;
  /** Of all blocks together, descending. */
  readonly singularValues: Float64Array;
  /** Whether they are roots of the Gram matrix's eigenvalues. */
  readonly fromGram: boolean;
  /** The same of the matrix with rows of length 1 (dead ones left out), and its shape, if it was measured. */
  readonly rowNormalised?: {
    readonly singularValues: Float64Array;
    readonly m: number;
    readonly k: number;
  };
}

/** Everything that follows from singular values. */
export function measureSpectrum(input: SpectrumInput): Measured {
  const out = new MeasuredBuilder();
  const { singularValues: sigma, blocks, m, k } = input;
  const p = Math.min(m, k);
  out.setArray('singular_values', sigma);
  const total = squareSum(sigma);
  if (!(total > 0)) return out.absent('spectrum', 'all elements are zero').build();
  const floor = noiseFloor(input, Math.sqrt(total));
  const law = spectrumBaseline(p / Math.max(m, k));
  const count = sigma.length;
  measureNorms(sigma, total, law, out);
  if (p < 2) {
    out.absent('spectrum', 'a single singular value has no distribution');
    out.absent('marchenko-pastur', 'a single singular value');
    out.absent('heavy-tail', 'a single singular value');
    return out.build();
  }
  measureRanks(sigma, total, law, out);
  measureSpread(sigma, floor, law, out);
  const tolerance = Math.max(
    Math.max(m, k) * 2 * dtypes[input.dtype].unitRoundoff * sigma[0]!,
    floor,
  );
  out.set('rank_num', countAbove(sigma, tolerance), count);
  measureIsometry(sigma, total, law, out);
  setRelative(out);
  measureMarchenkoPastur(input, out);
  measureHeavyTail(sigma, floor, out);
  if (blocks > 1)
    out.bound('mp.num_spikes', 'approximate').bound('mp_rn.num_spikes', 'approximate');
  return out.build();
}

/**
 * Singular values below it are noise of the storage type: 2‖E‖₂, ‖E‖₂ ≈ 0.425·u·rms·(√m + √k) for floats and Δ/√12 in place
 * of 0.425·u·rms for a quantisation step Δ; never below what the Gram matrix resolves.
 */
export function noiseFloor(input: SpectrumInput, frobenius: number): number {
  const { blocks, m, k, dtype, quantizationStep } = input;
  const rms = frobenius / Math.sqrt(blocks * m * k);
  const element =
    quantizationStep === undefined
      ? 0.425 * dtypes[dtype].unitRoundoff * rms
      : quantizationStep / Math.sqrt(12);
  const storage = 2 * element * (Math.sqrt(m) + Math.sqrt(k));
  return input.fromGram ? Math.max(storage, gramFloor * input.singularValues[0]!) : storage;
}

function measureNorms(
  sigma: Float64Array,
  total: number,
  law: SpectrumBaseline,
  out: MeasuredBuilder,
): void {
  const rms = Math.sqrt(total / sigma.length);
  out.set('sigma1', sigma[0], rms * law.largest);
  out.set('nuclear', sum(sigma), sigma.length * rms * law.mean);
  out.set('schatten4', fourthSum(sigma) ** 0.25, rms * (sigma.length / law.participation) ** 0.25);
  // The side of the Gram matrix that can be the identity.
  out.set('srip', Math.max(Math.abs(sigma[0]! ** 2 - 1), Math.abs(sigma.at(-1)! ** 2 - 1)));
}

function measureRanks(
  sigma: Float64Array,
  total: number,
  law: SpectrumBaseline,
  out: MeasuredBuilder,
): void {
  const count = sigma.length;
  out.set('srank', total / sigma[0]! ** 2, count * law.stableRank);
  out.set('erank_sigma', effectiveRank(sigma, sum(sigma)), count * law.erankSigma);
  const lambda = sigma.map((s) => s * s);
  out.set('erank_lambda', effectiveRank(lambda, total), count * law.erankLambda);
  out.set('PR', total ** 2 / fourthSum(sigma), count * law.participation);
  out.set('gap', sigma[1]! > 0 ? (sigma[0]! / sigma[1]!) ** 2 : undefined);
  for (const share of energyShares) out.set(`energy(${share})`, energyRank(lambda, share * total));
}

function measureSpread(
  sigma: Float64Array,
  floor: number,
  law: SpectrumBaseline,
  out: MeasuredBuilder,
): void {
  const smallest = sigma.at(-1)!;
  const chance = law.smallest > 0 ? law.largest / law.smallest : undefined;
  if (smallest > 0 || floor > 0) {
    out.set('cond', sigma[0]! / Math.max(smallest, floor), chance);
    if (smallest < floor) out.bound('cond', 'lower');
  }
  const above = sigma.subarray(0, countAbove(sigma, floor));
  let mean = 0;
  for (const value of above) mean += Math.log(value) / above.length;
  let variance = 0;
  for (const value of above) variance += (Math.log(value) - mean) ** 2 / above.length;
  const rms = Math.sqrt(squareSum(sigma) / sigma.length);
  out.set('logvol', mean, law.lnMean + Math.log(rms));
  out.set('lnstd', Math.sqrt(variance), law.lnStd);
  out.set('isometry.lnstd', Math.sqrt(variance), law.lnStd);
  if (above.length < sigma.length) {
    for (const id of ['lnstd', 'isometry.lnstd']) out.bound(id, 'lower');
    out.bound('logvol', 'upper');
  }
}

function measureIsometry(
  sigma: Float64Array,
  total: number,
  law: SpectrumBaseline,
  out: MeasuredBuilder,
): void {
  const mean = sum(sigma) / sigma.length;
  let variance = 0;
  for (const value of sigma) variance += (value - mean) ** 2 / sigma.length;
  const cv = Math.sqrt(variance) / mean;
  out.set('isometry.cv', cv, law.cv);
  out.set('isometry.ratio', cv / law.cv, 1);
  out.set('isometry.mean_sq', total / sigma.length);
}

/** Divides by the value expected for random entries of the same shape. */
function setRelative(out: MeasuredBuilder): void {
  const { metrics, baselines, bounds } = out.build();
  for (const id of ['sigma1', 'srank', 'erank_sigma', 'erank_lambda', 'PR', 'lnstd', 'cond']) {
    const value = metrics[id];
    const baseline = baselines[id];
    if (typeof value !== 'number' || baseline === undefined || baseline === 0) continue;
    out.set(`rel.${id}`, value / baseline, 1);
    const bound = bounds[id];
    if (bound) out.bound(`rel.${id}`, bound);
  }
}

/** exp of the entropy of values / total. */
function effectiveRank(values: Float64Array, total: number): number {
  let entropy = 0;
  for (const value of values) {
    const share = value / total;
    if (share > 0) entropy -= share * Math.log(share);
  }
  return Math.exp(entropy);
}

function energyRank(lambda: Float64Array, wanted: number): number {
  let reached = 0;
  for (let r = 0; r < lambda.length; r++) {
    reached += lambda[r]!;
    if (reached >= wanted) return r + 1;
  }
  return lambda.length;
}

function countAbove(descending: Float64Array, limit: number): number {
  let count = 0;
  while (count < descending.length && descending[count]! > limit) count++;
  return count;
}

function sum(values: Float64Array): number {
  let result = 0;
  for (const value of values) result += value;
  return result;
}

function squareSum(values: Float64Array): number {
  let result = 0;
  for (const value of values) result += value * value;
  return result;
}

function fourthSum(values: Float64Array): number {
  let result = 0;
  for (const value of values) result += value ** 4;
  return result;
}
