import type { WeightChange } from '../../core/comparison';

export type Elements = Float32Array | Float64Array;

/** Elements whose sums are formed before they are added to the whole: rounding grows with the block, not with the tensor. */
const blockElements = 4096;

/** Squares of magnitudes beyond these are not sums to rely on. */
const safeMagnitudes = [1e-140, 1e140] as const;

/** Sums over pairs of elements, in double precision; the elements of the first become the differences. */
export class DifferenceSums {
  private count = 0;
  private differences = 0;
  private squaresA = 0;
  private squaresB = 0;
  private products = 0;
  private largest = 0;
  private largestWeight = 0;
  private changedCount = 0;
  private newZeros = 0;
  private zerosGone = 0;
  private nonFiniteA = 0;
  private nonFiniteB = 0;

  /** @param scale factor of all elements before they are squared */
  constructor(private readonly scale = 1) {}

  get hasNonFinite(): boolean {
    return this.nonFiniteA + this.nonFiniteB > 0;
  }

  get hasChange(): boolean {
    return this.changedCount > 0;
  }

  /** The scale with which all has to be summed again; undefined where no square has left the range of doubles. */
  get betterScale(): number | undefined {
    const [low, high] = safeMagnitudes;
    const magnitude = this.largestWeight * this.scale;
    if (magnitude === 0 || (magnitude > low && magnitude < high)) return undefined;
    return 2 ** -Math.max(-1000, Math.min(1000, Math.floor(Math.log2(this.largestWeight))));
  }

  /**
   * Takes `count` elements of B, from `from` on, with those of A that lie `stride` apart from `at` on, and leaves B − A in A's place:
   * 0 where one is not finite.
   */
  add(a: Elements, at: number, stride: number, b: Elements, from: number, count: number): void {
    for (let done = 0; done < count; done += blockElements) {
      const length = Math.min(blockElements, count - done);
      this.addBlock(a, at + done * stride, stride, b, from + done, length);
    }
    this.count += count;
  }

  private addBlock(
    a: Elements,
    start: number,
    stride: number,
    b: Elements,
    from: number,
    count: number,
  ): void {
    const { scale } = this;
    let differences = 0;
    let squaresA = 0;
    let squaresB = 0;
    let products = 0;
    let { largest, largestWeight } = this;
    let at = start;
    for (let i = from; i < from + count; i++, at += stride) {
      const x = a[at]!;
      const y = b[i]!;
      if (!(x - x === 0 && y - y === 0)) {
        this.addNonFinite(x, y);
        a[at] = 0;
        continue;
      }
      const difference = y - x;
      a[at] = difference;
      if (difference !== 0) {
        this.changedCount += 1;
        if (y === 0) this.newZeros += 1;
        else if (x === 0) this.zerosGone += 1;
        const magnitude = difference < 0 ? -difference : difference;
        if (magnitude > largest) largest = magnitude;
      }
      const weight = Math.max(x < 0 ? -x : x, y < 0 ? -y : y);
      if (weight > largestWeight) largestWeight = weight;
      const d = difference * scale;
      const p = x * scale;
      const q = y * scale;
      differences += d * d;
      squaresA += p * p;
      squaresB += q * q;
      products += p * q;
    }
    this.largest = largest;
    this.largestWeight = largestWeight;
    this.differences += differences;
    this.squaresA += squaresA;
    this.squaresB += squaresB;
    this.products += products;
  }

  /** Equal infinities, and NaN on both sides, are no change. */
  private addNonFinite(x: number, y: number): void {
    if (!Number.isFinite(x)) this.nonFiniteA += 1;
    if (!Number.isFinite(y)) this.nonFiniteB += 1;
    if (!Object.is(x, y)) this.changedCount += 1;
  }

  /** Equal weights have a cosine of exactly 1, which the sums would miss by their rounding. */
  private cosine(lengths: number): number {
    return this.differences === 0 ? 1 : Math.max(-1, Math.min(1, this.products / lengths));
  }

  finish(): WeightChange {
    const frobenius = Math.sqrt(this.differences) / this.scale;
    const normA = Math.sqrt(this.squaresA) / this.scale;
    const normB = Math.sqrt(this.squaresB) / this.scale;
    const lengths = Math.sqrt(this.squaresA) * Math.sqrt(this.squaresB);
    return {
      elementCount: this.count,
      frobenius,
      normA,
      normB,
      ...(normA > 0 && { relative: frobenius / normA }),
      ...(lengths > 0 && { cosine: this.cosine(lengths) }),
      largest: this.largest,
      changedCount: this.changedCount,
      changedFraction: this.count > 0 ? this.changedCount / this.count : 0,
      newZeros: this.newZeros,
      zerosGone: this.zerosGone,
      nonFinite: { a: this.nonFiniteA, b: this.nonFiniteB },
    };
  }
}
