import type { Tensor } from '../../core/tensor';
import type { Uses } from './graph';
import type { GraphNode, Model, StoredTensor } from './model';
import { dequantized } from './quantization';
import type { Values, ValueReader } from './values';

/** Where a node that takes codes has them, their scale and their zero point. */
interface Places {
  readonly codes: number;
  readonly scale: number;
  readonly zeroPoint: number;
  /** Axis of the scales where no attribute says it. */
  readonly axis: number;
}

const places: ReadonlyMap<string, readonly Places[]> = new Map([
  ['DequantizeLinear', [{ codes: 0, scale: 1, zeroPoint: 2, axis: 1 }]],
  ['QLinearConv', [{ codes: 3, scale: 4, zeroPoint: 5, axis: 0 }]],
  [
    'QLinearMatMul',
    [
      { codes: 0, scale: 1, zeroPoint: 2, axis: -2 },
      { codes: 3, scale: 4, zeroPoint: 5, axis: -1 },
    ],
  ],
]);

/** Finds the scales of tensors that a graph dequantises. */
export class QuantizedTensors {
  private readonly byName: ReadonlyMap<string, StoredTensor>;

  constructor(
    model: Model,
    private readonly uses: Uses,
    private readonly values: ValueReader,
  ) {
    this.byName = new Map(model.tensors.map((tensor) => [tensor.name, tensor]));
  }

  /** What the codes of a tensor stand for; nothing where the graph does not say it with scales that are in the file. */
  async decode(
    name: string,
    codes: Values,
  ): Promise<Pick<Tensor, 'dtype' | 'shape' | 'data' | 'quantization'> | undefined> {
    for (const { node, input } of this.uses.direct(name)) {
      const place = places.get(node.op)?.find((one) => one.codes === input);
      if (!place) continue;
      const scale = await this.input(node, place.scale);
      const zeroName = node.inputs[place.zeroPoint] ?? '';
      const zeroPoint = await this.input(node, place.zeroPoint);
      if (!scale || (zeroName !== '' && !zeroPoint)) continue;
      const axis = integer(node, 'axis') ?? place.axis;
      const blockSize = Math.max(0, integer(node, 'block_size') ?? 0);
      const parts = { codes, scale, axis, blockSize, ...(zeroPoint && { zeroPoint }) };
      const decoded = await dequantized(parts);
      if (typeof decoded !== 'string') return decoded;
    }
    return undefined;
  }

  private async input(node: GraphNode, index: number): Promise<Values | undefined> {
    const stored = this.byName.get(node.inputs[index] ?? '');
    const found = stored && (await this.values.find(stored));
    return typeof found === 'string' ? undefined : found;
  }
}

function integer(node: GraphNode, name: string): number | undefined {
  const value = node.attributes.get(name);
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}
