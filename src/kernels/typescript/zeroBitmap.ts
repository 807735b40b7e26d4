import type { MatrixView } from '../../core/matrixView';
import type { ZeroBlocks, ZeroGroups, ZeroStructure } from '../kernels';

/** Bytes of the largest bitmap: one bit an element, so 2^30 elements. */
const maxBitmapBytes = 2 ** 27;

export const groupKinds = [
  [1, 4],
  [2, 4],
  [4, 8],
  [8, 16],
] as const;

export const blockKinds = [
  [1, 4],
  [1, 8],
  [4, 4],
  [8, 8],
  [16, 16],
  [32, 32],
  [64, 64],
] as const;

/** Where the zeros of a matrix are, a bit each, in canonical order; allocated when the first zero comes. */
export class ZeroBitmap {
  private words: Uint32Array | undefined;
  private readonly rows: number;
  private readonly columns: number;
  private readonly stride: number;
  readonly fits: boolean;

  constructor(private readonly view: MatrixView) {
    this.rows = view.blocks * view.rows;
    this.columns = view.columns;
    this.stride = Math.ceil(view.columns / 32);
    this.fits = this.rows * this.stride * 4 <= maxBitmapBytes;
  }

  mark(row: number, column: number): void {
    if (!this.fits) return;
    this.words ??= new Uint32Array(this.rows * this.stride);
    this.words[row * this.stride + (column >>> 5)]! |= 1 << (column & 31);
  }

  structure(): ZeroStructure | undefined {
    if (!this.fits) return undefined;
    const channels = channelAxis(this.view);
    return {
      groups: [
        ...groupKinds.map(([kept, size]) => this.columnGroups(kept, size)),
        ...(channels > 0 && channels < this.columns
          ? groupKinds.map(([kept, size]) => this.channelGroups(kept, size, channels))
          : []),
      ],
      blocks: blockKinds.map(([height, width]) => this.zeroBlocks(height, width)),
      longestRun: this.longestRun(),
    };
  }

  private columnGroups(kept: number, size: number): ZeroGroups {
    const perRow = Math.floor(this.columns / size);
    const mask = 2 ** size - 1;
    let satisfied = 0;
    const { words } = this;
    for (let row = 0; words && row < this.rows; row++) {
      for (let group = 0; group < perRow; group++) {
        const bit = group * size;
        const word = words[row * this.stride + (bit >>> 5)]!;
        // A word without zeros holds no satisfied group: skip to its end.
        if (word === 0) group = Math.ceil((((bit >>> 5) + 1) * 32) / size) - 1;
        else if (bitCount((word >>> (bit & 31)) & mask) >= size - kept) satisfied++;
      }
    }
    return { kept, size, axis: 'columns', satisfied, total: this.rows * perRow };
  }

  /** Groups along the slowest column axis, with the others (kernel positions) held. */
  private channelGroups(kept: number, size: number, channels: number): ZeroGroups {
    const positions = this.columns / channels;
    const groups = Math.floor(channels / size);
    let satisfied = 0;
    for (let row = 0; this.words && row < this.rows; row++) {
      for (let position = 0; position < positions; position++) {
        for (let group = 0; group < groups; group++) {
          let zeros = 0;
          for (let c = group * size; c < (group + 1) * size; c++) {
            zeros += this.bit(row, c * positions + position);
          }
          if (zeros >= size - kept) satisfied++;
        }
      }
    }
    return { kept, size, axis: 'channels', satisfied, total: this.rows * positions * groups };
  }

  private zeroBlocks(height: number, width: number): ZeroBlocks {
    let zeros = 0;
    const { words, stride } = this;
    const perRow = Math.floor(this.columns / width);
    for (let top = 0; words && top + height <= this.rows; top += height) {
      for (let block = 0; block < perRow; block++) {
        const bit = block * width;
        if (words[top * stride + (bit >>> 5)] === 0) {
          block = Math.max(block, Math.floor((((bit >>> 5) + 1) * 32) / width) - 1);
          continue;
        }
        let full = true;
        for (let row = top; full && row < top + height; row++) {
          const at = row * stride + (bit >>> 5);
          if (width === 64) full = words[at] === 0xffffffff && words[at + 1] === 0xffffffff;
          else if (width === 32) full = words[at] === 0xffffffff;
          else {
            const mask = 2 ** width - 1;
            full = ((words[at]! >>> (bit & 31)) & mask) === mask;
          }
        }
        if (full) zeros += height * width;
      }
    }
    return { height, width, zeros };
  }

  private longestRun(): number {
    let longest = 0;
    const { words } = this;
    for (let row = 0; words && row < this.rows; row++) {
      let run = 0;
      for (let column = 0; column < this.columns; column++) {
        if (run === 0 && (column & 31) === 0 && words[row * this.stride + (column >>> 5)] === 0) {
          column += 31;
          continue;
        }
        run = this.bit(row, column) ? run + 1 : 0;
        if (run > longest) longest = run;
      }
    }
    return longest;
  }

  private bit(row: number, column: number): number {
    return (this.words![row * this.stride + (column >>> 5)]! >>> (column & 31)) & 1;
  }
}

/** Size of the column axis with the longest step; 0 where the columns are a single axis. */
export function channelAxis(view: MatrixView): number {
  const columns = view.axes.filter(({ target, size }) => target === 'column' && size > 1);
  if (columns.length < 2) return 0;
  return columns.reduce((slowest, axis) => (axis.step > slowest.step ? axis : slowest)).size;
}

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}
