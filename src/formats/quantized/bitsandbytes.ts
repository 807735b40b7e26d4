/**
 * bitsandbytes: LLM.int8() with a scale per row, and NF4 or FP4 with a scale per block, whose scales may be quantised again.
 *
 *     weight [out, in] int8, SCB [out]                                w = q · SCB / 127
 *     weight [n/2, 1] uint8, first element in the high half           w = quant_map[q] · absmax[block]
 *     weight.absmax, weight.quant_map, weight.quant_state.bitsandbytes__nf4 (JSON: blocksize, shape, …)
 *     weight.nested_absmax, weight.nested_quant_map                   absmax = nested_quant_map[q] · nested_absmax[block] + offset
 *
 * @see https://github.com/bitsandbytes-foundation/bitsandbytes/blob/main/bitsandbytes/functional.py
 */
import { dtypes } from '../../core/dtype';
import { isJsonObject, type JsonObject, property } from '../../core/json';
import { elementCountOf, type Tensor } from '../../core/tensor';
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

const maxStateBytes = 2 ** 16;
const per127 = Math.fround(1 / 127);

export const llmInt8: Scheme = async (codes, sources) => {
  const module = without('.weight', codes.name);
  const scale = module === undefined ? undefined : sources.get(`${module}.SCB`);
  if (!scale || codes.dtype !== 'i8') return undefined;
  const { name, shape } = codes;
  const format = sources.get(`${module}.weight_format`);
  const companions = present(scale, format);
  const [rows = 0, columns = 0] = shape;
  if (shape.length !== 2 || elementCountOf(scale.shape) !== rows) {
    const weight = `has the shape ${shapeText(codes)} and scales of ${shapeText(scale)}`;
    return { companions, weight };
  }
  const layout =
    format && elementCountOf(format.shape) > 0 ? (await sources.values.read(format))[0] : 0;
  if (layout !== 0) return { companions, weight: `is stored in the order ${layout} of a GPU` };
  const decode = async (start: number, end: number): Promise<Float32Array> => {
    const scales = await sources.values.read(scale);
    const values = numbersOf('i8', await codes.data.read(start, end));
    return Float32Array.from(
      values,
      (q, i) => Math.fround(q * scales[Math.floor((start + i) / columns)]!) * per127,
    );
  };
  return {
    companions,
    weight: {
      name,
      shape,
      data: decodedData(name, shape, decode),
      quantization: { storedDtype: 'int8', scheme: 'bitsandbytes LLM.int8(), scale per row' },
    },
  };
};

export const fourBit: Scheme = async (codes, sources) => {
  const types = ['nf4', 'fp4'];
  const state = types
    .map((type) => sources.get(`${codes.name}.quant_state.bitsandbytes__${type}`))
    .find((tensor) => tensor !== undefined);
  if (!state) return undefined;
  const part = (ending: string): Tensor | undefined => sources.get(`${codes.name}.${ending}`);
  const [absmax, map] = [part('absmax'), part('quant_map')];
  const [nestedAbsmax, nestedMap] = [part('nested_absmax'), part('nested_quant_map')];
  const companions = present(absmax, map, nestedAbsmax, nestedMap, state);
  const json = await stateOf(state);
  if (!json || !absmax || !map) return { companions, weight: 'has no whole quantisation state' };
  const nested = nestedAbsmax && nestedMap ? { absmax: nestedAbsmax, map: nestedMap } : undefined;
  return { companions, weight: fourBitWeight({ codes, json, absmax, map, nested }, sources) };
};

interface FourBit {
  readonly codes: Tensor;
  readonly json: JsonObject;
  readonly absmax: Tensor;
  readonly map: Tensor;
  readonly nested: { readonly absmax: Tensor; readonly map: Tensor } | undefined;
}

function fourBitWeight(parts: FourBit, sources: Sources): Group['weight'] {
  const { codes, json, absmax, map, nested } = parts;
  const { name } = codes;
  const shape = property(json, 'shape');
  const blockSize = property(json, 'blocksize');
  const nestedSize = property(json, 'nested_blocksize') ?? 0;
  const offset = property(json, 'nested_offset') ?? 0;
  if (!Array.isArray(shape) || !shape.every(isCount))
    return 'has a quantisation state without a shape';
  if (!isCount(blockSize) || blockSize < 1 || !isCount(nestedSize) || typeof offset !== 'number') {
    return 'has a quantisation state without a block size';
  }
  const elementCount = elementCountOf(shape);
  const { byteSize } = dtypes[codes.dtype];
  const codeBytes = elementCountOf(codes.shape) * byteSize;
  const blocks = Math.ceil(elementCount / blockSize);
  if (!Number.isSafeInteger(elementCount) || codeBytes < elementCount / 2) {
    return `has ${codeBytes} bytes of codes for the shape [${shape.join(', ')}]`;
  }
  if (elementCountOf(absmax.shape) !== blocks || elementCountOf(map.shape) !== 16) {
    return `has ${elementCountOf(absmax.shape)} scales, ${blocks} blocks of ${blockSize} need one each`;
  }
  if (nested) {
    const needed = nestedSize > 0 ? Math.ceil(blocks / nestedSize) : Infinity;
    if (elementCountOf(nested.absmax.shape) < needed || elementCountOf(nested.map.shape) !== 256) {
      return 'has scales of scales that do not go with its scales';
    }
  } else if (absmax.dtype !== 'f32') {
    return 'has quantised scales and not what they stand for';
  }

  const scaleOf = async (): Promise<(block: number) => number> => {
    const values = await sources.values.read(absmax);
    if (!nested) return (block) => values[block]!;
    const scales = await sources.values.read(nested.absmax);
    const points = await sources.values.read(nested.map);
    return (block) =>
      Math.fround(
        Math.fround(points[values[block]!]! * scales[Math.floor(block / nestedSize)]!) + offset,
      );
  };
  const decode = async (start: number, end: number): Promise<Float32Array> => {
    const points = await sources.values.read(map);
    const scale = await scaleOf();
    // Codes may be kept as another type of the same bytes (quant_storage).
    const first = Math.floor(start / 2 / byteSize);
    const bytes = await codes.data.read(first, Math.ceil(Math.ceil(end / 2) / byteSize));
    const out = new Float32Array(end - start);
    let block = -1;
    let blockScale = 0;
    for (let i = start; i < end; i++) {
      const byte = bytes[Math.floor(i / 2) - first * byteSize]!;
      const own = Math.floor(i / blockSize);
      if (own !== block) {
        block = own;
        blockScale = scale(own);
      }
      out[i - start] = points[i % 2 === 0 ? byte >> 4 : byte & 15]! * blockScale;
    }
    return out;
  };
  const quantType = property(json, 'quant_type');
  const type = typeof quantType === 'string' ? quantType.toUpperCase() : '4 bits';
  const twice = nested ? ', scales quantised too' : '';
  return {
    name,
    shape,
    data: decodedData(name, shape, decode),
    quantization: {
      storedDtype: type,
      scheme: `bitsandbytes ${type}, blocks of ${blockSize}${twice}`,
    },
  };
}

/** JSON as bytes of a tensor. */
async function stateOf(state: Tensor): Promise<JsonObject | undefined> {
  const length = elementCountOf(state.shape);
  if (state.dtype !== 'u8' || length > maxStateBytes) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(await state.data.read(0, length)));
    return isJsonObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
