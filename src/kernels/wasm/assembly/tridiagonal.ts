/**
 * Eigenvalues of a symmetric tridiagonal matrix by the root-free QL method of Pal, Walker & Kahan, with the squares of the
 * off-diagonal; can be taken up where it stopped.
 */
const epsilonSquared: f64 = 4.930380657631324e-32;
/** Squares below this vanish beside any diagonal of a matrix scaled to 1. */
const smallestSquare: f64 = 2.2250738585072014e-308;

/** QL sweeps allowed for each eigenvalue; about two are usual. */
const sweepsPerEigenvalue = 30;

let size: i32 = 0;
let diagonal: usize = 0;
let squares: usize = 0;
let first: i32 = 0;
let blockEnd: i32 = -1;
let sweepsLeft: i32 = 0;

/** Takes diagonal and subdiagonal from a band whose columns are `stride` bytes apart. */
export function readTridiagonal(n: i32, band: usize, stride: usize, d: usize, e2: usize): void {
  for (let j = 0; j < n; j++, band += stride) {
    store<f64>(d + (<usize>j << 3), load<f64>(band));
    const e = j + 1 < n ? load<f64>(band, 8) : 0;
    store<f64>(e2 + (<usize>j << 3), e * e);
  }
}

export function beginEigenvalues(n: i32, d: usize, e2: usize): void {
  size = n;
  diagonal = d;
  squares = e2;
  first = 0;
  blockEnd = -1;
  sweepsLeft = sweepsPerEigenvalue * n;
}

/** Works for about `steps` steps of sweeps. 1: the diagonal holds the eigenvalues; 0: call again; −1: does not converge. */
export function continueEigenvalues(steps: i32): i32 {
  while (first < size) {
    if (first > blockEnd) beginBlock();
    let last = first;
    while (last < blockEnd && !isNegligible(last)) last++;
    if (last < blockEnd) store<f64>(squares + (<usize>last << 3), 0);
    if (last === first) {
      first++;
      continue;
    }
    if (sweepsLeft-- <= 0) return -1;
    sweep(first, last);
    steps -= last - first;
    if (steps < 0) return 0;
  }
  return 1;
}

/** QL finds the small eigenvalues of a graded block first if they are at its beginning. */
function beginBlock(): void {
  blockEnd = first;
  while (blockEnd < size - 1 && !isNegligible(blockEnd)) blockEnd++;
  if (blockEnd < size - 1) store<f64>(squares + (<usize>blockEnd << 3), 0);
  const start = diagonal + (<usize>first << 3);
  const end = diagonal + (<usize>blockEnd << 3);
  if (abs<f64>(load<f64>(end)) >= abs<f64>(load<f64>(start))) return;
  reverse(start, end);
  reverse(squares + (<usize>first << 3), squares + (<usize>(blockEnd - 1) << 3));
}

function reverse(low: usize, high: usize): void {
  for (; low < high; low += 8, high -= 8) {
    const value = load<f64>(low);
    store<f64>(low, load<f64>(high));
    store<f64>(high, value);
  }
}

// @ts-ignore: decorator
@inline
function isNegligible(i: i32): bool {
  const at = <usize>i << 3;
  const square = load<f64>(squares + at);
  const limit = epsilonSquared * abs<f64>(load<f64>(diagonal + at) * load<f64>(diagonal + at, 8));
  return square <= limit || square < smallestSquare;
}

/** One sweep with Wilkinson's shift. */
function sweep(from: i32, last: i32): void {
  const d = diagonal;
  const e = squares;
  const start = <usize>from << 3;
  const root = sqrt<f64>(load<f64>(e + start));
  const slope = (load<f64>(d + start, 8) - load<f64>(d + start)) / (2 * root);
  const radius = sqrt<f64>(slope * slope + 1);
  const shift = load<f64>(d + start) - root / (slope + (slope < 0 ? -radius : radius));
  let c: f64 = 1;
  let s: f64 = 0;
  let gamma = load<f64>(d + (<usize>last << 3)) - shift;
  let p = gamma * gamma;
  for (let i = last - 1; i >= from; i--) {
    const at = <usize>i << 3;
    const square = load<f64>(e + at);
    const r = p + square;
    if (i !== last - 1) store<f64>(e + at, s * r, 8);
    const oldC = c;
    // One division for both quotients: they are what a step waits for.
    const inverse = 1 / r;
    c = p * inverse;
    s = square * inverse;
    const oldGamma = gamma;
    const alpha = load<f64>(d + at);
    gamma = c * (alpha - shift) - s * oldGamma;
    store<f64>(d + at, oldGamma + (alpha - gamma), 8);
    p = c !== 0 ? (gamma * gamma) / c : oldC * square;
  }
  store<f64>(e + start, s * p);
  store<f64>(d + start, shift + gamma);
}
