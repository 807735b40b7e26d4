import type { WeightChange } from '../../core/comparison';
import { dtypes, type Dtype } from '../../core/dtype';
import { plainView } from '../../core/matrixView';
import { elementCountOf, type Tensor } from '../../core/tensor';
import type { GramPass, Kernels, MatricesPass, Matrix, SymmetricMatrix } from '../../kernels';
import { ViewWalk } from '../../kernels/typescript/viewWalk';
import { elementsOf, maxMatrixElements } from '../cost';
import { throwIfStopped, type IsStopped } from '../stop';
import { readMatrices } from '../streaming';
import { DifferenceSums, type Elements } from './differenceSums';
import type { PairViews } from './pairViews';

/** Elements of a chunk of either side: 4 MiB in f32. */
const chunkElements = 2 ** 20;

/**
 * What is kept of ΔW: nothing, its canonical matrices, or ΔWᵀΔW formed on the way (for tall matrices whose rows lie one after the
 * other in the file).
 */
export type DifferenceUse = 'figures' | 'matrices' | 'gram';

export interface Difference {
  readonly change: WeightChange;
  readonly matrices?: readonly Matrix[];
  readonly gram?: SymmetricMatrix;
}

export interface WeightPair {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly views: PairViews;
}

export interface ReadingOptions {
  readonly kernels: Kernels;
  readonly isStopped: IsStopped;
}

/**
 * Reads two weights once, side by side, a few MiB at a time. Where they are stored in different orders (a Keras kernel and a PyTorch
 * weight), A is held as matrices and B's elements are looked up in it: one layer in memory at most.
 *
 * @throws RangeError where one of them would have to be held and is too large
 */
export async function readDifference(
  pair: WeightPair,
  use: DifferenceUse,
  options: ReadingOptions,
): Promise<Difference> {
  const sums = new DifferenceSums();
  const first = await readOnce(pair, use, sums, options);
  const scale = sums.betterScale;
  if (scale === undefined) return first;
  // Only in double precision, and hardly ever: the squares have left its range.
  return await readOnce(pair, use, new DifferenceSums(scale), options);
}

async function readOnce(
  pair: WeightPair,
  use: DifferenceUse,
  sums: DifferenceSums,
  options: ReadingOptions,
): Promise<Difference> {
  if (!pair.views.isSameOrder) {
    const matrices = await differenceInOtherOrder(pair, sums, options);
    return { change: sums.finish(), ...(use === 'figures' ? {} : { matrices }) };
  }
  const target = targetOf(pair, use, options);
  const count = elementCountOf(pair.a.shape);
  const step = target.chunk;
  for (let start = 0; start < count; start += step) {
    throwIfStopped(options.isStopped);
    const end = Math.min(count, start + step);
    const [bytesA, bytesB] = await Promise.all([
      pair.a.data.read(start, end),
      pair.b.data.read(start, end),
    ]);
    const read = decoded(pair.a.dtype, bytesA, end - start, options.kernels);
    const b = decoded(pair.b.dtype, bytesB, end - start, options.kernels);
    // Differences take the place of A's elements, and may need more digits.
    const a =
      b instanceof Float64Array && !(read instanceof Float64Array) ? new Float64Array(read) : read;
    sums.add(a, 0, 1, b, 0, end - start);
    target.update(a);
  }
  return { change: sums.finish(), ...target.finish() };
}

/** Where differences go in the stored order, and how many of them at a time. */
interface Target {
  readonly chunk: number;
  update(differences: Elements): void;
  finish(): Pick<Difference, 'matrices' | 'gram'>;
}

function targetOf(
  { a, b, views }: WeightPair,
  use: DifferenceUse,
  options: ReadingOptions,
): Target {
  const { kernels, isStopped } = options;
  const dtype = needsDouble(a.dtype) || needsDouble(b.dtype) ? 'f64' : 'f32';
  switch (use) {
    case 'figures':
      return { chunk: chunkElements, update: () => undefined, finish: () => ({}) };
    case 'matrices': {
      const pass: MatricesPass = kernels.startMatrices(dtype, views.a);
      return {
        chunk: chunkElements,
        update: (differences) => pass.update(bytesOf(differences)),
        finish: () => ({ matrices: pass.finish() }),
      };
    }
    case 'gram': {
      const { columns, axes } = views.a;
      const onStep = (): void => throwIfStopped(isStopped);
      const pass: GramPass = kernels.startGram(columns, { onStep });
      const [outer, ...rest] = axes;
      const below = rest.reduce((n, { size }) => n * size, 1);
      return {
        chunk: below * Math.max(1, Math.floor(chunkElements / below)),
        update: (differences) => {
          const size = differences.length / below;
          const view = {
            ...views.a,
            rows: size * (outer?.step ?? 1),
            axes: outer ? [{ ...outer, size }, ...rest] : [],
          };
          const panel = kernels.startMatrices(dtype, view);
          panel.update(bytesOf(differences));
          for (const matrix of panel.finish()) pass.update(matrix);
        },
        finish: () => ({ gram: pass.finish() }),
      };
    }
  }
}

async function differenceInOtherOrder(
  { a, b, views }: WeightPair,
  sums: DifferenceSums,
  { kernels, isStopped }: ReadingOptions,
): Promise<readonly Matrix[]> {
  const elements = elementsOf(views.a);
  if (elements > maxMatrixElements) {
    throw new RangeError(
      `stored in different orders, and ${elements.toLocaleString('en')} elements to hold at once: the limit is ${maxMatrixElements.toLocaleString('en')}`,
    );
  }
  const blocks = await readMatrices(a, views.a, kernels, isStopped);
  const { rows, columns } = views.a;
  const whole = stacked(blocks, elements, needsDouble(b.dtype));
  const walk = new ViewWalk(views.b);
  const stride = walk.rowStep * columns + walk.columnStep;
  for (let start = 0; start < elements; start += chunkElements) {
    throwIfStopped(isStopped);
    const end = Math.min(elements, start + chunkElements);
    const read = decoded(b.dtype, await b.data.read(start, end), end - start, kernels);
    for (let done = 0; done < read.length;) {
      const length = walk.next(read.length - done);
      sums.add(whole, walk.row * columns + walk.column, stride, read, done, length);
      done += length;
    }
  }
  const size = rows * columns;
  return Array.from({ length: views.a.blocks }, (_, block) => ({
    rows,
    columns,
    data: whole.subarray(block * size, (block + 1) * size),
  }));
}

/** All blocks as one array, a copy only where they are not one already or need more digits. */
function stacked(blocks: readonly Matrix[], elements: number, isDouble: boolean): Elements {
  const [first] = blocks;
  if (!first) return new Float64Array(0);
  const { buffer, byteOffset } = first.data;
  const isWide = first.data instanceof Float64Array;
  const isOne = blocks.every(
    ({ data }, index) =>
      data.buffer === buffer && data.byteOffset === byteOffset + index * first.data.byteLength,
  );
  if (isOne && (isWide || !isDouble)) {
    return isWide
      ? new Float64Array(buffer, byteOffset, elements)
      : new Float32Array(buffer, byteOffset, elements);
  }
  const whole = isWide || isDouble ? new Float64Array(elements) : new Float32Array(elements);
  for (const [index, { data }] of blocks.entries()) whole.set(data, index * data.length);
  return whole;
}

/** Elements as numbers, in an array of its own. */
function decoded(dtype: Dtype, bytes: Uint8Array, count: number, kernels: Kernels): Elements {
  const pass = kernels.startMatrices(dtype, plainView(1, count));
  pass.update(bytes);
  return pass.finish()[0]!.data;
}

/** Whether elements are decoded to doubles. */
function needsDouble(dtype: Dtype): boolean {
  return dtype !== 'f32' && dtypes[dtype].byteSize > 2;
}

function bytesOf({ buffer, byteOffset, byteLength }: Elements): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
