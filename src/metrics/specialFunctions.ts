/** Error function. @see Abramowitz & Stegun 7.1.6 (series) and 7.1.14 (continued fraction) */
export function erf(x: number): number {
  if (Math.abs(x) > 2.5) return x > 0 ? 1 - erfc(x) : erfc(-x) - 1;
  // 2/√π · e^(−x²) · Σ 2^k x^(2k+1) / (1·3·…·(2k+1)): all terms of one sign, so no digits are lost.
  let term = x;
  let sum = x;
  for (let k = 1; Math.abs(term) > 1e-18 * Math.abs(sum); k++) {
    term *= (2 * x * x) / (2 * k + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** 1 − erf(x), accurate in the tail. */
function erfc(x: number): number {
  if (x < 2.5) return 1 - erf(x);
  // e^(−x²)/√π · 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + …)))), from the inside out.
  let fraction = x;
  for (let k = 60; k >= 1; k--) fraction = x + k / 2 / fraction;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
}

/** The q with P(|X| > q) = probability for a standard normal X. */
export function normalTail(probability: number): number {
  const tail = (q: number) => erfc(q / Math.SQRT2) - probability;
  return bisect(tail, 0, 40);
}

/** Logarithm of the gamma function for x > 0. Stirling's series, shifted to x ≥ 10. */
export function logGamma(x: number): number {
  let shift = 0;
  let y = x;
  for (; y < 10; y++) shift -= Math.log(y);
  const i = 1 / (y * y);
  const series =
    (1 / 12 -
      i * (1 / 360 - i * (1 / 1260 - i * (1 / 1680 - i * (1 / 1188 - (i * 691) / 360360))))) /
    y;
  return shift + (y - 0.5) * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI) + series;
}

/** Γ(a + ½) / Γ(a). */
export function gammaRatio(a: number): number {
  // Direct subtraction of logarithms loses digits as a grows; the asymptotic series does not.
  if (a > 1e4) return Math.sqrt(a) * (1 - 1 / (8 * a) + 1 / (128 * a * a));
  return Math.exp(logGamma(a + 0.5) - logGamma(a));
}

/**
 * Regularised incomplete beta function I_x(a, b), by Lentz's method on its continued fraction.
 * @see DLMF 8.17.22
 */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x),
  );
  let c = 1;
  let d = 1 / guard(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guard(1 + even * d);
    c = guard(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guard(1 + odd * d);
    c = guard(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return (front * fraction) / a;
}

/** P(|cos| > t) between two random directions of R^k. */
export function cosineTail(t: number, k: number): number {
  if (k < 2) return 1;
  // 1 − I_{t²}(½, (k−1)/2), from the other end so that small probabilities keep their digits.
  return incompleteBeta((1 - t) * (1 + t), (k - 1) / 2, 0.5);
}

/** Root of a monotone function with a change of sign between `low` and `high`. */
export function bisect(f: (x: number) => number, low: number, high: number): number {
  const rising = f(high) > f(low);
  let [a, b] = [low, high];
  for (let i = 0; i < 200; i++) {
    const middle = (a + b) / 2;
    if (middle === a || middle === b) break;
    if (f(middle) > 0 === rising) b = middle;
    else a = middle;
  }
  return (a + b) / 2;
}

function guard(x: number): number {
  return Math.abs(x) < 1e-300 ? 1e-300 : x;
}
