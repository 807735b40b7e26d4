import {
  nearThresholds,
  quantileProbabilities,
  type ElementRefinement,
  type ElementStatistics,
} from '../kernels';
import { histogramBins, histogramRange, refineSorted, scalesOf } from '../typescript/refineSorted';
import { signBins, type FineBins } from './fineBins';

/** Of all elements; a bin of uniform ones holds a quarter of it. */
const heavyShare = 2 ** -8;

/** Stands for the zeros among positions of bins. */
const zeros = -1;

/**
 * Figures of a second pass from bins. Only bins that hold a threshold, the edge of a bar or an order statistic must be taken
 * apart: their elements are looked up, the others count as so many of one value. So all is exact but the Gini index, of which the
 * order within bins is not known. Where magnitudes lie evenly in a bin of width w, its c elements owe Σ_{i<j}|a_i − a_j| = c²w/6 to
 * it, and never more than c²w/4, so what is taken for it bounds the error: 1e-7 for Gaussian weights.
 */
export class BinnedFigures {
  /** Positions in `bins` in ascending order of the values, and `zeros`. */
  private readonly order: Int32Array;
  private readonly isWanted: Uint8Array;

  constructor(
    private readonly bins: FineBins,
    private readonly statistics: ElementStatistics,
  ) {
    this.isWanted = new Uint8Array(bins.length);
    this.order = this.ascending();
    this.markThresholds();
    this.markQuantiles();
    this.markHeavy();
  }

  /** Bins whose elements are wanted. */
  wantedBins(): Int32Array {
    return this.bins.index.filter((_, i) => this.isWanted[i] === 1);
  }

  wantedCount(): number {
    let count = 0;
    for (let i = 0; i < this.bins.length; i++) {
      if (this.isWanted[i]) count += this.bins.counts[i]!;
    }
    return count;
  }

  /** @param elements those of the wanted bins, ascending */
  refine(elements: Float32Array | Float64Array): ElementRefinement {
    const { order, isWanted, bins } = this;
    const most = elements.length + order.length;
    const values = new Float64Array(most);
    const counts = new Float64Array(most).fill(1);
    let used = 0;
    let next = 0;
    for (const i of order) {
      const count = this.countOf(i);
      if (i !== zeros && isWanted[i]) {
        for (const end = next + count; next < end; next++) values[used++] = elements[next]!;
        continue;
      }
      if (i !== zeros) {
        const mean = bins.meanOf(i);
        values[used] = i < bins.firstNegative ? mean : -mean;
      }
      counts[used++] = count;
    }
    const { gini, ...figures } = refineSorted(
      values.subarray(0, used),
      counts.subarray(0, used),
      this.statistics,
    );
    if (gini === undefined) return figures;
    const within = this.within();
    return { ...figures, gini: gini + within.value, giniError: within.error };
  }

  /** Zeros have an entry of their own, unless subnormals share their bins: those are then looked up together. */
  private ascending(): Int32Array {
    const { bins, isWanted, statistics } = this;
    const { firstNegative, length, index, counts } = bins;
    const holdsZeros = (i: number) => i < length && bins.lowOf(index[i]!) === 0;
    const shared = [...new Set([0, firstNegative])].filter(holdsZeros);
    const isAlone = shared.reduce((sum, i) => sum + counts[i]!, 0) === statistics.zeroCount;
    const keepsShared = shared.length > 0 && !isAlone;
    if (keepsShared) for (const i of shared) isWanted[i] = 1;
    const isLeftOut = (i: number) => !keepsShared && shared.includes(i);
    const order = new Int32Array(length + 1);
    let used = 0;
    for (let i = length - 1; i >= firstNegative; i--) if (!isLeftOut(i)) order[used++] = i;
    if (!keepsShared && statistics.zeroCount > 0) order[used++] = zeros;
    for (let i = 0; i < firstNegative; i++) if (!isLeftOut(i)) order[used++] = i;
    return order.subarray(0, used);
  }

  private markThresholds(): void {
    const { statistics } = this;
    const { rmsNonZero } = scalesOf(statistics);
    const high = histogramRange(statistics);
    for (const threshold of nearThresholds) this.mark(threshold * rmsNonZero);
    this.mark((1 - 2 ** -8) * statistics.linf);
    for (let b = 0; b <= histogramBins; b++) {
      this.mark(Math.abs(-high + (2 * high * b) / histogramBins));
    }
  }

  /** Both signs; and the neighbours where the limit is that of a bin, or is rounded to it. */
  private mark(magnitude: number): void {
    for (const factor of [1 - 2 ** -22, 1, 1 + 2 ** -22]) {
      const bin = this.bins.binOf(magnitude * factor);
      for (const place of [bin, bin + signBins]) {
        const i = lowerBound(this.bins.index, place);
        if (this.bins.index[i] === place) this.isWanted[i] = 1;
      }
    }
  }

  /** Bins that hold much of a tensor: its values are few, and lie anything but evenly. */
  private markHeavy(): void {
    const limit = heavyShare * this.statistics.finiteCount;
    for (let i = 0; i < this.bins.length; i++) {
      if (this.bins.counts[i]! > limit && this.bins.lowOf(this.bins.index[i]!) > 0)
        this.isWanted[i] = 1;
    }
  }

  private markQuantiles(): void {
    const total = this.statistics.finiteCount;
    let entry = 0;
    let passed = 0;
    for (const probability of total > 0 ? quantileProbabilities : []) {
      const below = Math.floor(probability * (total - 1));
      for (const rank of [below, Math.min(below + 1, total - 1)]) {
        while (rank >= passed + this.countOf(this.order[entry]!)) {
          passed += this.countOf(this.order[entry++]!);
        }
        const i = this.order[entry]!;
        if (i !== zeros) this.isWanted[i] = 1;
      }
    }
  }

  private countOf(i: number): number {
    return i === zeros ? this.statistics.zeroCount : this.bins.counts[i]!;
  }

  /** What magnitudes of one bin differ by, which are ranked as equal ones; and the bound of its error, of which it is the most. */
  private within(): { value: number; error: number } {
    const { linf, sumAbs, finiteCount } = this.statistics;
    const { index, length, firstNegative } = this.bins;
    let value = 0;
    let mixed = 0;
    let [p, n] = [0, firstNegative];
    while (p < firstNegative || n < length) {
      const positive = p < firstNegative ? index[p]! : signBins;
      const negative = n < length ? index[n]! - signBins : signBins;
      const bin = Math.min(positive, negative);
      let [unknown, known] = [0, 0];
      for (const entry of [positive === bin ? p++ : -1, negative === bin ? n++ : -1]) {
        if (entry < 0) continue;
        if (this.isWanted[entry]) known += this.bins.counts[entry]!;
        else unknown += this.bins.counts[entry]!;
      }
      const width = (this.bins.highOf(bin) - this.bins.lowOf(bin)) / linf;
      value += (unknown * unknown * width) / 12;
      mixed += (unknown * known * width) / 2;
    }
    const scale = 2 / (finiteCount * (sumAbs / linf));
    return { value: value * scale, error: (value + mixed) * scale };
  }
}

/** Position of the first number that is not less than `wanted`. */
function lowerBound(numbers: Int32Array, wanted: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
