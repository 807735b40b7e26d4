import { property } from '../core/json';
import type { MatrixView } from '../core/matrixView';
import type { Tensor } from '../core/tensor';
import { block, column, matricesIn, row, splitIntoBlocks, viewOf } from './axes';

/**
 * The canonical view of a weight that an operation of TensorFlow or TFLite takes, where it is not the usual one with the output
 * units last.
 *
 *     MatMul                                input 1 is (in, out), or (out, in) with transpose_b; input 0 is the reverse
 *     BatchMatMul, BATCH_MATMUL             the same in the last two axes, with adj_x and adj_y
 *     Conv2DBackpropInput                   (…kernel, out, in): a transposed convolution
 *     FULLY_CONNECTED, recurrent, SVDF      (out, in)
 *     CONV_2D                               (out, …kernel, in / groups)
 *     TRANSPOSE_CONV                        (out, …kernel, in)
 *     DEPTHWISE_CONV_2D                     (1, …kernel, in · multiplier)
 *
 * @see https://www.tensorflow.org/mlir/tfl_ops
 */
export function tensorflowView({ module, shape }: Tensor): MatrixView | undefined {
  if (!module || shape.length < 2) return undefined;
  const { type, config } = module;
  const isSet = (key: string): boolean => property(config, key) === true;
  const isLeft = property(config, 'input') === 0;
  const [first, last] = [shape[0]!, shape.at(-1)!];
  if (/^(?:_Fused)?MatMul$/.test(type) && shape.length === 2) {
    return matricesIn(shape, isLeft !== isSet(isLeft ? 'transpose_a' : 'transpose_b'));
  }
  if (/^(?:BatchMatMul(?:V\d)?|BATCH_MATMUL)$/.test(type)) {
    return matricesIn(shape, isLeft !== isSet(isLeft ? 'adj_x' : 'adj_y'));
  }
  if (/^(?:Conv\dDBackpropInput(?:V\d)?|CONV_3D_TRANSPOSE)$/.test(type) && shape.length > 2) {
    const kernel = shape.slice(0, -2).map(column);
    const rank = kernel.length;
    // Columns run over the input channels first, then the kernel.
    const order = [rank + 1, ...kernel.map((_, axis) => axis), rank];
    return viewOf([...kernel, row(shape.at(-2)!), column(last)], order);
  }
  if (type === 'CONV_2D' || type === 'TRANSPOSE_CONV') {
    const groups = divisor(property(config, 'groups'), first);
    return viewOf([...splitIntoBlocks(first, groups, 'row'), ...shape.slice(1).map(column)]);
  }
  if (type === 'DEPTHWISE_CONV_2D') {
    const filters = divisor(property(config, 'depth_multiplier'), last);
    return viewOf([...shape.slice(0, -1).map(column), block(last / filters), row(filters)]);
  }
  if (/^(?:FULLY_CONNECTED|SVDF|(?:(?:UNI|BI)DIRECTIONAL_SEQUENCE_)?(?:LSTM|RNN))$/.test(type)) {
    return shape.length === 2 ? matricesIn(shape, true) : undefined;
  }
  return undefined;
}

/** A count that cuts an axis evenly; 1 for any other. */
function divisor(parts: unknown, size: number): number {
  const isCount = typeof parts === 'number' && Number.isInteger(parts) && parts > 1;
  return isCount && size % parts === 0 ? parts : 1;
}
