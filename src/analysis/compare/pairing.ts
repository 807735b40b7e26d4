import type { LayerMatch } from '../../core/comparison';
import type { Layer } from '../layers';

export interface MatchedPair {
  /** Indices of the layers on both sides. */
  readonly a: number;
  readonly b: number;
  readonly match: LayerMatch;
}

/** Layers of two checkpoints on their way to becoming pairs. */
export class Pairing {
  readonly pairs: MatchedPair[] = [];
  private readonly freeA: Set<number>;
  private readonly freeB: Set<number>;

  constructor(
    private readonly a: readonly Layer[],
    private readonly b: readonly Layer[],
  ) {
    this.freeA = new Set(a.keys());
    this.freeB = new Set(b.keys());
  }

  layer(side: 'a' | 'b', index: number): Layer {
    const layer = this[side][index];
    if (!layer) throw new RangeError(`no layer ${index} on side ${side}`);
    return layer;
  }

  /** Layers without a partner, in file order. */
  get restA(): readonly number[] {
    return [...this.freeA];
  }

  get restB(): readonly number[] {
    return [...this.freeB];
  }

  join(a: number, b: number, match: LayerMatch): void {
    if (!this.freeA.delete(a) || !this.freeB.delete(b)) {
      throw new RangeError(`layer ${a} of A or ${b} of B has a partner already`);
    }
    this.pairs.push({ a, b, match });
  }

  isFree(a: number, b: number): boolean {
    return this.freeA.has(a) && this.freeB.has(b);
  }

  /** Free layers of both sides that have a key in common, each list in file order. */
  groups(keyOf: (layer: Layer) => string | undefined): readonly Group[] {
    const byKey = new Map<string, { a: number[]; b: number[] }>();
    const add = (index: number, side: 'a' | 'b'): void => {
      const key = keyOf(this.layer(side, index));
      if (key === undefined) return;
      const group = byKey.get(key) ?? { a: [], b: [] };
      group[side].push(index);
      byKey.set(key, group);
    };
    for (const index of this.freeA) add(index, 'a');
    for (const index of this.freeB) add(index, 'b');
    return [...byKey.values()].filter(({ a, b }) => a.length > 0 && b.length > 0);
  }
}

export interface Group {
  readonly a: readonly number[];
  readonly b: readonly number[];
}
