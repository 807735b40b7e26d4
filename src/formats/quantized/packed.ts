/**
 * Codes packed along rows: compressed-tensors' pack-quantized, and MXFP4 as gpt-oss stores it.
 *
 *     weight_packed [out, in · bits / 32] int32, lowest bits first, codes shifted by half their range to be unsigned
 *     weight_scale [out, groups], weight_zero_point [out · bits / 32, groups] packed down the rows, weight_shape [2]
 *
 *     x_blocks [experts, out, groups, 16] uint8, two E2M1 values each, low half first; x_scales [experts, out, groups] 2^(s − 127)
 *
 * @see https://github.com/vllm-project/compressed-tensors
 * @see https://huggingface.co/openai/gpt-oss-20b
 */
import { elementCountOf, type Tensor } from '../../core/tensor';
import { e2m1Values } from '../float4';
import { numbersOf } from '../numbers';
import {
  decodedData,
  type Group,
  present,
  type Scheme,
  shapeText,
  type Sources,
  without,
} from './scheme';

export const packQuantized: Scheme = async (codes, sources) => {
  const module = without('.weight_packed', codes.name);
  if (module === undefined) return undefined;
  const part = (name: string): Tensor | undefined => sources.get(`${module}.${name}`);
  const [scale, zeroPoint, shape] = [
    part('weight_scale'),
    part('weight_zero_point'),
    part('weight_shape'),
  ];
  const groupIndex = part('weight_g_idx');
  const companions = present(scale, zeroPoint, shape, groupIndex, part('weight_global_scale'));
  if (codes.dtype !== 'i32' || !scale || !shape || elementCountOf(shape.shape) !== 2) {
    return { companions, weight: `is packed as ${codes.dtype}, or lacks its scale or its shape` };
  }
  const [rows = 0, columns = 0] = await sources.values.read(shape);
  const parts = { name: `${module}.weight`, codes, scale, zeroPoint, groupIndex, rows, columns };
  return { companions, weight: packedWeight(parts, sources) };
};

interface Packed {
  readonly name: string;
  readonly codes: Tensor;
  readonly scale: Tensor;
  readonly zeroPoint: Tensor | undefined;
  readonly groupIndex: Tensor | undefined;
  readonly rows: number;
  readonly columns: number;
}

function packedWeight(parts: Packed, sources: Sources): Group['weight'] {
  const { name, codes, scale, zeroPoint, groupIndex, rows, columns } = parts;
  const width = codes.shape[1] ?? 0;
  const bits = [4, 8, 2, 3, 5, 6, 7].find((b) => Math.ceil(columns / Math.floor(32 / b)) === width);
  const isCount = [rows, columns].every((size) => Number.isSafeInteger(size) && size >= 0);
  if (bits === undefined || !isCount || codes.shape.length !== 2 || codes.shape[0] !== rows) {
    return `has codes of ${shapeText(codes)} for the shape [${rows}, ${columns}]`;
  }
  const perWord = Math.floor(32 / bits);
  const scaleCount = elementCountOf(scale.shape);
  const groups = scaleCount === 1 ? 1 : scaleCount / rows;
  if (!Number.isInteger(groups) || groups < 1 || groups > columns) {
    return `has scales of ${shapeText(scale)} for the shape [${rows}, ${columns}]`;
  }
  const isPackedZero = zeroPoint?.dtype === 'i32';
  const zeroCount = zeroPoint ? elementCountOf(zeroPoint.shape) : scaleCount;
  if (zeroCount !== (isPackedZero ? Math.ceil(rows / perWord) * groups : scaleCount)) {
    return `has ${scaleCount} scales and zero points of ${zeroPoint ? shapeText(zeroPoint) : ''}`;
  }
  if (groupIndex && elementCountOf(groupIndex.shape) !== columns) {
    return `has a group index of ${shapeText(groupIndex)} for ${columns} columns`;
  }
  const groupSize = Math.ceil(columns / groups);
  const mask = 2 ** bits - 1;
  const shift = 2 ** (bits - 1);
  const shape = [rows, columns];

  const decode = async (start: number, end: number): Promise<Float32Array> => {
    const scales = await sources.values.read(scale);
    const zeros = zeroPoint && (await sources.values.read(zeroPoint));
    const groupOf = groupIndex && (await sources.values.read(groupIndex));
    const firstRow = Math.floor(start / columns);
    const firstWord = firstRow * width + Math.floor((start % columns) / perWord);
    const last = end - 1;
    const endWord = Math.floor(last / columns) * width + Math.floor((last % columns) / perWord) + 1;
    const words = Uint32Array.from(numbersOf('u32', await codes.data.read(firstWord, endWord)));
    const out = new Float32Array(end - start);
    for (let i = start; i < end; i++) {
      const row = Math.floor(i / columns);
      const column = i - row * columns;
      const word = words[row * width + Math.floor(column / perWord) - firstWord]!;
      const q = ((word >>> (bits * (column % perWord))) & mask) - shift;
      const group = groupOf ? groupOf[column]! : Math.floor(column / groupSize);
      const at = scaleCount === 1 ? 0 : row * groups + group;
      let zero = 0;
      if (zeros && isPackedZero) {
        const zeroWord =
          zeros[Math.floor(row / perWord) * groups + (scaleCount === 1 ? 0 : group)]!;
        zero = ((zeroWord >> (bits * (row % perWord))) & mask) - shift;
      } else if (zeros) zero = zeros[at]!;
      out[i - start] = (q - zero) * scales[at]!;
    }
    return out;
  };
  const how =
    groups === 1
      ? scaleCount === 1
        ? 'scale per tensor'
        : 'scale per row'
      : `groups of ${groupSize}`;
  return {
    name,
    shape,
    data: decodedData(name, shape, decode),
    quantization: { storedDtype: `int${bits}`, scheme: `compressed-tensors, ${how}` },
  };
}

export const mxfp4: Scheme = (codes, sources) => {
  const name = without('_blocks', codes.name);
  const scales = name === undefined ? undefined : sources.get(`${name}_scales`);
  if (name === undefined || !scales || codes.dtype !== 'u8' || scales.dtype !== 'u8') {
    return Promise.resolve(undefined);
  }
  const companions = [scales];
  const groups = scales.shape.at(-1) ?? 0;
  const pairs = codes.shape.at(-1) ?? 0;
  if ([...scales.shape, pairs].join() !== codes.shape.join() || pairs === 0) {
    const weight = `has blocks of ${shapeText(codes)} and scales of ${shapeText(scales)}`;
    return Promise.resolve({ companions, weight });
  }
  const size = 2 * pairs;
  const shape = [...scales.shape.slice(0, -1), groups * size];
  const decode = async (start: number, end: number): Promise<Float32Array> => {
    // Scales of a stack of experts are many: only those of the range are read.
    const firstBlock = Math.floor(start / size);
    const exponents = await scales.data.read(firstBlock, Math.ceil(end / size));
    const first = Math.floor(start / 2);
    const bytes = await codes.data.read(first, Math.ceil(end / 2));
    const out = new Float32Array(end - start);
    for (let i = start; i < end; i++) {
      const byte = bytes[Math.floor(i / 2) - first]!;
      const scale = 2 ** (exponents[Math.floor(i / size) - firstBlock]! - 127);
      out[i - start] = e2m1Values[i % 2 === 0 ? byte & 15 : byte >> 4]! * scale;
    }
    return out;
  };
  const module = name.slice(name.lastIndexOf('.') + 1);
  const isStack = shape.length === 3 && /proj|expert/.test(module);
  return Promise.resolve({
    companions,
    weight: {
      name,
      shape,
      data: decodedData(name, shape, decode),
      quantization: { storedDtype: 'MXFP4', scheme: `MXFP4, blocks of ${size}` },
      ...(isStack && { module: { name, type: 'Experts' }, role: 'matrix' }),
    },
  });
};
