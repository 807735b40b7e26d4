import type { CosineMap } from './layerMeasurement';

/** Cells along a side of the map. */
const maxMapSize = 512;

/** The cosine matrix, pooled to at most 512 × 512 cells that each hold their strongest cosine. */
export class PooledCosines {
  private readonly size: number;
  private readonly values: Float32Array;
  private readonly cellOf: Int32Array;

  constructor(
    private readonly filterNorms: Float64Array,
    alive: Uint8Array,
  ) {
    const count = filterNorms.length;
    this.size = Math.min(count, maxMapSize);
    this.values = new Float32Array(this.size ** 2);
    this.cellOf = Int32Array.from(filterNorms, (_, i) => Math.floor((i * this.size) / count));
    for (let i = 0; i < count; i++)
      if (alive[i]) this.values[this.cellOf[i]! * (this.size + 1)] = 1;
  }

  add(i: number, j: number, cosine: number): void {
    const a = this.cellOf[i]!;
    const b = this.cellOf[j]!;
    const at = a * this.size + b;
    if (Math.abs(cosine) <= Math.abs(this.values[at]!)) return;
    this.values[at] = cosine;
    this.values[b * this.size + a] = cosine;
  }

  finish(): CosineMap {
    const { size, values, filterNorms } = this;
    const norms = new Float32Array(size);
    const counts = new Float32Array(size);
    for (let i = 0; i < filterNorms.length; i++) {
      norms[this.cellOf[i]!]! += filterNorms[i]!;
      counts[this.cellOf[i]!]!++;
    }
    return {
      size,
      filterCount: filterNorms.length,
      values,
      norms: norms.map((sum, cell) => sum / counts[cell]!),
      order: similarityOrder(values, size),
    };
  }
}

/**
 * A chain that begins at the row with the strongest cosines in sum and goes on to the row most similar to the last that is
 * not yet in it. O(size²); ties go to the lower index.
 */
export function similarityOrder(values: Float32Array, size: number): number[] {
  const free = new Uint8Array(size).fill(1);
  const order: number[] = [];
  let next = strongest(size, free, (i) => {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += Math.abs(values[i * size + j]!);
    return sum;
  });
  while (next >= 0) {
    order.push(next);
    free[next] = 0;
    const row = next * size;
    next = strongest(size, free, (j) => Math.abs(values[row + j]!));
  }
  return order;
}

function strongest(size: number, free: Uint8Array, strengthOf: (i: number) => number): number {
  let best = -1;
  let strength = -1;
  for (let i = 0; i < size; i++) {
    if (!free[i]) continue;
    const candidate = strengthOf(i);
    if (candidate > strength) {
      best = i;
      strength = candidate;
    }
  }
  return best;
}
