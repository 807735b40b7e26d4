/** Count, mean and central moment sums; merged by the formulas of Chan, Golub & LeVeque (1983) and Pébay (2008). */
export class Moments {
  count = 0;
  mean = 0;
  m2 = 0;
  m3 = 0;
  m4 = 0;

  merge(count: number, mean: number, m2: number, m3: number, m4: number): void {
    if (count === 0) return;
    const a = this.count;
    const b = count;
    const n = a + b;
    const delta = mean - this.mean;
    const delta2 = delta * delta;
    this.m4 +=
      m4 +
      (delta2 * delta2 * a * b * (a * a - a * b + b * b)) / (n * n * n) +
      (6 * delta2 * (a * a * m2 + b * b * this.m2)) / (n * n) +
      (4 * delta * (a * m3 - b * this.m3)) / n;
    this.m3 +=
      m3 + (delta * delta2 * a * b * (a - b)) / (n * n) + (3 * delta * (a * m2 - b * this.m2)) / n;
    this.m2 += m2 + (delta2 * a * b) / n;
    this.mean += (delta * b) / n;
    this.count = n;
  }

  /** Divides all values by 1 / factor, a power of two. */
  rescale(factor: number): void {
    this.mean *= factor;
    this.m2 *= factor ** 2;
    this.m3 *= factor ** 3;
    this.m4 *= factor ** 4;
  }
}

/** Neumaier's compensated sum. */
export class CompensatedSum {
  private sum = 0;
  private compensation = 0;

  add(value: number): void {
    const next = this.sum + value;
    this.compensation +=
      Math.abs(this.sum) >= Math.abs(value) ? this.sum - next + value : value - next + this.sum;
    this.sum = next;
  }

  rescale(factor: number): void {
    this.sum *= factor;
    this.compensation *= factor;
  }

  get value(): number {
    return this.sum + this.compensation;
  }
}
