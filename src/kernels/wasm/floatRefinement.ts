import type { ElementRefinement, ElementStatistics, RefinementPass } from '../kernels';
import { BinnedRefinement } from '../typescript/binnedRefinement';
import { BlockPieces } from './blockPieces';
import { Layout, type Engine } from './engine';

const pieceBytes = 4 * 2 ** 20;
/** Doubles of a bin: count, Σf, Σf², and one unused. */
const binLength = 4;

/**
 * The second pass over f32: elements are binned in WebAssembly, into the bins of the reference, which then draws its conclusions.
 * The bins stay in the memory of an instance of their own.
 */
export class FloatRefinement implements RefinementPass {
  private readonly engine: Engine;
  private readonly reference: BinnedRefinement;
  private readonly pieces: BlockPieces;
  private readonly layout = new Layout();
  private readonly limitsAt = this.layout.take(32);
  private readonly totalsAt = this.layout.take(56);
  private readonly histogramAt: number;
  private readonly binsAt: number;
  private readonly valuesAt: number;

  constructor(engine: Engine, statistics: ElementStatistics) {
    this.engine = engine.another();
    this.reference = new BinnedRefinement(statistics);
    const { counts, histogram } = this.reference;
    this.histogramAt = this.layout.take(histogram.byteLength);
    this.binsAt = this.layout.take(binLength * (counts[0].byteLength + counts[1].byteLength));
    this.valuesAt = this.layout.take(pieceBytes);
    this.pieces = new BlockPieces(4, statistics.count, this.add.bind(this), pieceBytes / 4);
  }

  update(bytes: Uint8Array): void {
    this.pieces.update(bytes);
  }

  finish(): ElementRefinement {
    this.pieces.finish();
    this.engine.run(this.layout.size, (_, buffer, base) => {
      const { reference } = this;
      const totals = new Float64Array(buffer, base + this.totalsAt, 7);
      reference.near.set(totals.subarray(0, 4));
      [reference.below, reference.above, reference.clipped] = [totals[4]!, totals[5]!, totals[6]!];
      const { histogram, counts, sums, squares } = reference;
      histogram.set(new Float64Array(buffer, base + this.histogramAt, histogram.length));
      let at = 0;
      const bins = new Float64Array(buffer, base + this.binsAt);
      for (const sign of [0, 1] as const) {
        for (let bin = 0; bin < counts[sign].length; bin++, at += binLength) {
          counts[sign][bin] = bins[at]!;
          sums[sign][bin] = bins[at + 1]!;
          squares[sign][bin] = bins[at + 2]!;
        }
      }
    });
    return this.reference.conclude();
  }

  private add(bytes: Uint8Array): void {
    this.engine.run(this.layout.size, (exports, buffer, base) => {
      const { firstBin, high, clip, limits } = this.reference;
      new Float64Array(buffer, base + this.limitsAt).set(limits);
      new Uint8Array(buffer, base + this.valuesAt).set(bytes);
      exports.binElements(
        base + this.valuesAt,
        bytes.byteLength / 4,
        firstBin,
        high,
        clip,
        base + this.limitsAt,
        base + this.binsAt,
        base + this.histogramAt,
        base + this.totalsAt,
      );
    });
  }
}
