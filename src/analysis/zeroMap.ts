import type { Matrix } from '../kernels/kernels';
import type { ZeroMap } from '../protocol/layers';

const maxCells = 256;

/** A grid of at most 256 × 256 cells over the stacked blocks: the share of exact zeros and the root mean square in each. */
export function zeroMapOf(blocks: readonly Matrix[]): ZeroMap {
  const columns = blocks[0]?.columns ?? 0;
  const rows = blocks.reduce((sum, block) => sum + block.rows, 0);
  const height = Math.min(rows, maxCells);
  const width = Math.min(columns, maxCells);
  const zeros = new Float64Array(height * width);
  const squares = new Float64Array(height * width);
  const counts = new Float64Array(height * width);
  const cellOfColumn = Int32Array.from({ length: columns }, (_, j) =>
    Math.floor((j * width) / columns),
  );

  let row = 0;
  for (const { rows: blockRows, data } of blocks) {
    for (let i = 0; i < blockRows; i++, row++) {
      const cellRow = Math.floor((row * height) / rows) * width;
      const at = i * columns;
      for (let j = 0; j < columns; j++) {
        const cell = cellRow + cellOfColumn[j]!;
        const value = data[at + j]!;
        counts[cell]! += 1;
        if (value === 0) zeros[cell]! += 1;
        else squares[cell]! += value * value;
      }
    }
  }
  return {
    rows,
    columns,
    height,
    width,
    zeroFractions: Float32Array.from(zeros, (count, cell) => count / counts[cell]!),
    rms: Float32Array.from(squares, (sum, cell) => Math.sqrt(sum / counts[cell]!)),
  };
}
