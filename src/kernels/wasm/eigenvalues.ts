import type { PrecisionOptions, SymmetricMatrix } from '../kernels';
import { largestMagnitude, rowStart } from '../symmetricMatrix';
import { Layout, type Engine, type KernelExports } from './engine';

/** Width of the band between the two stages: the side of the module's tiles. */
const side = 24;
const tileDoubles = side * side;
/** Bytes of a column of the band. */
const bandStride = 8 * (2 * side + 2);

/** Groups of four tile rows between two steps: about a fortieth of a second at n = 8192. */
const groupsPerStep = 8;
/** Work of the second stage and of QL between two steps, about a hundredth of a second. */
const chasedColumnsPerStep = 2 ** 20;
const sweptElementsPerStep = 2 ** 20;

/**
 * All eigenvalues of a symmetric matrix, descending, in three stages: full to band (in the precision asked), band to tridiagonal,
 * root-free QL. The matrix is copied in row by row.
 */
export function symmetricEigenvalues(
  engine: Engine,
  matrix: SymmetricMatrix,
  { precision = 'f64', onStep }: PrecisionOptions,
): Float64Array {
  const { size: n } = matrix;
  const largest = largestMagnitude(matrix);
  if (largest === 0) return new Float64Array(n);
  // A power of two near the largest element: squares neither overflow nor vanish, and no digit is lost.
  const up = 2 ** -Math.max(-1000, Math.min(1000, Math.floor(Math.log2(largest))));
  const tileRows = Math.ceil(n / side);
  const tileBytes = tileDoubles * (precision === 'f64' ? 8 : 4);
  const layout = new Layout();
  const rowsAt = layout.take(8 * side * n);
  const diagonalAt = layout.take(8 * n);
  const squaresAt = layout.take(8 * n);
  const scratchAt = layout.take(4096);
  const bandAt = layout.take(64 + bandStride * (n + 4 * side));
  const tilesAt = layout.take(
    tileBytes * ((tileRows * (tileRows + 1)) / 2 + 7 * tileRows + 4) +
      8 * tileDoubles * (tileRows + 2) +
      16 * side,
  );
  return engine.run(layout.size, (exports, buffer, base) => {
    exports.beginBand(n, Number(precision === 'f32'), base + tilesAt);
    const rows = new Float64Array(buffer, base + rowsAt, side * n);
    for (let row = 0; row < tileRows; row++) {
      copyRows(matrix, row * side, rows);
      exports.placeRows(row, base + rowsAt, n, up);
      onStep?.();
    }
    reduceToBand(exports, tileRows, onStep);
    const band = exports.finishBand(n, base + bandAt);
    const sweeps = Math.max(1, Math.floor(chasedColumnsPerStep / (n * side)));
    for (let first = 0; first < n - 2; first += sweeps) {
      exports.chase(n, band, base + scratchAt, first, Math.min(n - 2, first + sweeps));
      onStep?.();
    }
    exports.readTridiagonal(n, band, bandStride, base + diagonalAt, base + squaresAt);
    exports.beginEigenvalues(n, base + diagonalAt, base + squaresAt);
    solve(exports, n, onStep);
    const eigenvalues = new Float64Array(buffer, base + diagonalAt, n).slice();
    for (let i = 0; i < n; i++) eigenvalues[i]! /= up;
    return eigenvalues.sort().reverse();
  });
}

/** Rows `first` … `first` + 23 up to their last tile, in which the upper triangle is filled in. */
function copyRows({ size, data }: SymmetricMatrix, first: number, rows: Float64Array): void {
  const end = Math.min(size, first + side);
  for (let i = first; i < end; i++) {
    const at = (i - first) * size;
    const start = rowStart(i);
    rows.set(data.subarray(start, start + i + 1), at);
    for (let j = first; j < i; j++) rows[(j - first) * size + i] = data[start + j]!;
  }
}

function reduceToBand(
  exports: KernelExports,
  tileRows: number,
  onStep: (() => void) | undefined,
): void {
  for (let panel = 0; panel + 1 < tileRows; panel++) {
    const groups = exports.reducePanel(panel);
    for (let first = 0; first < groups; first += groupsPerStep) {
      exports.multiplyGroups(panel, first, Math.min(groups, first + groupsPerStep));
      onStep?.();
    }
    exports.formUpdate(panel);
    for (let first = 0; first < groups; first += groupsPerStep) {
      exports.updateGroups(panel, first, Math.min(groups, first + groupsPerStep));
      onStep?.();
    }
  }
}

function solve(exports: KernelExports, n: number, onStep: (() => void) | undefined): void {
  for (;;) {
    const state = exports.continueEigenvalues(sweptElementsPerStep);
    onStep?.();
    if (state === 1) return;
    if (state < 0) {
      throw new RangeError(`eigenvalues of a ${n} × ${n} matrix do not converge`);
    }
  }
}
