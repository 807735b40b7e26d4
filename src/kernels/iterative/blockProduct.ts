import type { BlockProductPass, Matrix, StepOptions } from '../kernels';

/** Vectors that are multiplied together: their sums stay in registers. */
const lanes = 4;

/** Multiplications between two steps: about a hundredth of a second. */
const workPerStep = 2 ** 23;

/** The reference: Z = Wᵀ (W X), row by row, four vectors at a time, in double precision. */
export function startBlockProduct(
  x: Float64Array,
  columns: number,
  { onStep }: StepOptions = {},
): BlockProductPass {
  const width = blockWidth(x, columns);
  const groups = splitIntoGroups(x, columns, width);
  const sums = groups.map((group) => new Float64Array(group.length));
  let pending = 0;
  return {
    update(panel) {
      checkPanel(panel, columns);
      for (let row = 0; row < panel.rows; row++) {
        for (const [g, group] of groups.entries()) addRow(panel, row, group, sums[g]!);
        pending += 2 * lanes * groups.length * columns;
        if (pending < workPerStep) continue;
        pending = 0;
        onStep?.();
      }
    },
    finish() {
      const z = new Float64Array(columns * width);
      for (let v = 0; v < width; v++) {
        const sum = sums[Math.floor(v / lanes)]!;
        for (let c = 0; c < columns; c++) z[c * width + v] = sum[c * lanes + (v % lanes)]!;
      }
      return z;
    },
  };
}

/** Vectors in a block of that many elements. */
export function blockWidth(x: Float64Array, columns: number): number {
  const width = x.length / columns;
  if (!Number.isInteger(width) || width < 1) {
    throw new RangeError(`${x.length} elements for vectors of ${columns}`);
  }
  return width;
}

export function checkPanel({ rows, columns, data }: Matrix, expected: number): void {
  if (columns !== expected || data.length !== rows * columns) {
    throw new RangeError(
      `a panel of ${rows} × ${columns} with ${data.length} elements, ${expected} columns are expected`,
    );
  }
}

function splitIntoGroups(x: Float64Array, columns: number, width: number): Float64Array[] {
  return Array.from({ length: Math.ceil(width / lanes) }, (_, group) => {
    const part = new Float64Array(columns * lanes);
    const count = Math.min(lanes, width - group * lanes);
    for (let c = 0; c < columns; c++) {
      for (let v = 0; v < count; v++) part[c * lanes + v] = x[c * width + group * lanes + v]!;
    }
    return part;
  });
}

function addRow({ columns, data }: Matrix, row: number, x: Float64Array, z: Float64Array): void {
  const from = row * columns;
  let y0 = 0;
  let y1 = 0;
  let y2 = 0;
  let y3 = 0;
  for (let c = 0, at = 0; c < columns; c++, at += lanes) {
    const w = data[from + c]!;
    y0 += w * x[at]!;
    y1 += w * x[at + 1]!;
    y2 += w * x[at + 2]!;
    y3 += w * x[at + 3]!;
  }
  for (let c = 0, at = 0; c < columns; c++, at += lanes) {
    const w = data[from + c]!;
    z[at]! += w * y0;
    z[at + 1]! += w * y1;
    z[at + 2]! += w * y2;
    z[at + 3]! += w * y3;
  }
}
