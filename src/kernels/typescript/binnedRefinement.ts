import {
  nearThresholds,
  quantileProbabilities,
  type ElementRefinement,
  type ElementStatistics,
  type RefinementPass,
} from '../kernels';
import { ElementStream } from './elementStream';
import { histogramBins, histogramRange, scalesOf } from './refineSorted';

/** Bins per binade 2^12, over the 64 binades below the largest magnitude; what is smaller still falls into the first bin. */
const mantissaBits = 12;
const binCount = 64 << mantissaBits;

/**
 * The second pass over large tensors. Near-zero counts, clipping and the histogram are exact; Gini and quantiles come from fine
 * logarithmic bins that keep count, sum and square sum of the position within the bin.
 *
 * Within a bin only the mean difference is unknown; for a given variance it is at most 2/√3 of the standard deviation, and
 * that for the uniform distribution, which is taken. So the whole term bounds the error: below 1e-8 for Gaussian weights.
 */
export class BinnedRefinement implements RefinementPass {
  private readonly stream: ElementStream;
  /** For reading a double off its bits: allocated once, as half a million bins are asked for. */
  private readonly scratch = new Float64Array(1);
  private readonly scratchWords = new Uint32Array(this.scratch.buffer);
  readonly firstBin: number;
  /** Per sign: count, Σf, Σf² with f the position within the bin, 0…1. */
  readonly counts = [new Float64Array(binCount), new Float64Array(binCount)] as const;
  readonly sums = [new Float64Array(binCount), new Float64Array(binCount)] as const;
  readonly squares = [new Float64Array(binCount), new Float64Array(binCount)] as const;
  readonly histogram = new Float64Array(histogramBins);
  readonly high: number;
  readonly limits: Float64Array;
  readonly near = new Float64Array(nearThresholds.length);
  readonly clip: number;
  below = 0;
  above = 0;
  clipped = 0;

  constructor(private readonly statistics: ElementStatistics) {
    const { dtype, count, linf } = statistics;
    this.firstBin = binOf(linf) - binCount + 1;
    this.high = histogramRange(statistics);
    this.limits = Float64Array.from(nearThresholds, (t) => t * scalesOf(statistics).rmsNonZero);
    this.clip = linf > 0 ? (1 - 2 ** -8) * linf : Infinity;
    this.stream = new ElementStream(dtype, count, this.add.bind(this));
  }

  update(bytes: Uint8Array): void {
    this.stream.update(bytes);
  }

  finish(): ElementRefinement {
    this.stream.finish();
    return this.conclude();
  }

  /** What follows from the bins as they are; another backend may have filled them. */
  conclude(): ElementRefinement {
    const gini = this.gini();
    return {
      nearCounts: Array.from(this.near),
      clipCount: this.clipped,
      histogram: {
        low: -this.high,
        high: this.high,
        counts: this.histogram,
        below: this.below,
        above: this.above,
      },
      ...(gini && { gini: gini.value }),
      giniError: gini?.error ?? 0,
      quantiles: this.statistics.finiteCount > 0 ? this.quantiles() : [],
      quantilesExact: false,
    };
  }

  private add(block: Float64Array, count: number): void {
    const words = new Uint32Array(block.buffer, block.byteOffset, 2 * count);
    const { histogram, high, limits, near, firstBin, clip } = this;
    const perUnit = histogramBins / (2 * high);
    const widest = limits[limits.length - 1]!;
    for (let i = 0; i < count; i++) {
      const value = block[i]!;
      const magnitude = Math.abs(value);
      if (!(magnitude < Infinity)) continue;
      if (value < -high) this.below++;
      else if (value >= high) this.above++;
      else histogram[Math.min(histogramBins - 1, Math.floor((value + high) * perUnit))]!++;
      if (magnitude >= clip) this.clipped++;
      if (magnitude === 0) continue;
      if (magnitude < widest) {
        for (let t = 0; t < limits.length; t++) if (magnitude < limits[t]!) near[t]!++;
      }
      const word = words[2 * i + 1]!;
      const sign = word >>> 31;
      const bin = ((word & 0x7fffffff) >>> (20 - mantissaBits)) - firstBin;
      if (bin < 0) {
        this.counts[sign as 0 | 1][0]!++;
        continue;
      }
      const within =
        ((word & (2 ** (20 - mantissaBits) - 1)) + words[2 * i]! / 2 ** 32) /
        2 ** (20 - mantissaBits);
      this.counts[sign as 0 | 1][bin]!++;
      this.sums[sign as 0 | 1][bin]! += within;
      this.squares[sign as 0 | 1][bin]! += within * within;
    }
  }

  private gini(): { value: number; error: number } | undefined {
    const { linf, finiteCount: total } = this.statistics;
    if (linf === 0) return undefined;
    let passed = this.statistics.zeroCount;
    let sum = 0;
    let weighted = 0;
    let spread = 0;
    for (let bin = 0; bin < binCount; bin++) {
      const count = this.counts[0][bin]! + this.counts[1][bin]!;
      if (count === 0) continue;
      const low = this.lowOf(bin) / linf;
      const width = this.lowOf(bin + 1) / linf - low;
      const mean = (this.sums[0][bin]! + this.sums[1][bin]!) / count;
      const square = (this.squares[0][bin]! + this.squares[1][bin]!) / count;
      const magnitude = low + width * mean;
      sum += count * magnitude;
      weighted += count * magnitude * (total - passed - count / 2);
      spread += count * count * width * Math.sqrt(Math.max(0, square - mean * mean));
      passed += count;
    }
    // Σ over a bin of (a_i − mean)·(rank − mean rank) = ½·Σ_{i<j}|a_i − a_j| = ½·count²/2·(2/√3)·std for uniform.
    const within = spread / (2 * Math.sqrt(3));
    return {
      value: 1 - (2 * (weighted - within)) / (total * sum),
      error: (2 * within) / (total * sum),
    };
  }

  private quantiles(): number[] {
    const { zeroCount, finiteCount } = this.statistics;
    const result: number[] = [];
    let passed = 0;
    const pass = (count: number, low: number, high: number) => {
      while (result.length < quantileProbabilities.length && count > 0) {
        const position = quantileProbabilities[result.length]! * (finiteCount - 1);
        if (position >= passed + count) break;
        result.push(low + ((high - low) * (position - passed + 0.5)) / count);
      }
      passed += count;
    };
    for (let bin = binCount - 1; bin >= 0; bin--) {
      const count = this.counts[1][bin]!;
      if (count > 0) pass(count, -this.lowOf(bin + 1), -this.lowOf(bin));
    }
    pass(zeroCount, 0, 0);
    for (let bin = 0; bin < binCount; bin++) {
      const count = this.counts[0][bin]!;
      if (count > 0) pass(count, this.lowOf(bin), this.lowOf(bin + 1));
    }
    return result.map((value) =>
      Math.min(this.statistics.max, Math.max(this.statistics.min, value)),
    );
  }

  private lowOf(bin: number): number {
    const index = this.firstBin + bin;
    if (index <= 0) return 0;
    this.scratchWords[1] = index << (20 - mantissaBits);
    const value = this.scratch[0]!;
    return Number.isFinite(value) ? value : Number.MAX_VALUE;
  }
}

function binOf(magnitude: number): number {
  const words = new Uint32Array(Float64Array.of(magnitude).buffer);
  return words[1]! >>> (20 - mantissaBits);
}
