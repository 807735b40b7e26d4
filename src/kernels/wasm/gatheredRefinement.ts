import { dtypes } from '../../core/dtype';
import type { ElementRefinement, ElementStatistics, RefinementPass } from '../kernels';
import { BinnedFigures } from './binnedFigures';
import { BlockPieces } from './blockPieces';
import { Layout, type Engine } from './engine';
import { binCount, gather, type FineBins, type FloatDtype } from './fineBins';
import { sortFloats } from './sortedFloats';

/** Elements of a piece: the marks are copied in along with each. */
const pieceLength = 2 ** 20;

/** Elements that may be gathered: one in fifty of a tensor as a rule, all of them where they are all alike. */
const maxGathered = 2 ** 24;

/** The second pass where the first has counted elements in bins: gathers those of a few bins, and all but the Gini index is exact. */
export class GatheredRefinement implements RefinementPass {
  private readonly figures: BinnedFigures;
  private readonly pieces: BlockPieces;
  private readonly marks = new Uint8Array(binCount);
  private readonly elements: Float32Array | Float64Array;
  private gathered = 0;

  constructor(
    private readonly engine: Engine,
    statistics: ElementStatistics,
    bins: FineBins,
    private readonly dtype: FloatDtype,
  ) {
    this.figures = new BinnedFigures(bins, statistics);
    for (const bin of this.figures.wantedBins()) this.marks[bin] = 1;
    const wanted = this.figures.wantedCount();
    this.elements = dtype === 'f32' ? new Float32Array(wanted) : new Float64Array(wanted);
    const { byteSize } = dtypes[dtype];
    this.pieces = new BlockPieces(byteSize, statistics.count, this.add.bind(this), pieceLength);
  }

  static fits(statistics: ElementStatistics, bins: FineBins): boolean {
    return new BinnedFigures(bins, statistics).wantedCount() <= maxGathered;
  }

  update(bytes: Uint8Array): void {
    this.pieces.update(bytes);
  }

  finish(): ElementRefinement {
    this.pieces.finish();
    const { elements } = this;
    if (this.gathered !== elements.length) {
      throw new RangeError(`${this.gathered} of ${elements.length} elements came again`);
    }
    return this.figures.refine(
      elements instanceof Float32Array ? sortFloats(this.engine, elements) : elements.sort(),
    );
  }

  private add(bytes: Uint8Array): void {
    const layout = new Layout();
    const marksAt = layout.take(binCount);
    const from = layout.take(bytes.byteLength);
    const target = layout.take(bytes.byteLength);
    this.engine.run(layout.size, (exports, buffer, base) => {
      new Uint8Array(buffer, base + marksAt).set(this.marks);
      new Uint8Array(buffer, base + from).set(bytes);
      const found = gather(exports, buffer, this.dtype, {
        ...{ from: base + from, count: bytes.byteLength / dtypes[this.dtype].byteSize },
        ...{ marks: base + marksAt, target: base + target },
      });
      if (this.gathered + found.length > this.elements.length) {
        throw new RangeError(`more than ${this.elements.length} elements came again`);
      }
      this.elements.set(found, this.gathered);
      this.gathered += found.length;
    });
  }
}
