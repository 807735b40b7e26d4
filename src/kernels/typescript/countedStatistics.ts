import { dtypes, type Dtype } from '../../core/dtype';
import type { MatrixView } from '../../core/matrixView';
import type { ElementStatistics, StatisticsPass } from '../kernels';
import { CodeCounts, occurring } from './codeCounts';
import { alignedChunk, codesOf } from './decode';
import { ElementStream } from './elementStream';
import { RowAccumulator } from './rowAccumulator';

/** Statistics of 8- and 16-bit types: one counter a code, and everything exactly from the counts afterwards. */
export class CountedStatistics implements StatisticsPass {
  private readonly codes: CodeCounts;
  private readonly counters: Float64Array;
  private readonly rows: RowAccumulator | undefined;
  private readonly stream: ElementStream | undefined;
  private nonFiniteSeen = 0;
  private seen = 0;

  constructor(
    private readonly dtype: Dtype,
    private readonly elementCount: number,
    view?: MatrixView,
  ) {
    this.codes = new CodeCounts(dtype);
    this.counters = new Float64Array(this.codes.table.length);
    if (view) {
      const rows = new RowAccumulator(view);
      this.rows = rows;
      this.stream = new ElementStream(dtype, elementCount, (block, count) =>
        rows.add(block, count, 1),
      );
    }
  }

  update(bytes: Uint8Array): void {
    const { byteSize } = dtypes[this.dtype];
    const codes = codesOf(alignedChunk(bytes, byteSize), byteSize);
    if (this.seen + codes.length > this.elementCount) {
      throw new RangeError(`more than the ${this.elementCount} elements announced`);
    }
    const { counters } = this;
    for (let i = 0; i < codes.length; i++) counters[codes[i]!]!++;
    // Looks for positions only in chunks whose counts say that there are some.
    const nonFinite = this.codes.nonFiniteCodes.reduce((sum, code) => sum + counters[code]!, 0);
    if (nonFinite > this.nonFiniteSeen) this.codes.findNonFinite(codes, this.seen);
    this.nonFiniteSeen = nonFinite;
    this.seen += codes.length;
    this.stream?.update(bytes);
  }

  finish(): ElementStatistics {
    if (this.seen !== this.elementCount) {
      throw new RangeError(`${this.seen} of ${this.elementCount} elements came`);
    }
    this.stream?.finish();
    return this.codes.conclude(occurring(this.counters), this.elementCount, this.rows?.finish());
  }
}
