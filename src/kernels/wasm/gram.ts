import type {
  GramOptions,
  GramPass,
  Matrix,
  Precision,
  PrecisionOptions,
  SymmetricMatrix,
} from '../kernels';
import { rowStart, symmetricMatrix } from '../symmetricMatrix';
import type { EnginePool } from './enginePool';
import { Layout, type Engine, type KernelExports } from './engine';

/** Length of a panel along the summed side: a packed strip of it stays in the first-level cache. */
const panelLength = 256;

/** Bytes of a step of a packed strip, and how many vectors of each precision they hold. */
const stepBytes = 48;
const elementSizes: Record<Precision, number> = { f64: 8, f32: 4 };

/** Strips of a panel between two steps: about a hundredth of a second at 8192 vectors. */
const stripsPerStep = 8;

/** Bytes that are cleared, and rows that are copied out, between two steps. */
const clearedPerStep = 2 ** 24;
const rowsPerStep = 256;

/** G = W Wᵀ or Wᵀ W: one panel of W at a time is copied in and packed. */
export function gram(
  engine: Engine,
  matrix: Matrix,
  side: 'rows' | 'columns',
  { rowScales, ...options }: GramOptions,
): SymmetricMatrix {
  const { rows, columns, data } = matrix;
  if (data.length !== rows * columns) {
    throw new RangeError(`${data.length} elements for a matrix of ${rows} × ${columns}`);
  }
  const sums = new GramSums(engine, new Layout(), side === 'rows' ? rows : columns, options);
  sums.add(matrix, side, rowScales);
  return sums.finish();
}

/**
 * Wᵀ W of rows that come in panels; the sums stay in an instance of their own, taken from the pool and given back when they are
 * finished: making one takes longer than a small matrix.
 */
export function startGram(pool: EnginePool, columns: number, options: PrecisionOptions): GramPass {
  const own = pool.take();
  const sums = new GramSums(own, pool.layout(), columns, options);
  return {
    update: (panel, rowScales) => {
      if (panel.columns !== columns) {
        throw new RangeError(`a panel of ${panel.columns} columns, the matrix has ${columns}`);
      }
      sums.add(panel, 'columns', rowScales);
    },
    finish: () => {
      const gram = sums.finish();
      pool.give(own);
      return gram;
    },
  };
}

/** The lower triangle of G in the memory of an engine, the rows of a strip beside each other. */
class GramSums {
  private readonly elementSize: number;
  private readonly width: number;
  private readonly strips: number;
  private readonly onStep: (() => void) | undefined;
  private readonly factorsAt: number;
  private readonly sourceAt: number;
  private readonly packedAt: number;
  private readonly gramAt: number;
  private readonly byteLength: number;

  constructor(
    private readonly engine: Engine,
    layout: Layout,
    private readonly size: number,
    { precision = 'f64', onStep }: PrecisionOptions,
  ) {
    this.onStep = onStep;
    this.elementSize = elementSizes[precision];
    this.width = stepBytes / this.elementSize;
    this.strips = Math.ceil(size / this.width);
    this.factorsAt = layout.take(8 * Math.max(size, panelLength));
    this.sourceAt = layout.take(8 * size * panelLength);
    this.packedAt = layout.take(stepBytes * this.strips * panelLength);
    this.gramAt = layout.take(this.stripAt(this.strips));
    this.byteLength = layout.size;
    this.clear();
  }

  /** Adds the products of all rows, or of all columns, of a matrix. */
  add(matrix: Matrix, side: 'rows' | 'columns', rowScales: Float64Array | undefined): void {
    const length = side === 'rows' ? matrix.columns : matrix.rows;
    for (let start = 0; start < length; start += panelLength) {
      const count = Math.min(panelLength, length - start);
      this.run((exports, buffer, base) => {
        const factors = new Float64Array(
          buffer,
          base + this.factorsAt,
          side === 'rows' ? this.size : count,
        );
        if (!rowScales) factors.fill(1);
        else factors.set(side === 'rows' ? rowScales : rowScales.subarray(start, start + count));
        copyPanel(matrix, side, start, count, buffer, base + this.sourceAt);
        const operands = [
          base + this.sourceAt,
          matrix.data.BYTES_PER_ELEMENT,
          this.elementSize,
          base + this.factorsAt,
          this.size,
          count,
          base + this.packedAt,
        ] as const;
        if (side === 'rows') exports.packRows(...operands);
        else exports.packColumns(...operands);
        this.multiply(exports, count, base);
      });
    }
  }

  finish(): SymmetricMatrix {
    const { size, width } = this;
    const result = symmetricMatrix(size);
    this.run((_, buffer, base) => {
      for (let row = 0; row < size; row++) {
        const strip = Math.floor(row / width);
        const at = this.gramAt + this.stripAt(strip) + (row % width) * 8 * width * (strip + 1);
        result.data.set(new Float64Array(buffer, base + at, row + 1), rowStart(row));
        if (row % rowsPerStep === 0) this.onStep?.();
      }
    });
    this.engine.release();
    return result;
  }

  /** Bytes before a strip: the strips before it have `width` rows of 1, 2, … × `width` doubles. */
  private stripAt(strip: number): number {
    return 4 * this.width ** 2 * strip * (strip + 1);
  }

  private clear(): void {
    const end = this.stripAt(this.strips);
    for (let at = 0; at < end; at += clearedPerStep) {
      this.run((_, buffer, base) => {
        new Uint8Array(buffer, base + this.gramAt + at, Math.min(clearedPerStep, end - at)).fill(0);
      });
      this.onStep?.();
    }
  }

  private multiply(exports: KernelExports, count: number, base: number): void {
    const { strips, elementSize } = this;
    const packed = base + this.packedAt;
    for (let first = 0; first < strips; first += stripsPerStep) {
      const last = Math.min(strips, first + stripsPerStep);
      exports.multiplyPanels(elementSize, packed, count, first, last, base + this.gramAt);
      this.onStep?.();
    }
  }

  private run(work: (exports: KernelExports, buffer: ArrayBuffer, base: number) => void): void {
    this.engine.hold(this.byteLength, work);
  }
}

/** Copies `count` rows, or columns, from `start` on, row-major. */
function copyPanel(
  { rows, columns, data }: Matrix,
  side: 'rows' | 'columns',
  start: number,
  count: number,
  buffer: ArrayBuffer,
  at: number,
): void {
  const target =
    data instanceof Float64Array ? new Float64Array(buffer, at) : new Float32Array(buffer, at);
  if (side === 'columns') {
    target.set(data.subarray(start * columns, (start + count) * columns));
  } else if (count === columns) {
    target.set(data);
  } else {
    for (let row = 0; row < rows; row++) {
      const from = row * columns + start;
      target.set(data.subarray(from, from + count), row * count);
    }
  }
}
