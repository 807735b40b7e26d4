import { dtypes } from '../../core/dtype';
import type { ElementStatistics } from '../kernels';
import type { ExponentCounts } from '../typescript/exponentCounts';
import type { KernelExports } from './engine';

export type FloatDtype = 'f32' | 'f64';

/** Bins of one sign: 2^10 a binade, as in the kernel. */
export const signBins = 2 ** 18;
export const binCount = 2 * signBins;
const binsPerBinade = 2 ** 10;
/** Bits of a bin that are below those of a quarter of its binade. */
const quarterBits = 8;

/** Bits below those that choose a bin, of which a bin keeps the sum. */
const sumBits = 13;

/** The kernel's bins of f64 begin at 2^-191. */
const firstDouble = (1023 - 191) * binsPerBinade;

/** How many elements lie in each of fine logarithmic bins, and their sums. Bins ascend in magnitude, those of one sign together. */
export class FineBins {
  /** Bins that are not empty, ascending; those of negative elements are 2^18 further. */
  readonly index: Int32Array;
  readonly counts: Float64Array;
  /** Position of the first bin of negative elements. */
  readonly firstNegative: number;
  /** How many elements there are in bins. */
  readonly total: number;
  private readonly sums: Float64Array;
  private readonly words = new Uint32Array(2);
  private readonly float = new Float32Array(this.words.buffer);
  private readonly double = new Float64Array(this.words.buffer);

  /** @param records index, count and sum of each bin that is not empty, by ascending index */
  constructor(
    private readonly dtype: FloatDtype,
    records: Float64Array,
  ) {
    const length = records.length / 3;
    this.index = new Int32Array(length);
    this.counts = new Float64Array(length);
    this.sums = new Float64Array(length);
    // The last binade of f32 is that of infinity and NaN.
    const end = dtype === 'f32' ? 255 * binsPerBinade : signBins;
    let used = 0;
    let firstNegative = 0;
    let total = 0;
    for (let i = 0; i < length; i++) {
      const bin = records[3 * i]!;
      if (bin % signBins >= end) continue;
      const count = records[3 * i + 1]!;
      total += count;
      if (bin < signBins) firstNegative++;
      this.index[used] = bin;
      this.counts[used] = count;
      this.sums[used++] = records[3 * i + 2]!;
    }
    this.firstNegative = firstNegative;
    this.total = total;
    this.index = this.index.subarray(0, used);
    this.counts = this.counts.subarray(0, used);
  }

  get length(): number {
    return this.index.length;
  }

  /** Whether all elements are in bins, but for the zeros of f64. */
  covers({ finiteCount, zeroCount }: ElementStatistics): boolean {
    return this.total === finiteCount - (this.dtype === 'f64' ? zeroCount : 0);
  }

  /** The bin of a magnitude; beyond the bins of f64 it is none of them. */
  binOf(magnitude: number): number {
    if (this.dtype === 'f32') {
      this.float[0] = magnitude;
      return this.words[0]! >>> sumBits;
    }
    this.double[0] = magnitude;
    return (this.words[1]! >>> 10) - firstDouble;
  }

  /** Least magnitude of a bin. */
  lowOf(bin: number): number {
    const within = bin % signBins;
    if (this.dtype === 'f32') {
      this.words[0] = within << sumBits;
      return this.float[0]!;
    }
    this.words[0] = 0;
    this.words[1] = (within + firstDouble) << 10;
    return this.double[0]!;
  }

  highOf(bin: number): number {
    return Math.min(this.lowOf((bin % signBins) + 1), dtypes[this.dtype].max);
  }

  /** Mean magnitude of the elements of entry `i`. */
  meanOf(i: number): number {
    const low = this.lowOf(this.index[i]!);
    const share = this.sums[i]! / (this.counts[i]! * 2 ** sumBits);
    return low + (this.highOf(this.index[i]!) - low) * share;
  }

  /** Counts by binade and quarter of it; but for zeros and subnormals of f32, which have no bins so fine. */
  addExponents(exponents: ExponentCounts): void {
    const least = this.dtype === 'f32' ? binsPerBinade : 0;
    for (let i = 0; i < this.length;) {
      const bin = this.index[i]!;
      let count = 0;
      const quarter = bin >>> quarterBits;
      while (i < this.length && this.index[i]! >>> quarterBits === quarter) {
        count += this.counts[i++]!;
      }
      if (bin % signBins < least) continue;
      exponents.addValue(bin < signBins ? this.lowOf(bin) : -this.lowOf(bin), count);
    }
  }
}

/** Elements of which the bins are marked, by a byte each. */
export function gather(
  exports: KernelExports,
  buffer: ArrayBuffer,
  dtype: FloatDtype,
  at: {
    readonly from: number;
    readonly count: number;
    readonly marks: number;
    readonly target: number;
  },
): Float32Array | Float64Array {
  if (dtype === 'f32') {
    const length = exports.gatherFloats(at.from, at.count, at.marks, at.target);
    return new Float32Array(buffer, at.target, length).slice();
  }
  const length = exports.gatherDoubles(at.from, at.count, at.marks, at.target);
  return new Float64Array(buffer, at.target, length).slice();
}
