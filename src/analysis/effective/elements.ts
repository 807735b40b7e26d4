import { FormatError } from '../../core/errors';
import { elementCountOf, type Tensor, type TensorData } from '../../core/tensor';
import { numbersOf } from '../../formats/numbers';

/** Elements of a piece of a whole pass: 8 MiB as doubles. */
const pieceElements = 2 ** 20;

/** Elements as bytes of f32 or f64, computed range by range. */
export function computedData(
  name: string,
  shape: readonly number[],
  dtype: 'f32' | 'f64',
  compute: (start: number, end: number) => Promise<Float64Array>,
): TensorData {
  const count = elementCountOf(shape);
  return {
    async read(start, end) {
      if (!(start >= 0 && start <= end && end <= count)) {
        const reason = `elements ${start} to ${end} of "${name}" asked for, there are ${count}`;
        throw new FormatError('combined weight', reason);
      }
      if (start === end) return new Uint8Array(0);
      const values = await compute(start, end);
      const numbers = dtype === 'f64' ? values : Float32Array.from(values);
      return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    },
  };
}

/** Elements [start, end) as numbers. */
export async function readRange(tensor: Tensor, start: number, end: number): Promise<Float64Array> {
  return numbersOf(tensor.dtype, await tensor.data.read(start, end));
}

/** Hands all elements to `visit` in order, piece by piece. */
export async function eachPiece(
  tensor: Tensor,
  visit: (values: Float64Array, start: number) => void,
): Promise<void> {
  const count = elementCountOf(tensor.shape);
  for (let start = 0; start < count; start += pieceElements) {
    visit(await readRange(tensor, start, Math.min(count, start + pieceElements)), start);
  }
}

/** One axis of a tensor in memory: element i lies at `floor(i / stride) % size` of it. */
export interface Axis {
  readonly size: number;
  readonly stride: number;
}

/** An axis of stored elements, by its size and the elements between two of its steps. */
export function axisOf(shape: readonly number[], axis: number): Axis {
  return { size: shape[axis] ?? 1, stride: elementCountOf(shape.slice(axis + 1)) };
}

/** No axis: every element lies at 0. */
export const wholeTensor: Axis = { size: 1, stride: Infinity };

/** ‖·‖₂ of each slice along an axis. */
export async function sliceNorms(tensor: Tensor, { size, stride }: Axis): Promise<Float64Array> {
  const squares = new Float64Array(size);
  await eachPiece(tensor, (values, start) => {
    for (let i = 0; i < values.length; i++) {
      squares[Math.floor((start + i) / stride) % size]! += values[i]! ** 2;
    }
  });
  return squares.map(Math.sqrt);
}

/** Elements [start, end), each times the factor of its slice. */
export async function scaledRange(
  tensor: Tensor,
  { size, stride }: Axis,
  factors: Float64Array,
  range: readonly [start: number, end: number],
): Promise<Float64Array> {
  const [start, end] = range;
  const values = await readRange(tensor, start, end);
  for (let i = 0; i < values.length; i++) {
    values[i]! *= factors[Math.floor((start + i) / stride) % size]!;
  }
  return values;
}
