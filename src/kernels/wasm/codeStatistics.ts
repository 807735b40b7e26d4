import type { Dtype } from '../../core/dtype';
import type { MatrixView } from '../../core/matrixView';
import type { ElementStatistics, StatisticsPass } from '../kernels';
import { CountedStatistics } from '../typescript/countedStatistics';
import { BlockPieces } from './blockPieces';
import type { Engine } from './engine';
import { LineStatistics } from './lineStatistics';

/** Statistics of f16 and bf16 with a view: codes are counted as ever, rows and columns are summed in WebAssembly. */
export class CodeStatistics implements StatisticsPass {
  private readonly counted: CountedStatistics;
  private readonly lines: LineStatistics;
  private readonly pieces: BlockPieces;

  constructor(
    engine: Engine,
    private readonly dtype: Dtype & ('f16' | 'bf16'),
    elementCount: number,
    view: MatrixView,
  ) {
    this.counted = new CountedStatistics(dtype, elementCount);
    this.lines = new LineStatistics(engine, view);
    this.pieces = new BlockPieces(2, elementCount, (bytes) => this.addLines(bytes));
  }

  update(bytes: Uint8Array): void {
    this.counted.update(bytes);
    this.pieces.update(bytes);
  }

  finish(): ElementStatistics {
    const statistics = this.counted.finish();
    this.pieces.finish();
    return { ...statistics, rows: this.lines.finish() };
  }

  private addLines(bytes: Uint8Array): void {
    const count = bytes.byteLength / 2;
    this.lines.add(count, (exports, buffer, at) => {
      // The codes lie in the upper half of where their values go: each vector is read before it is written over.
      const codes = at + 16 * Math.ceil(count / 8);
      new Uint8Array(buffer, codes).set(bytes);
      if (this.dtype === 'f16') exports.decodeHalf(codes, count, at);
      else exports.decodeBrain(codes, count, at);
    });
  }
}
