import { property } from '../core/json';
import type { MatrixView } from '../core/matrixView';
import type { Tensor } from '../core/tensor';
import { block, column, matricesIn, row, splitIntoBlocks, viewOf } from './axes';

const gates: ReadonlyMap<string, number> = new Map([
  ['LSTM', 4],
  ['GRU', 3],
  ['RNN', 1],
]);

/**
 * The canonical view of a weight that an ONNX node takes, from the operator's definition.
 *
 *     Gemm            input 1 is (in, out), or (out, in) with transB; input 0 is the reverse
 *     MatMul          input 1 is (…, in, out), input 0 is (…, out, in)
 *     Conv            (out, in / group, …kernel)
 *     ConvTranspose   (in, out / group, …kernel)
 *     LSTM GRU RNN    (directions, gates · units, in)
 *
 * @see https://onnx.ai/onnx/operators/
 */
export function onnxView({ module, shape }: Tensor): MatrixView | undefined {
  if (!module || shape.length < 2) return undefined;
  const number = (key: string): number => {
    const value = property(module.config, key);
    return typeof value === 'number' && Number.isInteger(value) ? value : 0;
  };
  const [first, second] = [shape[0]!, shape[1]!];
  const isFlipped = property(module.config, 'transposed') === true;
  switch (module.type) {
    case 'Gemm': {
      const isLeft = number('input') === 0;
      const isTransposed = number(isLeft ? 'transA' : 'transB') !== 0;
      return matricesIn(shape, isLeft !== (isTransposed !== isFlipped));
    }
    case 'MatMul':
    case 'QLinearMatMul':
      return matricesIn(shape, (number('input') === 0) !== isFlipped);
    case 'Conv':
    case 'QLinearConv':
      return viewOf([
        ...splitIntoBlocks(first, divisor(number('group'), first), 'row'),
        ...shape.slice(1).map(column),
      ]);
    case 'ConvTranspose':
      return viewOf([
        ...splitIntoBlocks(first, divisor(number('group'), first), 'column'),
        row(second),
        ...shape.slice(2).map(column),
      ]);
    case 'LSTM':
    case 'GRU':
    case 'RNN': {
      const parts = gates.get(module.type) ?? 1;
      if (shape.length !== 3 || second % parts !== 0) return undefined;
      return viewOf([block(first), ...splitIntoBlocks(second, parts, 'row'), column(shape[2]!)]);
    }
    default:
      return undefined;
  }
}

function divisor(group: number, channels: number): number {
  return group > 1 && channels % group === 0 ? group : 1;
}
