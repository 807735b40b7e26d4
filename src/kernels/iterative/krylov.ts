import { eigenRows } from './eigenRows';
import { addMultiple, dot, norm, signs, type Random } from './vectors';

/** Share of the operator's size below which a new direction is rounding. */
const negligible = 1e-12;

/** Approximate eigenvalues of the operator from its projection onto a Krylov space. */
export interface Ritz {
  /** Descending. */
  readonly values: Float64Array;
  /** |λ − θ| ≤ residual for some eigenvalue λ. */
  readonly residuals: Float64Array;
  /** One a start vector: its squared components along the Ritz vectors, which are Gauss weights of its spectral measure. */
  readonly weights: readonly Float64Array[];
  /** Frobenius norm of what leads out of the space. */
  readonly coupling: number;
}

/**
 * Block Lanczos with full reorthogonalisation for a symmetric operator: from `width` start vectors, each step multiplies the
 * newest block once.
 *
 * @see Golub & Underwood 1977
 */
export class BlockKrylov {
  private readonly basis: Float64Array[] = [];
  /** Columns of the projection: its element (i, k) is projected[k][i]. */
  private readonly projected: Float64Array[] = [];
  /** Start vectors in terms of the first block. */
  private readonly start: Float64Array[] = [];
  private readonly width: number;

  constructor(
    private readonly size: number,
    start: Float64Array[],
    private readonly random: Random,
    private readonly onStep: (() => void) | undefined,
  ) {
    this.width = start.length;
    for (const vector of start) {
      const coefficients = new Float64Array(this.width);
      const scale = norm(vector);
      const rest = vector.slice();
      for (let pass = 0; pass < 2; pass++) this.removeFrom(rest, 0, coefficients);
      const length = norm(rest);
      const isNew = length > negligible * scale;
      if (isNew) coefficients[this.basis.length] = length;
      this.start.push(coefficients);
      this.append(isNew ? rest : undefined, length);
    }
  }

  /** Vectors of the newest block, which are to be multiplied next. */
  get newest(): readonly Float64Array[] {
    return this.basis.slice(this.projected.length);
  }

  /** Number of vectors that were multiplied: the dimension of the projection. */
  get dimension(): number {
    return this.projected.length;
  }

  /** Takes the operator times `newest`. Overwrites it. */
  extend(products: Float64Array[]): void {
    const done = this.projected.length;
    const known = this.basis.length;
    const columns = products.map(() => new Float64Array(known + this.width));
    const scales = products.map(norm);
    // In exact arithmetic only the last two blocks have a part; the pass over all takes what rounding has left.
    for (const first of [Math.max(0, done - this.width), 0]) {
      for (let i = first; i < known; i++) {
        const q = this.basis[i]!;
        for (const [k, product] of products.entries()) {
          const c = dot(q, product);
          addMultiple(product, -c, q);
          columns[k]![i]! += c;
        }
        if (i % 4 === 0) this.onStep?.();
      }
    }
    for (const [k, product] of products.entries()) {
      for (let pass = 0; pass < 2; pass++) this.removeFrom(product, known, columns[k]!);
      const length = norm(product);
      const isNew = length > negligible * scales[k]!;
      if (this.basis.length < this.size) {
        if (isNew) columns[k]![this.basis.length] = length;
        this.append(isNew ? product : undefined, length);
      }
      this.projected.push(columns[k]!);
    }
  }

  ritz(): Ritz {
    const n = this.projected.length;
    const t = new Float64Array(n * n);
    for (let k = 0; k < n; k++) {
      for (let i = 0; i < n; i++) {
        const [a, b] = [this.projected[k]![i] ?? 0, this.projected[i]![k] ?? 0];
        // The upper element was computed, the lower one too or is a length: the mean is symmetric.
        t[i * n + k] = (a + b) / 2;
      }
    }
    const last = Math.max(0, n - this.width);
    const lastRows = Array.from({ length: n - last }, (_, i) => last + i);
    const firstRows = Array.from({ length: Math.min(n, this.width) }, (_, i) => i);
    const found = eigenRows(t, n, [...firstRows, ...lastRows], this.onStep);
    const first = found.rows.slice(0, firstRows.length);
    return {
      values: found.values,
      weights: this.start.map((coefficients) => squaredCombination(first, coefficients)),
      ...this.residualsOf(found.rows.slice(firstRows.length), last),
    };
  }

  /** ‖B s‖ for the last elements s of each eigenvector, B the part of the last products that leads out of the space. */
  private residualsOf(
    rows: readonly Float64Array[],
    last: number,
  ): { residuals: Float64Array; coupling: number } {
    const n = this.projected.length;
    const squares = new Float64Array(n);
    let coupling = 0;
    for (let out = n; out < this.basis.length; out++) {
      const sums = new Float64Array(n);
      for (const [index, row] of rows.entries()) {
        const b = this.projected[last + index]![out] ?? 0;
        coupling += b * b;
        if (b !== 0) addMultiple(sums, b, row);
      }
      for (let i = 0; i < n; i++) squares[i]! += sums[i]! ** 2;
    }
    return { residuals: squares.map(Math.sqrt), coupling: Math.sqrt(coupling) };
  }

  /** Takes the parts along basis vectors from `first` out of a vector, and adds them to `coefficients`. */
  private removeFrom(vector: Float64Array, first: number, coefficients: Float64Array): void {
    for (let i = first; i < this.basis.length; i++) {
      const c = dot(this.basis[i]!, vector);
      addMultiple(vector, -c, this.basis[i]!);
      coefficients[i]! += c;
    }
  }

  /** Adds a direction, at random where there is no new one. */
  private append(vector: Float64Array | undefined, length: number): void {
    let next = vector;
    let divisor = length;
    while (!next) {
      const candidate = signs(this.size, this.random);
      const unused = new Float64Array(this.basis.length);
      for (let pass = 0; pass < 3; pass++) this.removeFrom(candidate, 0, unused);
      divisor = norm(candidate);
      if (divisor > 1e-6) next = candidate;
    }
    for (let i = 0; i < next.length; i++) next[i]! /= divisor;
    this.basis.push(next);
  }
}

function squaredCombination(
  rows: readonly Float64Array[],
  coefficients: Float64Array,
): Float64Array {
  const sums = new Float64Array(rows[0]?.length ?? 0);
  for (const [i, row] of rows.entries()) addMultiple(sums, coefficients[i]!, row);
  return sums.map((value) => value * value);
}
