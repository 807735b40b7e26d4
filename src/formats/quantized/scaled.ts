/**
 * Weights with scales beside them, codes not packed: FP8 with `weight_scale` or `weight_scale_inv` (of a tensor, of rows, of
 * blocks of 128 × 128 as in DeepSeek-V3), and int8 of compressed-tensors with `weight_scale` and `weight_zero_point`.
 * All multiply, the ones named "inverse" too.
 *
 * @see https://github.com/vllm-project/compressed-tensors
 * @see https://huggingface.co/deepseek-ai/DeepSeek-V3/blob/main/README_WEIGHTS.md
 */
import { property } from '../../core/json';
import { elementCountOf, type Tensor } from '../../core/tensor';
import { numbersOf } from '../numbers';
import { decodedData, present, type Scheme, shapeText } from './scheme';

/** Names of the 8-bit types as their libraries write them. */
const storedNames = new Map([
  ['f8_e4m3fn', 'float8_e4m3fn'],
  ['f8_e5m2', 'float8_e5m2'],
  ['i8', 'int8'],
]);

export const scaled: Scheme = (codes, sources) => {
  const { name, shape, dtype } = codes;
  const storedDtype = storedNames.get(dtype);
  if (storedDtype === undefined) return Promise.resolve(undefined);
  const scale = sources.get(`${name}_scale_inv`) ?? sources.get(`${name}_scale`);
  if (!scale) return Promise.resolve(undefined);
  const zeroPoint = sources.get(`${name}_zero_point`);
  const companions = present(scale, zeroPoint);
  const grid = gridOf(codes, scale, property(sources.config, 'weight_block_size'));
  const zeroCount = zeroPoint ? elementCountOf(zeroPoint.shape) : grid?.count;
  if (!grid || zeroCount !== grid.count) {
    const weight = `has the shape ${shapeText(codes)} and scales of ${shapeText(scale)}`;
    return Promise.resolve({ companions, weight });
  }
  // Eight bits have 256 values.
  const values = numbersOf(
    dtype,
    Uint8Array.from({ length: 256 }, (_, code) => code),
  );
  const width = shape.at(-1) ?? 1;
  const decode = async (start: number, end: number): Promise<Float32Array> => {
    const scales = await sources.values.read(scale);
    const zeros = zeroPoint && (await sources.values.read(zeroPoint));
    const bytes = await codes.data.read(start, end);
    const out = new Float32Array(end - start);
    for (let at = start; at < end;) {
      // A run of elements with one scale: within a row, within a block.
      const column = at % width;
      const stop = Math.min(
        end,
        at - column + Math.min(width, column - (column % grid.run) + grid.run),
      );
      const index = grid.indexOf(at);
      const factor = scales[index]!;
      const zero = zeros ? zeros[index]! : 0;
      for (; at < stop; at++) out[at - start] = (values[bytes[at - start]!]! - zero) * factor;
    }
    return out;
  };
  const data = decodedData(name, shape, decode);
  const scheme = `${storedDtype}, ${grid.words}`;
  return Promise.resolve({
    companions,
    weight: { name, shape, data, quantization: { storedDtype, scheme } },
  });
};

interface Grid {
  readonly count: number;
  readonly words: string;
  /** Neighbours on the last axis that share a scale. */
  readonly run: number;
  /** Index of the scale of an element. */
  indexOf(element: number): number;
}

/** Which scale belongs to an element: scales of one value, or with as many axes as the weight, each cut into equal pieces. */
function gridOf(codes: Tensor, scale: Tensor, declared: unknown): Grid | undefined {
  const count = elementCountOf(scale.shape);
  const rank = codes.shape.length;
  if (count === 1) {
    return { count, words: 'scale per tensor', run: codes.shape.at(-1) ?? 1, indexOf: () => 0 };
  }
  // One scale for each row may come without the second axis.
  const isRows = scale.shape.length === 1 && rank === 2;
  const counts = isRows ? [count, 1] : scale.shape;
  if (counts.length !== rank || counts.includes(0)) return undefined;
  const block = codes.shape.map((size, axis) => {
    const own = Array.isArray(declared) ? Number(declared[axis - rank + declared.length]) : 128;
    const isGiven = own > 0 && Math.ceil(size / own) === counts[axis];
    return isGiven ? own : Math.ceil(size / counts[axis]!);
  });
  const fits = block.every((size, axis) => Math.ceil(codes.shape[axis]! / size) === counts[axis]);
  if (!fits) return undefined;
  const perRow = counts.every((one, axis) => one === (axis === rank - 1 ? 1 : codes.shape[axis]));
  return {
    count,
    run: block.at(-1) ?? 1,
    words: perRow ? 'scale per row' : `blocks of ${block.join('×')}`,
    indexOf(element) {
      let rest = element;
      let index = 0;
      let step = 1;
      for (let axis = rank - 1; axis >= 0; axis--) {
        const size = codes.shape[axis]!;
        index += Math.floor((rest % size) / block[axis]!) * step;
        step *= counts[axis]!;
        rest = Math.floor(rest / size);
      }
      return index;
    },
  };
}
