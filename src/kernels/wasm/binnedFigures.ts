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
  private readonly order: readonly number[];
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
    const values: number[] = [];
    const counts: number[] = [];
    let next = 0;
    for (const i of this.order) {
      const count = this.countOf(i);
      if (i !== zeros && this.isWanted[i]) {
        for (const end = next + count; next < end; next++) {
          values.push(elements[next]!);
          counts.push(1);
        }
      } else {
        values.push(this.valueOf(i));
        counts.push(count);
      }
    }
    const { gini, ...figures } = refineSorted(
      Float64Array.from(values),
      Float64Array.from(counts),
      this.statistics,
    );
    if (gini === undefined) return figures;
    const within = this.within();
    return { ...figures, gini: gini + within.value, giniError: within.error };
  }

  /** Zeros have an entry of their own, unless subnormals share their bins: those are then looked up together. */
  private ascending(): number[] {
    const { index, length } = this.bins;
    const { zeroCount } = this.statistics;
    let first = 0;
    while (first < length && index[first]! < signBins) first++;
    const negative = Array.from({ length: length - first }, (_, i) => length - 1 - i);
    const positive = Array.from({ length: first }, (_, i) => i);
    const holdsZeros = (i: number) => this.bins.lowOf(index[i]!) === 0;
    const shared = [...negative, ...positive].filter(holdsZeros);
    const isAlone = shared.reduce((sum, i) => sum + this.bins.counts[i]!, 0) === zeroCount;
    if (shared.length > 0 && !isAlone) {
      for (const i of shared) this.isWanted[i] = 1;
      return [...negative, ...positive];
    }
    const others = (i: number) => !holdsZeros(i);
    const middle = zeroCount > 0 ? [zeros] : [];
    return [...negative.filter(others), ...middle, ...positive.filter(others)];
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

  private valueOf(i: number): number {
    if (i === zeros) return 0;
    const mean = this.bins.meanOf(i);
    return this.bins.index[i]! < signBins ? mean : -mean;
  }

  /** What magnitudes of one bin differ by, which are ranked as equal ones; and the bound of its error, of which it is the most. */
  private within(): { value: number; error: number } {
    const { bins, isWanted, statistics } = this;
    const { linf, sumAbs, finiteCount } = statistics;
    const { index, length } = bins;
    const firstNegative = lowerBound(index, signBins);
    let value = 0;
    let mixed = 0;
    for (let i = 0; i < length; i++) {
      const bin = index[i]! % signBins;
      const other = lowerBound(index, i < firstNegative ? bin + signBins : bin);
      const twin = index[other] === (i < firstNegative ? bin + signBins : bin) ? other : -1;
      if (twin >= 0 && i >= firstNegative) continue;
      const entries = twin >= 0 ? [i, twin] : [i];
      let [unknown, known] = [0, 0];
      for (const entry of entries) {
        if (isWanted[entry]) known += bins.counts[entry]!;
        else unknown += bins.counts[entry]!;
      }
      const width = (bins.highOf(bin) - bins.lowOf(bin)) / linf;
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
