import { dtypes } from '../../core/dtype';
import type { MatrixView } from '../../core/matrixView';
import type { ElementStatistics, StatisticsPass } from '../kernels';
import { maxNonFinitePositions } from '../typescript/blockStatistics';
import { ExponentCounts } from '../typescript/exponentCounts';
import { CompensatedSum, Moments } from '../typescript/moments';
import { refineSorted } from '../typescript/refineSorted';
import { BlockPieces, blockLength } from './blockPieces';
import { Layout, type Engine } from './engine';
import { LineStatistics } from './lineStatistics';
import { giniOf, sortFloats } from './sortedFloats';

/** Elements up to which a tensor is kept whole and sorted. */
const maxSortedElements = 2 ** 22;

/** Doubles of a block's record; the names are where they lie in it. */
const recordLength = 16;
const record = {
  finite: 0,
  sum: 1,
  sumAbs: 2,
  squares: 3,
  m2: 4,
  m3: 5,
  m4: 6,
  min: 7,
  max: 8,
  zeros: 9,
  negativeZeros: 10,
  subnormals: 11,
  saturated: 12,
} as const;

const histogramTables = 4;
const histogramBins = 2048;

const saturation = 0.98 * dtypes.f32.max;

/** Statistics of f32. Its fourth powers fit into doubles without a scale. */
export class FloatStatistics implements StatisticsPass {
  private readonly pieces: BlockPieces;
  private readonly lines: LineStatistics | undefined;
  private readonly kept: Float32Array | undefined;
  private readonly exponents = new ExponentCounts();
  private readonly moments = new Moments();
  private readonly sumAbs = new CompensatedSum();
  private readonly sumSquares = new CompensatedSum();
  private readonly totals = new Float64Array(recordLength);
  private readonly nonFiniteAt: number[] = [];
  private nan = 0;
  private positiveInfinity = 0;
  private negativeInfinity = 0;
  private min = Infinity;
  private max = -Infinity;

  constructor(
    private readonly engine: Engine,
    private readonly elementCount: number,
    view?: MatrixView,
  ) {
    this.lines = view && new LineStatistics(engine, view);
    if (elementCount <= maxSortedElements) this.kept = new Float32Array(elementCount);
    this.pieces = new BlockPieces(4, elementCount, this.add.bind(this));
  }

  update(bytes: Uint8Array): void {
    this.pieces.update(bytes);
  }

  finish(): ElementStatistics {
    this.pieces.finish();
    const { count: finiteCount, mean, m2, m3, m4 } = this.moments;
    const min = finiteCount === 0 ? 0 : this.min;
    const max = finiteCount === 0 ? 0 : this.max;
    const statistics: ElementStatistics = {
      dtype: 'f32',
      count: this.elementCount,
      finiteCount,
      nanCount: this.nan,
      positiveInfinityCount: this.positiveInfinity,
      negativeInfinityCount: this.negativeInfinity,
      nonFiniteAt: this.nonFiniteAt,
      zeroCount: this.totals[record.zeros]!,
      negativeZeroCount: this.totals[record.negativeZeros]!,
      subnormalCount: this.totals[record.subnormals]!,
      saturatedCount: this.totals[record.saturated]!,
      min,
      max,
      sumAbs: this.sumAbs.value,
      mean,
      scale: 1,
      m2,
      m3,
      m4,
      l2: Math.sqrt(this.sumSquares.value),
      linf: Math.max(Math.abs(min), Math.abs(max)),
      exponents: this.exponents.finish(),
      ...(this.lines && { rows: this.lines.finish() }),
    };
    if (!this.kept) return statistics;
    const values = sortFloats(this.engine, this.kept.subarray(0, finiteCount));
    const gini = () => giniOf(this.engine, values, statistics.linf);
    return { ...statistics, refinement: refineSorted(values, undefined, statistics, gini) };
  }

  private add(bytes: Uint8Array, start: number): void {
    const count = bytes.byteLength / 4;
    const blocks = Math.ceil(count / blockLength);
    const layout = new Layout();
    const valuesAt = layout.take(bytes.byteLength);
    const recordsAt = layout.take(8 * recordLength * blocks);
    const histogramAt = layout.take(4 * histogramTables * histogramBins);
    this.engine.run(layout.size, (exports, buffer, base) => {
      new Uint8Array(buffer, base + valuesAt).set(bytes);
      const histogram = new Uint32Array(
        buffer,
        base + histogramAt,
        histogramTables * histogramBins,
      ).fill(0);
      exports.measureBlocks(
        base + valuesAt,
        count,
        bitsAtLeast(saturation),
        base + recordsAt,
        base + histogramAt,
      );
      const inMemory = new Float32Array(buffer, base + valuesAt, count);
      const records = new Float64Array(buffer, base + recordsAt, recordLength * blocks);
      for (let b = 0; b < blocks; b++) {
        const at = b * blockLength;
        const block = inMemory.subarray(at, Math.min(count, at + blockLength));
        this.addBlock(
          block,
          records.subarray(b * recordLength, (b + 1) * recordLength),
          start + at,
        );
      }
      this.addExponents(histogram);
    });
    this.lines?.add(count, (_, buffer, at) => new Uint8Array(buffer, at).set(bytes));
  }

  private addBlock(block: Float32Array, sums: Float64Array, start: number): void {
    const finite = sums[record.finite]!;
    if (this.kept) this.keep(block, finite);
    if (finite < block.length) this.countNonFinite(block, start);
    if (sums[record.subnormals]! > 0) this.addSubnormals(block);
    for (let i: number = record.zeros; i <= record.saturated; i++) this.totals[i]! += sums[i]!;
    if (finite === 0) return;
    this.min = Math.min(this.min, sums[record.min]!);
    this.max = Math.max(this.max, sums[record.max]!);
    this.sumAbs.add(sums[record.sumAbs]!);
    this.sumSquares.add(sums[record.squares]!);
    const mean = sums[record.sum]! / finite;
    this.moments.merge(finite, mean, sums[record.m2]!, sums[record.m3]!, sums[record.m4]!);
  }

  private keep(block: Float32Array, finite: number): void {
    const at = this.moments.count;
    this.kept?.set(finite === block.length ? block : block.filter(Number.isFinite), at);
  }

  private countNonFinite(block: Float32Array, start: number): void {
    for (let i = 0; i < block.length; i++) {
      const value = block[i]!;
      if (Number.isFinite(value)) continue;
      if (this.nonFiniteAt.length < maxNonFinitePositions) this.nonFiniteAt.push(start + i);
      if (Number.isNaN(value)) this.nan++;
      else if (value > 0) this.positiveInfinity++;
      else this.negativeInfinity++;
    }
  }

  /** The kernel bins them with the zeros. */
  private addSubnormals(block: Float32Array): void {
    for (const value of block) {
      if (value !== 0 && Math.abs(value) < dtypes.f32.minNormal) this.exponents.addValue(value, 1);
    }
  }

  private addExponents(histogram: Uint32Array): void {
    for (let bin = 0; bin < histogramBins; bin++) {
      const exponent = (bin & 1023) >>> 2;
      // 255 does not occur: those are not finite, and blocks that have some pass them over.
      if (exponent === 0 || exponent === 255) continue;
      let count = 0;
      for (let table = 0; table < histogramTables; table++) {
        count += histogram[table * histogramBins + bin]!;
      }
      if (count === 0) continue;
      const doubled = (exponent - 127 + 1023) * 4 + (bin & 3);
      this.exponents.add(((bin >>> 10) << 31) | (doubled << 18), 0, count);
    }
  }
}

/** Bits of the least f32 that is not below a positive number. */
function bitsAtLeast(limit: number): number {
  const value = Float32Array.of(limit);
  const bits = new Int32Array(value.buffer);
  return value[0]! < limit ? bits[0]! + 1 : bits[0]!;
}
