import { dtypes } from '../../core/dtype';
import type { ElementRefinement, ElementStatistics } from '../kernels';
import type { ExponentCounts } from '../typescript/exponentCounts';
import { refineSorted } from '../typescript/refineSorted';
import { BinnedFigures } from './binnedFigures';
import { Layout, type Engine } from './engine';
import type { EnginePool } from './enginePool';
import { binCount, FineBins, gather, type FloatDtype } from './fineBins';
import { giniOf, sortFloats } from './sortedFloats';

/** Elements up to which a tensor is kept whole, for a second look. */
const maxKept = 2 ** 22;

/** Elements up to which they are sorted, which is faster than reading half a million bins. */
const maxSorted = { f32: 2 ** 16, f64: 2 ** 12 } as const;

/** A bin counts to 2^24. */
const maxBetweenReads = 2 ** 24 - 2 ** 16;

/** Where elements lie in the memory of an instance while they are measured, and how many fall into which bin. */
export class ElementBins {
  /** Whether elements are counted in bins. */
  readonly isUsed: boolean;
  private readonly isKept: boolean;
  private readonly elementsAt: number;
  private totals: Float64Array | undefined;
  private sinceRead = 0;

  constructor(
    private readonly pool: EnginePool,
    private readonly engine: Engine,
    private readonly dtype: FloatDtype,
    private readonly elementCount: number,
    pieceLength: number,
    private readonly layout: Layout,
  ) {
    const { byteSize } = dtypes[dtype];
    this.isUsed = elementCount > maxSorted[dtype];
    this.isKept = elementCount <= maxKept;
    this.elementsAt = layout.take(byteSize * (this.isKept ? elementCount : pieceLength));
  }

  /** Where element `start` and those after it are to be put. */
  place(start: number): number {
    return this.elementsAt + (this.isKept ? dtypes[this.dtype].byteSize * start : 0);
  }

  /** Address of the bins, or 0. */
  address(base: number): number {
    return this.isUsed ? base + this.pool.binsAt : 0;
  }

  /** That more elements have been counted. */
  added(count: number): void {
    this.sinceRead += count;
    if (!this.isUsed || this.sinceRead < maxBetweenReads) return;
    this.sinceRead = 0;
    this.totals = this.addRecords(this.totals ?? new Float64Array(2 * binCount), this.read());
  }

  /** The bins, if elements were counted, their binades being added to `exponents`. */
  finish(exponents: ExponentCounts): FineBins | undefined {
    if (!this.isUsed) return undefined;
    let records = this.read();
    if (this.totals) records = recordsOf(this.addRecords(this.totals, records));
    const bins = new FineBins(this.dtype, records);
    bins.addExponents(exponents);
    return bins;
  }

  /** From the elements that were kept. */
  refine(bins: FineBins | undefined, statistics: ElementStatistics): ElementRefinement | undefined {
    if (!this.isKept) return undefined;
    if (bins?.covers(statistics)) {
      const figures = new BinnedFigures(bins, statistics);
      return figures.refine(this.sort(this.gather(figures)));
    }
    const values = this.sort(this.finiteElements(statistics.finiteCount));
    if (!(values instanceof Float32Array)) return refineSorted(values, undefined, statistics);
    const gini = () => giniOf(this.pool.source, values, statistics.linf);
    return refineSorted(values, undefined, statistics, gini);
  }

  private read(): Float64Array {
    const at = new Layout(this.layout.size).take(0);
    return this.engine.run(at + 24 * binCount, (exports, buffer, base) => {
      const length = exports.takeBins(base + this.pool.binsAt, base + at);
      return new Float64Array(buffer, base + at, 3 * length).slice();
    });
  }

  private addRecords(totals: Float64Array, records: Float64Array): Float64Array {
    for (let i = 0; i < records.length; i += 3) {
      totals[2 * records[i]!]! += records[i + 1]!;
      totals[2 * records[i]! + 1]! += records[i + 2]!;
    }
    return totals;
  }

  private gather(figures: BinnedFigures): Float32Array | Float64Array {
    const layout = new Layout(this.layout.size);
    const marksAt = layout.take(binCount);
    const targetAt = layout.take(dtypes[this.dtype].byteSize * (figures.wantedCount() + 1));
    return this.engine.run(layout.size, (exports, buffer, base) => {
      const marks = new Uint8Array(buffer, base + marksAt, binCount).fill(0);
      for (const bin of figures.wantedBins()) marks[bin] = 1;
      const from = base + this.elementsAt;
      return gather(exports, buffer, this.dtype, {
        ...{ from, count: this.elementCount },
        ...{ marks: base + marksAt, target: base + targetAt },
      });
    });
  }

  private finiteElements(finiteCount: number): Float32Array | Float64Array {
    return this.engine.run(this.layout.size, (_, buffer, base) => {
      const { dtype, elementCount } = this;
      const Elements = dtype === 'f32' ? Float32Array : Float64Array;
      const elements = new Elements(buffer, base + this.elementsAt, elementCount);
      return finiteCount === elementCount ? elements.slice() : elements.filter(Number.isFinite);
    });
  }

  private sort(values: Float32Array | Float64Array): Float32Array | Float64Array {
    return values instanceof Float32Array ? sortFloats(this.pool.source, values) : values.sort();
  }
}

function recordsOf(totals: Float64Array): Float64Array {
  const records: number[] = [];
  for (let bin = 0; bin < binCount; bin++) {
    if (totals[2 * bin]! > 0) records.push(bin, totals[2 * bin]!, totals[2 * bin + 1]!);
  }
  return Float64Array.from(records);
}
