import { dtypes, type Dtype } from '../../core/dtype';
import type { MatrixView } from '../../core/matrixView';
import type { ElementStatistics, StatisticsPass } from '../kernels';
import { CodeCounts, occurring, type CountedCodes } from '../typescript/codeCounts';
import { BlockPieces } from './blockPieces';
import { Layout, type Engine } from './engine';
import type { EnginePool } from './enginePool';
import { LineStatistics } from './lineStatistics';

/** Elements that are counted at once: small enough to stay in the cache. */
const pieceLength = 2 ** 16;

/** Bytes of f32 that a block takes, twice. */
const spareBytes = 2 * 4 * 2048;

/** A counter has 32 bits. */
const maxBetweenReads = 2 ** 31;

/** Statistics of 8- and 16-bit types: one counter a code, rows and columns from the elements as f32. */
export class CodeStatistics implements StatisticsPass {
  private readonly engine: Engine;
  private readonly layout: Layout;
  private readonly codes: CodeCounts;
  private readonly lines: LineStatistics | undefined;
  private readonly pieces: BlockPieces;
  private readonly byteSize: number;
  private readonly tables: number;
  private readonly elementsAt: number;
  private readonly meaningsAt: number;
  private readonly spareAt: number;
  private counters: Float64Array | undefined;
  private sinceRead = 0;
  private nonFiniteSeen = 0;

  constructor(
    private readonly pool: EnginePool,
    private readonly dtype: Dtype,
    private readonly elementCount: number,
    view: MatrixView | undefined,
  ) {
    this.byteSize = dtypes[dtype].byteSize;
    this.codes = new CodeCounts(dtype);
    this.layout = pool.layout();
    // As many as the kernel of the element's width fills in turns.
    this.tables = this.byteSize === 1 ? 8 : 2;
    const { length } = this.codes.table;
    this.meaningsAt = this.layout.take(view && this.looksUp() ? 4 * length : 0);
    this.elementsAt = this.layout.take(this.byteSize * pieceLength + 16);
    this.spareAt = this.layout.take(spareBytes);
    this.lines = view && new LineStatistics(view, 4, this.layout);
    this.engine = pool.take();
    this.engine.run(this.layout.size, (exports, buffer, base) => {
      if (!this.lines) return;
      if (this.looksUp()) new Float32Array(buffer, base + this.meaningsAt).set(this.codes.table);
      new Float32Array(buffer, base + this.spareAt, spareBytes / 4).fill(0);
      this.lines.begin(exports, buffer, base);
    });
    this.pieces = new BlockPieces(this.byteSize, elementCount, this.add.bind(this), pieceLength);
  }

  update(bytes: Uint8Array): void {
    this.pieces.update(bytes);
  }

  finish(): ElementStatistics {
    this.pieces.finish();
    const counted = this.counted();
    const rows = this.engine.run(this.layout.size, (exports, buffer, base) =>
      this.lines?.finish(exports, buffer, base),
    );
    this.pool.give(this.engine);
    return this.codes.conclude(counted, this.elementCount, rows);
  }

  private add(bytes: Uint8Array, start: number): void {
    const count = bytes.byteLength / this.byteSize;
    this.engine.run(this.layout.size, (exports, buffer, base) => {
      const at = base + this.elementsAt;
      new Uint8Array(buffer, at).set(bytes);
      if (this.byteSize === 1) exports.countCodes8(at, count, this.tablesAt(base));
      else exports.countCodes16(at, count, this.tablesAt(base));
      if (this.lines) {
        const meanings = base + this.meaningsAt;
        exports.addCodeLines(at, count, this.kind(), meanings, base + this.spareAt);
      }
      this.findNonFinite(buffer, base, count, start);
    });
    this.sinceRead += count;
    if (this.sinceRead >= maxBetweenReads) this.counters = this.addCounts();
  }

  /** Where the counters are: where other passes have their bins, which are clear whenever the instance is idle. */
  private tablesAt(base: number): number {
    return base + this.pool.binsAt;
  }

  /** How the kernel decodes the elements. */
  private kind(): number {
    if (this.dtype === 'bf16') return 0;
    if (this.dtype === 'f16') return 1;
    if (this.dtype === 'i8') return 4;
    if (this.dtype === 'f8_e4m3fn') return 5;
    return this.byteSize === 1 ? 2 : 3;
  }

  private looksUp(): boolean {
    return this.kind() === 2 || this.kind() === 3;
  }

  /** Looks for positions only in pieces whose counts say that there are some. */
  private findNonFinite(buffer: ArrayBuffer, base: number, count: number, start: number): void {
    const { nonFiniteCodes, table } = this.codes;
    if (nonFiniteCodes.length === 0) return;
    const counts = new Uint32Array(buffer, this.tablesAt(base), this.tables * table.length);
    let seen = 0;
    for (let first = 0; first < counts.length; first += table.length) {
      for (let i = 0; i < nonFiniteCodes.length; i++) seen += counts[first + nonFiniteCodes[i]!]!;
    }
    if (seen === this.nonFiniteSeen) return;
    this.nonFiniteSeen = seen;
    const at = base + this.elementsAt;
    const codes =
      this.byteSize === 1 ? new Uint8Array(buffer, at, count) : new Uint16Array(buffer, at, count);
    this.codes.findNonFinite(codes, start);
  }

  private counted(): CountedCodes {
    return this.counters ? occurring(this.addCounts()) : this.takeCounts();
  }

  private addCounts(): Float64Array {
    const counters = this.counters ?? new Float64Array(this.codes.table.length);
    const { codes, counts } = this.takeCounts();
    for (let i = 0; i < counts.length; i++) counters[codes[i]!]! += counts[i]!;
    return counters;
  }

  private takeCounts(): CountedCodes {
    this.sinceRead = 0;
    this.nonFiniteSeen = 0;
    const { length } = this.codes.table;
    const layout = new Layout(this.layout.size);
    const targetAt = layout.take(8 * length);
    return this.engine.run(layout.size, (exports, buffer, base) => {
      const target = base + targetAt;
      const used = exports.takeCodes(this.tablesAt(base), this.tables, length, target);
      const read = new Uint32Array(buffer, target, 2 * used);
      const codes = new Uint32Array(used);
      const counts = new Float64Array(used);
      for (let i = 0; i < used; i++) {
        codes[i] = read[2 * i]!;
        counts[i] = read[2 * i + 1]!;
      }
      return { codes, counts };
    });
  }
}
