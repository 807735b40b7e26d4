import { dtypes } from '../../core/dtype';
import type { MatrixView } from '../../core/matrixView';
import type { ElementStatistics, StatisticsPass } from '../kernels';
import { maxNonFinitePositions, scaleFor, unscaledExponent } from '../typescript/blockStatistics';
import { ExponentCounts } from '../typescript/exponentCounts';
import { CompensatedSum, Moments } from '../typescript/moments';
import { BlockPieces, blockLength } from './blockPieces';
import { ElementBins } from './elementBins';
import type { Engine, KernelExports, Layout } from './engine';
import type { EnginePool } from './enginePool';
import type { FineBins, FloatDtype } from './fineBins';
import { LineStatistics } from './lineStatistics';

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
  outside: 13,
} as const;

/** Elements that are measured at once: small enough to stay in the cache from their copy to their measure. */
const pieceLength = 2 ** 15;

type Floats = Float32Array | Float64Array;

/** Statistics of f32 and f64. */
export class FloatStatistics implements StatisticsPass {
  private readonly engine: Engine;
  private readonly layout: Layout;
  private readonly pieces: BlockPieces;
  private readonly lines: LineStatistics | undefined;
  private readonly elements: ElementBins;
  private readonly recordsAt: number;
  private readonly spareAt: number;
  private readonly exponents: ExponentCounts;
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
  private scale = 0;

  /** @param remember takes the bins of a tensor that is too large to be kept, for a second pass over it */
  constructor(
    private readonly pool: EnginePool,
    private readonly dtype: FloatDtype,
    private readonly elementCount: number,
    view: MatrixView | undefined,
    private readonly remember: (statistics: ElementStatistics, bins: FineBins) => void,
  ) {
    const { byteSize } = dtypes[dtype];
    this.exponents = new ExponentCounts(dtype);
    this.layout = pool.layout();
    this.recordsAt = this.layout.take((8 * recordLength * pieceLength) / blockLength);
    this.spareAt = this.layout.take(8 * blockLength);
    this.engine = pool.take();
    this.lines = view && new LineStatistics(view, dtype === 'f32' ? 4 : 8, this.layout);
    this.elements = new ElementBins(
      pool,
      this.engine,
      dtype,
      elementCount,
      pieceLength,
      this.layout,
    );
    this.engine.run(this.layout.size, (exports, buffer, base) => {
      this.lines?.begin(exports, buffer, base);
    });
    this.pieces = new BlockPieces(byteSize, elementCount, this.add.bind(this), pieceLength);
  }

  update(bytes: Uint8Array): void {
    this.pieces.update(bytes);
  }

  finish(): ElementStatistics {
    this.pieces.finish();
    const rows =
      this.lines &&
      this.engine.run(this.layout.size, (exports, buffer, base) =>
        this.lines?.finish(exports, buffer, base),
      );
    const bins = this.elements.finish(this.exponents);
    const statistics = { ...this.conclude(), ...(rows && { rows }) };
    const refinement = this.elements.refine(bins, statistics);
    this.pool.give(this.engine);
    if (refinement) return { ...statistics, refinement };
    if (bins?.covers(statistics)) this.remember(statistics, bins);
    return statistics;
  }

  private conclude(): ElementStatistics {
    const scale = this.scale || 1;
    const { count: finiteCount, mean, m2, m3, m4 } = this.moments;
    const min = finiteCount === 0 ? 0 : this.min;
    const max = finiteCount === 0 ? 0 : this.max;
    return {
      dtype: this.dtype,
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
      sumAbs: this.sumAbs.value * scale,
      mean: mean * scale,
      scale,
      m2,
      m3,
      m4,
      l2: Math.sqrt(this.sumSquares.value) * scale,
      linf: Math.max(Math.abs(min), Math.abs(max)),
      exponents: this.exponents.finish(),
    };
  }

  private add(bytes: Uint8Array, start: number): void {
    const count = bytes.byteLength / dtypes[this.dtype].byteSize;
    this.engine.run(this.layout.size, (exports, buffer, base) => {
      const at = base + this.elements.place(start);
      new Uint8Array(buffer, at).set(bytes);
      if (this.dtype === 'f32') this.measure(exports, buffer, base, at, count, start);
      else this.measureScaled(exports, buffer, base, at, count, start);
    });
    this.elements.added(count);
  }

  /** Chooses the scale at the first non-zero block, and raises it when larger magnitudes come. */
  private measureScaled(
    exports: KernelExports,
    buffer: ArrayBuffer,
    base: number,
    at: number,
    count: number,
    start: number,
  ): void {
    const blocks = Math.ceil(count / blockLength);
    exports.largestDoubles(at, count, base + this.recordsAt);
    const largest = new Float64Array(buffer, base + this.recordsAt, blocks).slice();
    for (let first = 0; first < blocks;) {
      this.adjustScale(buffer, base, largest[first]!);
      let last = first + 1;
      while (last < blocks && !this.changesScale(largest[last]!)) last++;
      const from = first * blockLength;
      const length = Math.min(count, last * blockLength) - from;
      this.measure(exports, buffer, base, at + 8 * from, length, start + from);
      first = last;
    }
  }

  private changesScale(linf: number): boolean {
    return linf > 0 && (this.scale === 0 || linf / this.scale > 2 ** unscaledExponent);
  }

  private adjustScale(buffer: ArrayBuffer, base: number, linf: number): void {
    if (!this.changesScale(linf)) return;
    const old = this.scale;
    this.scale = Math.max(scaleFor(linf), old);
    const factor = old / this.scale;
    if (factor === 1) return;
    this.moments.rescale(factor);
    this.sumAbs.rescale(factor);
    this.sumSquares.rescale(factor ** 2);
    this.lines?.rescale(buffer, base, factor ** 2);
  }

  private measure(
    exports: KernelExports,
    buffer: ArrayBuffer,
    base: number,
    at: number,
    count: number,
    start: number,
  ): void {
    const lines = this.lines ? 1 : 0;
    const [spare, records] = [base + this.spareAt, base + this.recordsAt];
    const bins = this.elements.address(base);
    if (this.dtype === 'f32') exports.measureFloats(at, count, spare, records, bins, lines);
    else {
      exports.measureDoubles(at, count, 1 / (this.scale || 1), spare, records, bins, lines);
    }
    const values =
      this.dtype === 'f32'
        ? new Float32Array(buffer, at, count)
        : new Float64Array(buffer, at, count);
    const sums = new Float64Array(buffer, records);
    for (let from = 0, r = 0; from < count; from += blockLength, r += recordLength) {
      const length = Math.min(blockLength, count - from);
      this.addBlock(sums, r, length, () => values.subarray(from, from + length), start + from);
    }
  }

  private addBlock(
    sums: Float64Array,
    at: number,
    length: number,
    block: () => Floats,
    start: number,
  ): void {
    const finite = sums[at + record.finite]!;
    if (finite < length) this.countNonFinite(block(), start);
    if (this.elements.isUsed) {
      if (this.dtype === 'f32' && sums[at + record.subnormals]! > 0) {
        this.addExponents(block(), dtypes.f32.minNormal);
      } else if (this.dtype === 'f64' && sums[at + record.outside]! > 0) {
        this.addExponents(block(), 0);
      }
    } else this.addExponents(block(), Infinity);
    for (let i: number = record.zeros; i <= record.outside; i++) this.totals[i]! += sums[at + i]!;
    if (finite === 0) return;
    this.min = Math.min(this.min, sums[at + record.min]!);
    this.max = Math.max(this.max, sums[at + record.max]!);
    this.sumAbs.add(sums[at + record.sumAbs]!);
    this.sumSquares.add(sums[at + record.squares]!);
    const mean = sums[at + record.sum]! / finite;
    const [m2, m3, m4] = [record.m2, record.m3, record.m4].map((i) => sums[at + i]!);
    this.moments.merge(finite, mean, m2!, m3!, m4!);
  }

  private countNonFinite(block: Floats, start: number): void {
    for (let i = 0; i < block.length; i++) {
      const value = block[i]!;
      if (Number.isFinite(value)) continue;
      if (this.nonFiniteAt.length < maxNonFinitePositions) this.nonFiniteAt.push(start + i);
      if (Number.isNaN(value)) this.nan++;
      else if (value > 0) this.positiveInfinity++;
      else this.negativeInfinity++;
    }
  }

  /** Those that no bin counts, or not finely enough: f32 below `limit`; f64 where that is 0, outside of the bins. */
  private addExponents(block: Floats, limit: number): void {
    const [low, high] = limit > 0 ? [limit, Infinity] : [2 ** -191, 2 ** 65];
    for (const value of block) {
      const magnitude = Math.abs(value);
      if (magnitude > 0 && magnitude < Infinity && (magnitude < low || magnitude >= high)) {
        this.exponents.addValue(value, 1);
      }
    }
  }
}
