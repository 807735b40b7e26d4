import type { GramOptions, Matrix, SymmetricMatrix } from '../kernels';

/** The canonical matrices of a layer, one a block, all of one shape, held or read when they are asked for. */
export interface MatrixSource {
  readonly blocks: number;
  /** Shape of one block. */
  readonly rows: number;
  readonly columns: number;
  /** A whole block. */
  whole(block: number): Promise<Matrix>;
  /** All rows of a block in order, in panels of whole rows; can be called again. */
  panels(block: number, visit: (panel: Matrix, firstRow: number) => void): Promise<void>;
  /** Says that whole blocks are not needed any more: what is asked for later is read again. */
  release?(): void;
  /** Wᵀ W of a block, where the source has a better way than its panels: parts of it formed side by side. */
  columnGram?(block: number, options: GramOptions): Promise<SymmetricMatrix>;
}

/** Matrices in memory. */
export function heldMatrices(blocks: readonly Matrix[]): MatrixSource {
  const { rows, columns } = blocks[0] ?? { rows: 0, columns: 0 };
  for (const [index, block] of blocks.entries()) {
    if (block.rows !== rows || block.columns !== columns) {
      throw new RangeError(`block ${index} is ${block.rows} × ${block.columns}, the first is not`);
    }
  }
  const whole = (index: number): Matrix => {
    const block = blocks[index];
    if (!block) throw new RangeError(`no block ${index}: there are ${blocks.length}`);
    return block;
  };
  return {
    blocks: blocks.length,
    rows,
    columns,
    whole: (block) => Promise.resolve(whole(block)),
    panels: (block, visit) => {
      visit(whole(block), 0);
      return Promise.resolve();
    },
  };
}
