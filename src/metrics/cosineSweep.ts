import { rowStart, type SymmetricMatrix } from '../kernels';
import type { FilterNeighbours, FilterPair } from './layerMeasurement';
import { PooledCosines } from './pooledCosines';

/** Cosines above which two filters count as duplicates. */
export const duplicateThresholds = [0.95, 0.99] as const;

/** Bins of `cos.hist` over [−1, 1]. */
export const cosineBins = 101;

/** Pairs that are listed. */
const listedPairs = 50;

/** Which products of a Gram matrix are walked. */
export interface CosineTile {
  /** Row of the layer that row `first` of the Gram matrix belongs to. */
  readonly i0: number;
  readonly first: number;
  readonly height: number;
  /** Row of the layer that its column 0 belongs to. */
  readonly j0: number;
  readonly width: number;
}

/** Gathers everything that is said about pairs of filters, in one walk over tiles of their Gram matrix. */
export class CosineSweep {
  pairCount = 0;
  sumAbs = 0;
  sumSquares = 0;
  max = 0;
  /** Largest |⟨w_i, w_j⟩|, dead filters included. */
  maxProduct = 0;
  readonly histogram = new Float64Array(cosineBins);
  readonly duplicates = duplicateThresholds.map(() => ({ same: 0, opposite: 0 }));
  readonly neighbours: FilterNeighbours;
  readonly pooled: PooledCosines | undefined;
  private readonly parents: readonly Int32Array[];
  private readonly inverse: Float64Array;
  private readonly top: FilterPair[] = [];
  private topLimit = 0;

  /** @param norms of all rows, blocks stacked; those not in `alive` have no direction */
  constructor(norms: Float64Array, alive: Uint8Array, withMap: boolean) {
    this.inverse = norms.map((norm, i) => (alive[i] ? 1 / norm : 0));
    this.neighbours = {
      indices: new Int32Array(norms.length).fill(-1),
      cosines: new Float64Array(norms.length),
    };
    this.parents = duplicateThresholds.map(() => Int32Array.from(norms, (_, i) => i));
    this.pooled = withMap ? new PooledCosines(norms, alive) : undefined;
  }

  /**
   * Walks the products of rows [i0, i0 + height) with earlier rows from j0 on, all within one block of the layer. `gram` is that of
   * rows j0, j0 + 1, …; where there are two panels, row `first` of it is row i0, and the panel of the columns ends at `width`.
   */
  add({ data }: SymmetricMatrix, tile: CosineTile): void {
    const { i0, first, height, j0, width } = tile;
    const { inverse, histogram } = this;
    for (let r = 0; r < height; r++) {
      const i = i0 + r;
      const scale = inverse[i]!;
      const row = rowStart(first + r);
      const end = Math.min(width, i - j0);
      for (let c = 0; c < end; c++) {
        const product = data[row + c]!;
        const j = j0 + c;
        const magnitude = Math.abs(product);
        if (magnitude > this.maxProduct) this.maxProduct = magnitude;
        const factor = scale * inverse[j]!;
        if (factor === 0) continue;
        const cosine = Math.max(-1, Math.min(1, product * factor));
        const strength = Math.abs(cosine);
        this.pairCount++;
        this.sumAbs += strength;
        this.sumSquares += cosine * cosine;
        histogram[Math.min(cosineBins - 1, Math.floor(((cosine + 1) / 2) * cosineBins))]!++;
        if (strength > this.max) this.max = strength;
        if (strength > duplicateThresholds[0]) this.addDuplicate(j, i, cosine);
        if (strength > this.topLimit || this.top.length < listedPairs) this.addPair(j, i, cosine);
        this.addNeighbour(j, i, cosine, strength);
        this.pooled?.add(j, i, cosine);
      }
    }
  }

  /** Filters that could go: Σ (size − 1) over groups joined by |cosine| above the threshold. */
  redundant(threshold: number): number {
    const parents = this.parents[threshold]!;
    return parents.reduce((count, parent, i) => count + (parent === i ? 0 : 1), 0);
  }

  /** By |cosine|, descending; ties by index. */
  pairs(): FilterPair[] {
    return this.top.sort(byStrength).slice(0, listedPairs);
  }

  private addDuplicate(i: number, j: number, cosine: number): void {
    for (const [t, threshold] of duplicateThresholds.entries()) {
      if (Math.abs(cosine) <= threshold) continue;
      const count = this.duplicates[t]!;
      if (cosine > 0) count.same++;
      else count.opposite++;
      const parents = this.parents[t]!;
      const a = rootOf(parents, i);
      const b = rootOf(parents, j);
      if (a !== b) parents[Math.max(a, b)] = Math.min(a, b);
    }
  }

  /** Keeps up to four times the pairs needed, and cuts them when full. */
  private addPair(i: number, j: number, cosine: number): void {
    this.top.push({ i, j, cosine });
    if (this.top.length < 4 * listedPairs) return;
    this.top.sort(byStrength).length = listedPairs;
    this.topLimit = Math.abs(this.top[listedPairs - 1]!.cosine);
  }

  private addNeighbour(i: number, j: number, cosine: number, strength: number): void {
    const { indices, cosines } = this.neighbours;
    if (indices[i]! < 0 || strength > Math.abs(cosines[i]!)) {
      indices[i] = j;
      cosines[i] = cosine;
    }
    if (indices[j]! < 0 || strength > Math.abs(cosines[j]!)) {
      indices[j] = i;
      cosines[j] = cosine;
    }
  }
}

function byStrength(a: FilterPair, b: FilterPair): number {
  return Math.abs(b.cosine) - Math.abs(a.cosine) || a.i - b.i || a.j - b.j;
}

function rootOf(parents: Int32Array, start: number): number {
  let at = start;
  while (parents[at] !== at) {
    // Path halving.
    parents[at] = parents[parents[at]!]!;
    at = parents[at]!;
  }
  return at;
}
