import { diagonalAt, rowStart, type SymmetricMatrix } from '../kernels';
import type { GramSums } from './measureGram';
import type { RowNorms } from './rowNorms';

/** Collects `GramSums` block by block, from the small side's Gram matrix. */
export class GramSummer {
  private squares = 0;
  private gramSquares = 0;
  private smallCosineSquares = 0;
  private smallPairs = 0;
  private rowCosineSquares = 0;
  private rowPairs = 0;

  constructor(
    private readonly m: number,
    private readonly k: number,
    private readonly rows: RowNorms,
  ) {}

  /** @param gram of the small side of block `block` */
  add({ size, data }: SymmetricMatrix, block: number): void {
    const { m, k } = this;
    const inverse = new Float64Array(size);
    let live = 0;
    for (let i = 0; i < size; i++) {
      const square = data[diagonalAt(i)]!;
      this.squares += square;
      this.gramSquares += square ** 2;
      const alive = m <= k ? this.rows.alive[block * m + i] === 1 : square > 0;
      if (alive) live++;
      inverse[i] = alive ? 1 / Math.sqrt(square) : 0;
    }
    let cosines = 0;
    for (let i = 0; i < size; i++) {
      const row = rowStart(i);
      const scale = inverse[i]!;
      let squares = 0;
      for (let j = 0; j < i; j++) {
        const product = data[row + j]!;
        squares += product * product;
        cosines += (product * scale * inverse[j]!) ** 2;
      }
      this.gramSquares += 2 * squares;
    }
    this.smallCosineSquares += cosines;
    this.smallPairs += (live * (live - 1)) / 2;
    if (m > k) return;
    this.rowCosineSquares += cosines;
    this.rowPairs += (live * (live - 1)) / 2;
  }

  /**
   * For a block with more rows than columns: the columns' Gram matrix of its live rows at length 1. ‖ŴŴᵀ‖_F = ‖ŴᵀŴ‖_F gives
   * the cosines between rows without forming their Gram matrix.
   */
  addNormalised({ size, data }: SymmetricMatrix, block: number): void {
    const { m } = this;
    let square = 0;
    for (let i = 0; i < data.length; i++) square += 2 * data[i]! ** 2;
    for (let i = 0; i < size; i++) square -= data[diagonalAt(i)]! ** 2;
    let live = 0;
    for (let i = block * m; i < (block + 1) * m; i++) live += this.rows.alive[i]!;
    this.rowCosineSquares += Math.max(0, (square - live) / 2);
    this.rowPairs += (live * (live - 1)) / 2;
  }

  finish(blocks: number): GramSums {
    const { norms, deadCount } = this.rows;
    let rowFourths = 0;
    let rowDeviation = 0;
    for (const norm of norms) {
      rowFourths += norm ** 4;
      rowDeviation = Math.max(rowDeviation, Math.abs(norm * norm - 1));
    }
    return {
      blocks,
      m: this.m,
      k: this.k,
      squares: this.squares,
      gramSquares: this.gramSquares,
      rowFourths,
      rowDeviation,
      smallCosineSquares: this.smallCosineSquares,
      smallPairs: this.smallPairs,
      rowCosineSquares: this.rowCosineSquares,
      rowPairs: this.rowPairs,
      deadRows: deadCount,
    };
  }
}
