import { dtypes } from '../core/dtype';
import type { Measured } from '../core/metric';
import type { Precision } from '../kernels';
import type { LayerContext } from './layerContext';
import { measureHeavyTail } from './heavyTail';
import { spectrumBaseline, type SpectrumBaseline } from './marchenkoPasturLaw';
import { measureMarchenkoPastur } from './marchenkoPastur';
import { MeasuredBuilder } from './measured';
import {
  measureIsometry,
  measureNorms,
  measureRanks,
  setRelative,
  weightedSpectrum,
} from './spectrumFigures';

/** Share of σ₁ below which eigenvalues of a Gram matrix of that precision hold no digit of σ. */
const gramFloors: Readonly<Record<Precision, number>> = { f64: 2e-8, f32: 5e-4 };

export interface SpectrumInput extends Pick<LayerContext, 'dtype' | 'quantizationStep'> {
  readonly blocks: number;
  /** Shape of one block. */
  readonly m: number;
  readonly k: number;
  /** Of all blocks together, descending. */
  readonly singularValues: Float64Array;
  /** Of the Gram matrix whose eigenvalues they are the roots of, if they are. */
  readonly gramPrecision?: Precision;
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
  const spectrum = weightedSpectrum(sigma);
  const total = spectrum.squares;
  if (!(total > 0)) return out.absent('spectrum', 'all elements are zero').build();
  const floor = noiseFloor(input, Math.sqrt(total));
  const law = spectrumBaseline(p / Math.max(m, k));
  const count = sigma.length;
  measureNorms(spectrum, law, out);
  if (p < 2) {
    out.absent('spectrum', 'a single singular value has no distribution');
    out.absent('marchenko-pastur', 'a single singular value');
    out.absent('heavy-tail', 'a single singular value');
    return out.build();
  }
  measureRanks(spectrum, law, out);
  measureSpread(sigma, Math.sqrt(total / count), floor, law, out);
  const tolerance = Math.max(
    Math.max(m, k) * 2 * dtypes[input.dtype].unitRoundoff * sigma[0]!,
    floor,
  );
  out.set('rank_num', countAbove(sigma, tolerance), count);
  measureIsometry(spectrum, law, out);
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
  const share = input.gramPrecision === undefined ? 0 : gramFloors[input.gramPrecision];
  return Math.max(storage, share * input.singularValues[0]!);
}

function measureSpread(
  sigma: Float64Array,
  rms: number,
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
  out.set('logvol', mean, law.lnMean + Math.log(rms));
  out.set('lnstd', Math.sqrt(variance), law.lnStd);
  out.set('isometry.lnstd', Math.sqrt(variance), law.lnStd);
  if (above.length < sigma.length) {
    for (const id of ['lnstd', 'isometry.lnstd']) out.bound(id, 'lower');
    out.bound('logvol', 'upper');
  }
}

function countAbove(descending: Float64Array, limit: number): number {
  let count = 0;
  while (count < descending.length && descending[count]! > limit) count++;
  return count;
}
