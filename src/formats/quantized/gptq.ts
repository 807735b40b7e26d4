/**
 * GPTQ and AWQ: `qweight`, `qzeros` and `scales` (and `g_idx`) of a layer, weights transposed to (in, out), each group of input
 * rows with its own scale and zero point per output: w = scale · (q − zero).
 *
 *     GPTQ  qweight [in · bits / 32, out]   a column's codes follow each other bit by bit down the rows
 *           qzeros  [groups, out · bits / 32], one less than the zero point unless the format is "gptq_v2"
 *     AWQ   qweight [in, out / 8], qzeros [groups, out / 8]   eight columns a word, in the order 0 2 4 6 1 3 5 7
 *
 * @see https://github.com/AutoGPTQ/AutoGPTQ/tree/main/auto_gptq/nn_modules/qlinear
 * @see https://github.com/casper-hansen/AutoAWQ/blob/main/awq/utils/packing_utils.py
 */
import { elementCountOf, type Tensor } from '../../core/tensor';
import { property } from '../../core/json';
import {
  decodedData,
  type Decoded,
  present,
  type Scheme,
  shapeText,
  type Sources,
  without,
} from './scheme';

/** Where AWQ keeps the code of column i of eight. */
const awqPlaces = [0, 4, 1, 5, 2, 6, 3, 7];

interface Parts {
  readonly name: string;
  readonly qweight: Tensor;
  readonly qzeros: Tensor;
  readonly scales: Tensor;
  readonly groupIndex: Tensor | undefined;
}

interface Layout {
  readonly kind: 'GPTQ' | 'AWQ';
  readonly bits: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly groupSize: number;
  /** Added to the stored zero point. */
  readonly zeroShift: number;
}

export const gptqAndAwq: Scheme = (qweight, sources) => {
  const module = without('.qweight', qweight.name);
  const scales = module === undefined ? undefined : sources.get(`${module}.scales`);
  if (module === undefined || !scales) return Promise.resolve(undefined);
  const qzeros = sources.get(`${module}.qzeros`);
  const groupIndex = sources.get(`${module}.g_idx`);
  const companions = present(qzeros, scales, groupIndex);
  if (!qzeros) return Promise.resolve({ companions, weight: 'has scales and no zero points' });
  const parts: Parts = { name: `${module}.weight`, qweight, qzeros, scales, groupIndex };
  const layout = layoutOf(parts, sources);
  const weight = typeof layout === 'string' ? layout : decodedWeight(parts, layout, sources);
  return Promise.resolve({ companions, weight });
};

/** The shapes tell bits and packing. */
function layoutOf(
  { qweight, qzeros, scales, groupIndex }: Parts,
  sources: Sources,
): Layout | string {
  const shapes = `qweight ${shapeText(qweight)}, qzeros ${shapeText(qzeros)}, scales ${shapeText(scales)}`;
  const misfit = `has shapes that are neither GPTQ's nor AWQ's: ${shapes}`;
  const [groups = 0, outputs = 0] = scales.shape;
  const [rows = 0, columns = 0] = qweight.shape;
  const isWords = [qweight, qzeros].every(({ dtype }) => dtype === 'i32' || dtype === 'u32');
  if (!isWords || [qweight, qzeros, scales].some(({ shape }) => shape.length !== 2)) return misfit;
  const bits = (32 * (qzeros.shape[1] ?? 0)) / outputs;
  if (![2, 3, 4, 8].includes(bits) || qzeros.shape[0] !== groups || groups === 0) return misfit;
  const isGptq = columns === outputs;
  const inputs = isGptq ? (32 * rows) / bits : rows;
  if (!Number.isInteger(inputs) || (!isGptq && (bits !== 4 || 8 * columns !== outputs)))
    return misfit;
  if (groupIndex && elementCountOf(groupIndex.shape) !== inputs) return misfit;
  const declared = property(sources.config, 'group_size');
  const isGroupSize = typeof declared === 'number' && Math.ceil(inputs / declared) === groups;
  const groupSize = isGroupSize ? declared : Math.ceil(inputs / groups);
  const isSecond = property(sources.config, 'checkpoint_format') === 'gptq_v2';
  return {
    kind: isGptq ? 'GPTQ' : 'AWQ',
    bits,
    inputs,
    outputs,
    groupSize,
    zeroShift: isGptq && !isSecond ? 1 : 0,
  };
}

function decodedWeight(parts: Parts, layout: Layout, sources: Sources): Decoded {
  const { name, qweight, qzeros, scales, groupIndex } = parts;
  const { kind, bits, inputs, outputs, groupSize, zeroShift } = layout;
  const shape = [outputs, inputs];
  const isGptq = kind === 'GPTQ';
  const mask = 2 ** bits - 1;

  const decode = async (start: number, end: number): Promise<Float32Array> => {
    const scaleValues = await sources.values.read(scales);
    const zeroWords = Uint32Array.from(await sources.values.read(qzeros));
    const groupOf = groupIndex && (await sources.values.read(groupIndex));
    const zeroWidth = qzeros.shape[1] ?? 0;
    const out = new Float32Array(end - start);
    for (let at = start; at < end;) {
      const output = Math.floor(at / inputs);
      const column = isGptq ? output : output >> 3;
      const panel = await sources.panels.at(qweight, column);
      const stop = Math.min(end, (output + 1) * inputs);
      const first = (column - panel.firstColumn) * panel.rowCount;
      // AWQ: one word an input, its place told by the output.
      const place = isGptq ? 0 : 4 * awqPlaces[output & 7]!;
      let group = -1;
      let scale = NaN;
      let zero = NaN;
      for (; at < stop; at++) {
        const input = at - output * inputs;
        const own = groupOf ? groupOf[input]! : Math.floor(input / groupSize);
        if (own !== group) {
          group = own;
          // A group that is not there has no scale: the result is NaN, which is reported.
          scale = scaleValues[group * outputs + output]!;
          const zeroRow = group * zeroWidth;
          zero =
            zeroShift +
            (isGptq
              ? bitsAt(zeroWords, zeroRow, output * bits, mask)
              : (zeroWords[zeroRow + column]! >>> place) & 15);
        }
        const q = isGptq
          ? bitsAt(panel.words, first, input * bits, mask)
          : (panel.words[first + input]! >>> place) & 15;
        out[at - start] = (q - zero) * scale;
      }
    }
    return out;
  };
  return {
    name,
    shape,
    data: decodedData(name, shape, decode),
    quantization: { storedDtype: `int${bits}`, scheme: `${kind}, groups of ${groupSize}` },
  };
}

/** Bits from a run of words; a code of three bits may lie in two of them. */
function bitsAt(words: Uint32Array, first: number, bit: number, mask: number): number {
  const at = first + (bit >>> 5);
  const shift = bit & 31;
  const low = words[at]! >>> shift;
  if (shift === 0 || mask >>> (32 - shift) === 0) return low & mask;
  return (low | (words[at + 1]! << (32 - shift))) & mask;
}
