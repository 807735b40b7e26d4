import type { MatrixView } from '../../core/matrixView';
import type { ZeroStructure } from '../kernels';
import { blockKinds, channelAxis, groupKinds, ZeroBitmap } from '../typescript/zeroBitmap';
import type { KernelExports, Layout } from './engine';

/** Doubles that the kernel writes. */
const resultCount = 16;

/** Where the zeros of a matrix are: a bit each, in the memory of an instance, a row taking whole words of 64 bits. */
export class ZeroMap {
  readonly rowBytes: number;
  private readonly rows: number;
  private readonly fits: boolean;
  private readonly byteLength: number;
  private readonly at: number;
  private readonly resultsAt: number;

  constructor(
    private readonly view: MatrixView,
    layout: Layout,
  ) {
    this.rows = view.blocks * view.rows;
    this.rowBytes = 8 * Math.ceil(view.columns / 64);
    this.fits = new ZeroBitmap(view).fits;
    this.byteLength = this.fits ? this.rows * this.rowBytes : 0;
    this.resultsAt = layout.take(8 * resultCount);
    this.at = layout.take(this.byteLength);
  }

  /** Clears the map; returns its address, or 0 where there is none. */
  begin(buffer: ArrayBuffer, base: number): number {
    if (!this.fits) return 0;
    new Uint8Array(buffer, base + this.at, this.byteLength).fill(0);
    return base + this.at;
  }

  structure(
    exports: KernelExports,
    buffer: ArrayBuffer,
    base: number,
    hasZeros: boolean,
  ): ZeroStructure | undefined {
    if (!this.fits) return undefined;
    const { rows, view } = this;
    const { columns } = view;
    const axis = channelAxis(view);
    const channels = axis < columns ? axis : 0;
    const results = new Float64Array(buffer, base + this.resultsAt, resultCount).fill(0);
    if (hasZeros) {
      const [at, resultsAt] = [base + this.at, base + this.resultsAt];
      exports.zeroStructure(at, rows, columns, this.rowBytes / 8, channels, resultsAt);
    }
    const perRow = (size: number) => Math.floor(columns / size);
    const perPosition = (size: number) => (columns / channels) * Math.floor(channels / size);
    return {
      groups: [
        ...groupKinds.map(([kept, size], i) => ({
          ...{ kept, size, axis: 'columns' as const },
          ...{ satisfied: results[i]!, total: rows * perRow(size) },
        })),
        ...(channels > 0 ? groupKinds : []).map(([kept, size], i) => ({
          ...{ kept, size, axis: 'channels' as const },
          ...{ satisfied: results[4 + i]!, total: rows * perPosition(size) },
        })),
      ],
      blocks: blockKinds.map(([height, width], i) => ({ height, width, zeros: results[8 + i]! })),
      longestRun: results[15]!,
    };
  }
}
