import { dtypes } from '../../core/dtype';
import type { Tensor } from '../../core/tensor';

/** Codes held at once. */
const panelBytes = 64 * 2 ** 20;
/** Codes read at once while a panel is filled. */
const readBytes = 8 * 2 ** 20;

/** Neighbouring columns of a matrix of 32-bit words, all rows of them. */
export interface Panel {
  readonly firstColumn: number;
  readonly columnCount: number;
  readonly rowCount: number;
  /** Column after column, each with its rows. */
  readonly words: Uint32Array;
}

/**
 * Columns of packed matrices. GPTQ and AWQ store weights transposed, so a row of the weight is a column of the codes: the
 * columns are read in panels, the last of which is kept for the reads that follow.
 */
export class PanelCache {
  private last:
    { readonly codes: Tensor; readonly index: number; readonly panel: Promise<Panel> } | undefined;

  /** The panel that has the column. */
  at(codes: Tensor, column: number): Promise<Panel> {
    const [rowCount = 0, columnCount = 0] = codes.shape;
    const width = Math.max(1, Math.min(columnCount, Math.floor(panelBytes / (4 * rowCount))));
    const index = Math.floor(column / width);
    if (this.last?.codes === codes && this.last.index === index) return this.last.panel;
    const firstColumn = index * width;
    const panel = readPanel(codes, firstColumn, Math.min(width, columnCount - firstColumn));
    this.last = { codes, index, panel };
    return panel;
  }
}

async function readPanel(codes: Tensor, firstColumn: number, columnCount: number): Promise<Panel> {
  const [rowCount = 0, width = 0] = codes.shape;
  const words = new Uint32Array(rowCount * columnCount);
  const { byteSize } = dtypes[codes.dtype];
  const step = Math.max(1, Math.floor(readBytes / (byteSize * width)));
  for (let row = 0; row < rowCount; row += step) {
    const stop = Math.min(rowCount, row + step);
    const bytes = await codes.data.read(row * width, stop * width);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let r = row; r < stop; r++) {
      const from = (r - row) * width + firstColumn;
      for (let c = 0; c < columnCount; c++) {
        words[c * rowCount + r] = view.getUint32(4 * (from + c), true);
      }
    }
  }
  return { firstColumn, columnCount, rowCount, words };
}
