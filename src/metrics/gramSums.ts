import { diagonalAt, rowStart, type Matrix, type SymmetricMatrix } from '../kernels';
import type { GramSums } from './measureGram';
import { deadShare, median } from './sparsity';

/** Norms of all rows, blocks stacked, and which of them have a direction worth comparing. */
export interface RowNorms {
  readonly norms: Float64Array;
  readonly alive: Uint8Array;
  readonly deadCount: number;
}

export function rowNormsOf(blocks: readonly Matrix[]): RowNorms {
  const parts = blocks.map(({ rows, columns, data }) =>
    Float64Array.from({ length: rows }, (_, r) => {
      let square = 0;
      for (let i = r * columns; i < (r + 1) * columns; i++) square += data[i]! ** 2;
      return Math.sqrt(square);
    }),
  );
  const norms = Float64Array.from(parts.flatMap((part) => Array.from(part)));
  const sorted = norms.filter((norm) => norm > 0).sort();
  const limit = sorted.length > 0 ? deadShare * median(sorted) : 0;
  const alive = Uint8Array.from(norms, (norm) => (norm > 0 && norm >= limit ? 1 : 0));
  return { norms, alive, deadCount: alive.reduce((dead, one) => dead + 1 - one, 0) };
}

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

/** Factors that bring the live rows of a block to length 1 and dead ones to 0. */
export function unitScales({ norms, alive }: RowNorms, start: number, rows: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, r) =>
    alive[start + r] ? 1 / norms[start + r]! : 0,
  );
}
