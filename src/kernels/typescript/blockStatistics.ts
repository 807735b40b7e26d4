import { dtypes, type Dtype } from '../../core/dtype';
import type { MatrixView } from '../../core/matrixView';
import type { ElementRefinement, ElementStatistics, StatisticsPass } from '../kernels';
import { blockLength, ElementStream } from './elementStream';
import { ExponentCounts } from './exponentCounts';
import { CompensatedSum, Moments } from './moments';
import { refineSorted } from './refineSorted';
import { RowAccumulator } from './rowAccumulator';
import { SortedElements } from './sortedElements';

/** Magnitudes outside 2^±232 (about 1e±70) are scaled before their fourth powers are summed. */
export const unscaledExponent = 232;

/** Non-finite positions that are kept. */
export const maxNonFinitePositions = 10;

/** Statistics of 32- and 64-bit types, block by block. */
export class BlockStatistics implements StatisticsPass {
  private readonly stream: ElementStream;
  private readonly rows: RowAccumulator | undefined;
  private readonly sorted: SortedElements | undefined;
  private readonly exponents: ExponentCounts;
  private readonly moments = new Moments();
  private readonly sumAbs = new CompensatedSum();
  private readonly sumSquares = new CompensatedSum();
  private readonly scaled = new Float64Array(blockLength);
  private readonly minNormal: number;
  private readonly saturation: number;
  private readonly nonFiniteAt: number[] = [];
  private nan = 0;
  private positiveInfinity = 0;
  private negativeInfinity = 0;
  private zeros = 0;
  private negativeZeros = 0;
  private subnormals = 0;
  private saturated = 0;
  private min = Infinity;
  private max = -Infinity;
  private scale = 0;

  constructor(
    private readonly dtype: Dtype,
    private readonly elementCount: number,
    view?: MatrixView,
  ) {
    const { kind, minNormal, max } = dtypes[dtype];
    this.exponents = new ExponentCounts(dtype);
    this.minNormal = minNormal;
    this.saturation = kind === 'float' ? 0.98 * max : Infinity;
    this.rows = view && new RowAccumulator(view);
    this.sorted = SortedElements.fits(elementCount)
      ? new SortedElements(dtype, elementCount)
      : undefined;
    this.stream = new ElementStream(dtype, elementCount, this.add.bind(this));
  }

  update(bytes: Uint8Array): void {
    this.stream.update(bytes);
  }

  finish(): ElementStatistics {
    this.stream.finish();
    const scale = this.scale || 1;
    const { count: finiteCount, mean, m2, m3, m4 } = this.moments;
    const empty = finiteCount === 0;
    const statistics: ElementStatistics = {
      dtype: this.dtype,
      count: this.elementCount,
      finiteCount,
      nanCount: this.nan,
      positiveInfinityCount: this.positiveInfinity,
      negativeInfinityCount: this.negativeInfinity,
      nonFiniteAt: this.nonFiniteAt,
      zeroCount: this.zeros,
      negativeZeroCount: this.negativeZeros,
      subnormalCount: this.subnormals,
      saturatedCount: this.saturated,
      min: empty ? 0 : this.min,
      max: empty ? 0 : this.max,
      sumAbs: this.sumAbs.value * scale,
      mean: mean * scale,
      scale,
      m2,
      m3,
      m4,
      l2: Math.sqrt(this.sumSquares.value) * scale,
      linf: empty ? 0 : Math.max(Math.abs(this.min), Math.abs(this.max)),
      exponents: this.exponents.finish(),
      ...(this.rows && { rows: this.rows.finish() }),
    };
    const refinement = this.refine(statistics);
    return refinement ? { ...statistics, refinement } : statistics;
  }

  private refine(statistics: ElementStatistics): ElementRefinement | undefined {
    return this.sorted && refineSorted(this.sorted.finish(), undefined, statistics);
  }

  private add(block: Float64Array, count: number, start: number): void {
    const finite = this.countBlock(block, count, start);
    const values = this.scaled;
    this.sorted?.add(values, finite);
    this.adjustScale(values, finite);
    this.sumBlock(values, finite);
    this.rows?.add(block, count, 1 / (this.scale || 1));
  }

  /** Counts the elements of a block and copies the finite ones to `scaled`. */
  private countBlock(block: Float64Array, count: number, start: number): number {
    const words = new Uint32Array(block.buffer, block.byteOffset, 2 * count);
    const { scaled, minNormal, saturation, exponents } = this;
    let { min, max } = this;
    let finite = 0;
    for (let i = 0; i < count; i++) {
      const value = block[i]!;
      const magnitude = Math.abs(value);
      if (magnitude > 0 && magnitude < Infinity) {
        exponents.add(words[2 * i + 1]!, value);
        if (magnitude < minNormal) this.subnormals++;
        if (magnitude >= saturation) this.saturated++;
      } else if (value === 0) {
        this.zeros++;
        if (words[2 * i + 1] !== 0) this.negativeZeros++;
      } else {
        this.countNonFinite(value, start + i);
        continue;
      }
      if (value < min) min = value;
      if (value > max) max = value;
      scaled[finite++] = value;
    }
    this.min = min;
    this.max = max;
    return finite;
  }

  private countNonFinite(value: number, index: number): void {
    if (this.nonFiniteAt.length < maxNonFinitePositions) this.nonFiniteAt.push(index);
    if (Number.isNaN(value)) this.nan++;
    else if (value > 0) this.positiveInfinity++;
    else this.negativeInfinity++;
  }

  /** Chooses the scale at the first non-zero block, raises it when larger magnitudes come, and applies it. */
  private adjustScale(values: Float64Array, count: number): void {
    let linf = 0;
    for (let i = 0; i < count; i++) linf = Math.max(linf, Math.abs(values[i]!));
    if (linf === 0) return;
    const old = this.scale;
    if (old === 0 || linf / old > 2 ** unscaledExponent) {
      this.scale = Math.max(scaleFor(linf), old);
      const factor = old / this.scale;
      this.moments.rescale(factor);
      this.sumAbs.rescale(factor);
      this.sumSquares.rescale(factor ** 2);
      this.rows?.rescale(factor ** 2);
    }
    if (this.scale === 1) return;
    const inverse = 1 / this.scale;
    for (let i = 0; i < count; i++) values[i]! *= inverse;
  }

  private sumBlock(values: Float64Array, count: number): void {
    if (count === 0) return;
    let sum = 0;
    let sumAbs = 0;
    let squares = 0;
    for (let i = 0; i < count; i++) {
      const value = values[i]!;
      sum += value;
      sumAbs += Math.abs(value);
      squares += value * value;
    }
    const mean = sum / count;
    let m2 = 0;
    let m3 = 0;
    let m4 = 0;
    for (let i = 0; i < count; i++) {
      const d = values[i]! - mean;
      const d2 = d * d;
      m2 += d2;
      m3 += d2 * d;
      m4 += d2 * d2;
    }
    this.sumAbs.add(sumAbs);
    this.sumSquares.add(squares);
    this.moments.merge(count, mean, m2, m3, m4);
  }
}

/** A power of two near `linf` where its fourth power would leave the range of doubles, else 1. */
export function scaleFor(linf: number): number {
  const exponent = Math.floor(Math.log2(linf));
  if (Math.abs(exponent) < unscaledExponent) return 1;
  return 2 ** Math.max(-1000, Math.min(1000, exponent));
}
