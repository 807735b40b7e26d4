import type { MatrixSource } from './matrixSource';
import { deadShare, median } from './sparsity';

/** Beyond these powers of ten sums of fourth powers leave the range of doubles. */
const magnitudeRange = [1e-60, 1e60] as const;

/** Norms of all rows, blocks stacked, and which of them have a direction worth comparing. */
export interface RowNorms {
  readonly norms: Float64Array;
  readonly alive: Uint8Array;
  readonly deadCount: number;
}

/** One pass over all rows: their norms, or why the layer's Gram matrix cannot be formed. */
export async function readRowNorms(source: MatrixSource): Promise<RowNorms | string> {
  const { blocks, rows, columns } = source;
  const norms = new Float64Array(blocks * rows);
  let largest = 0;
  let refusal: string | undefined;
  for (let block = 0; block < blocks && refusal === undefined; block++) {
    await source.panels(block, ({ rows: count, data }, firstRow) => {
      for (let r = 0; r < count; r++) {
        let square = 0;
        for (let i = r * columns; i < (r + 1) * columns; i++) {
          const value = data[i]!;
          const magnitude = Math.abs(value);
          if (magnitude > largest) largest = magnitude;
          square += value * value;
        }
        const row = block * rows + firstRow + r;
        norms[row] = Math.sqrt(square);
        if (!(square < Infinity)) refusal ??= notFinite(data, row, r, columns);
      }
    });
  }
  if (refusal !== undefined) return refusal;
  if (largest === 0) return 'all elements are zero';
  const [low, high] = magnitudeRange;
  if (largest < low || largest > high) {
    return `largest magnitude ${largest.toExponential(1)} outside ${low}…${high}`;
  }
  return withDead(norms);
}

function notFinite(
  data: Float32Array | Float64Array,
  row: number,
  r: number,
  columns: number,
): string | undefined {
  for (let c = 0; c < columns; c++) {
    const value = data[r * columns + c]!;
    if (!Number.isFinite(value)) return `element [${row}, ${c}] is not finite (${value})`;
  }
  // Only the squares overflow: told by the largest magnitude.
  return undefined;
}

function withDead(norms: Float64Array): RowNorms {
  const sorted = norms.filter((norm) => norm > 0).sort();
  const limit = sorted.length > 0 ? deadShare * median(sorted) : 0;
  const alive = Uint8Array.from(norms, (norm) => (norm > 0 && norm >= limit ? 1 : 0));
  return { norms, alive, deadCount: alive.reduce((dead, one) => dead + 1 - one, 0) };
}

/** Factors that bring the live rows of a block to length 1 and dead ones to 0. */
export function unitScales({ norms, alive }: RowNorms, start: number, rows: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, r) =>
    alive[start + r] ? 1 / norms[start + r]! : 0,
  );
}
