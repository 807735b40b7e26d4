import { blockWidth, checkPanel } from '../iterative/blockProduct';
import type { BlockProductPass, StepOptions } from '../kernels';
import { Layout, type Engine } from './engine';

/** Vectors that the module multiplies together. */
const lanes = 8;

/** Rows that are unpacked at once, and at most so many bytes of them: they stay in the second-level cache. */
const maxRows = 64;
const unpackedBytes = 2 ** 19;

/** Multiplications between two steps: about a hundredth of a second. */
const workPerStep = 2 ** 25;

/** Z = Wᵀ (W X): rows are copied in, eight vectors are multiplied at a time; X and Z stay in an instance of their own. */
export function startBlockProduct(
  engine: Engine,
  x: Float64Array,
  columns: number,
  { onStep }: StepOptions,
): BlockProductPass {
  const width = blockWidth(x, columns);
  const groups = Math.ceil(width / lanes);
  const stride = 8 * columns + 80 - (columns % 2) * 8;
  const height = Math.max(2, Math.min(maxRows, 2 * Math.floor(unpackedBytes / stride / 2)));
  const own = engine.another();
  const groupBytes = 8 * lanes * (columns + 1);
  const layout = new Layout();
  const xAt = layout.take(groups * groupBytes);
  const zAt = layout.take(groups * groupBytes);
  const yAt = layout.take(8 * lanes * (height + 1));
  const sourceAt = layout.take(8 * columns * height);
  const rowsAt = layout.take(stride * (height + 1));
  own.hold(layout.size, (_, buffer, base) => {
    const target = new Float64Array(buffer, base + xAt, groups * lanes * (columns + 1));
    interleave(x, columns, width, target);
  });
  let pending = 0;
  return {
    update(panel) {
      checkPanel(panel, columns);
      const { data } = panel;
      for (let first = 0; first < panel.rows; first += height) {
        const rows = Math.min(height, panel.rows - first);
        const part = data.subarray(first * columns, (first + rows) * columns);
        own.hold(layout.size, (exports, buffer, base) => {
          const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
          new Uint8Array(buffer, base + sourceAt, part.byteLength).set(bytes);
          const w = base + rowsAt;
          const y = base + yAt;
          const elementSize = part.BYTES_PER_ELEMENT;
          exports.unpackRows(base + sourceAt, elementSize, rows, columns, w, stride);
          for (let g = 0; g < groups; g++) {
            const at = base + g * groupBytes;
            exports.addBlockProduct(w, stride, rows, columns, at + xAt, y, at + zAt);
          }
        });
        pending += 2 * lanes * groups * rows * columns;
        if (pending < workPerStep) continue;
        pending = 0;
        onStep?.();
      }
    },
    finish: () =>
      own.hold(layout.size, (_, buffer, base) => {
        const sums = new Float64Array(buffer, base + zAt, groups * lanes * (columns + 1));
        const z = new Float64Array(columns * width);
        for (let v = 0; v < width; v++) {
          let from = Math.floor(v / lanes) * lanes * (columns + 1) + (v % lanes);
          for (let c = 0; c < columns; c++, from += lanes) z[c * width + v] = sums[from]!;
        }
        return z;
      }),
  };
}

/** Groups of eight vectors one after the other, the values of a column beside each other. */
function interleave(x: Float64Array, columns: number, width: number, target: Float64Array): void {
  for (let v = 0; v < width; v++) {
    let to = Math.floor(v / lanes) * lanes * (columns + 1) + (v % lanes);
    for (let c = 0; c < columns; c++, to += lanes) target[to] = x[c * width + v]!;
  }
}
