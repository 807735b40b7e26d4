import { side } from './tiles';
import { axpy, axpy4, dot, dot4, scale, squareSum } from './vector';

/** Bytes of a row of R: doubles. */
const rowBytes: usize = 192;

/**
 * Square sums below this are taken as zero: in a matrix scaled to 1 it is noise of 1e-145, and with subnormal squares a
 * reflection would no longer be orthogonal.
 */
export const negligibleSquares: f64 = 1e-290;

/**
 * QR of a panel of 24 columns of `rows` elements, `stride` bytes apart. Leaves the Householder vectors V explicitly in the columns
 * (ones and zeros included), R row-major in `r`, and the factors τ.
 */
export function factorPanel(
  x: usize,
  stride: usize,
  rows: i32,
  r: usize,
  tau: usize,
  scratch: usize,
): void {
  memory.fill(r, 0, <usize>side * rowBytes);
  for (let j = 0; j < side; j++) {
    const column = x + <usize>j * stride;
    const head = column + ((<usize>j) << 3);
    const below = rows - j - 1;
    const alpha = load<f64>(head);
    const squares = below > 0 ? squareSum(head + 8, below) : 0;
    let beta = alpha;
    let factor: f64 = 0;
    let t: f64 = 0;
    if (squares > negligibleSquares) {
      beta = alpha > 0 ? -sqrt<f64>(alpha * alpha + squares) : sqrt<f64>(alpha * alpha + squares);
      t = (beta - alpha) / beta;
      factor = 1 / (alpha - beta);
    }
    if (below > 0) scale(head + 8, below, factor);
    store<f64>(head, 1);
    store<f64>(tau + ((<usize>j) << 3), t);
    applyToRest(x, stride, j, rows - j, t, scratch);
    // What stands above the diagonal is R; V has zeros there.
    for (let i = 0; i < j; i++) {
      const at = column + ((<usize>i) << 3);
      store<f64>(r + <usize>i * rowBytes + ((<usize>j) << 3), load<f64>(at));
      store<f64>(at, 0);
    }
    store<f64>(r + <usize>j * rowBytes + ((<usize>j) << 3), beta);
  }
}

/** Applies I − τ v vᵀ, with v in column j, to the columns after it. */
function applyToRest(x: usize, stride: usize, j: i32, count: i32, tau: f64, scratch: usize): void {
  if (tau === 0) return;
  const from = (<usize>j) << 3;
  const v = x + <usize>j * stride + from;
  let c = j + 1;
  for (; c + 4 <= side; c += 4) {
    const target = x + <usize>c * stride + from;
    dot4(v, target, stride, count, scratch);
    v128.store(scratch, f64x2.mul(v128.load(scratch), f64x2.splat(-tau)));
    v128.store(scratch, f64x2.mul(v128.load(scratch, 16), f64x2.splat(-tau)), 16);
    axpy4(v, target, stride, count, scratch);
  }
  for (; c < side; c++) {
    const target = x + <usize>c * stride + from;
    axpy(v, target, count, -tau * dot(v, target, count));
  }
}
