import { describe, expect, it } from 'vitest';

import type { Framework } from '../core/checkpoint';
import type { JsonObject } from '../core/json';
import type { MatrixView } from '../core/matrixView';
import { elementCountOf, type Tensor } from '../core/tensor';
import { roleOf } from './roles';
import { orientedView } from './views';

const noData = { read: () => Promise.reject(new Error('not read here')) };

function tensor(
  name: string,
  shape: readonly number[],
  type?: string,
  config?: JsonObject,
): Tensor {
  return {
    name,
    shape,
    dtype: 'f32',
    data: noData,
    ...(type === undefined ? {} : { module: { name: 'm', type, ...(config ? { config } : {}) } }),
  };
}

/** Matrices of stored positions: entry [block][row][column] is the linear index in the file. */
function positions(view: MatrixView): number[][][] {
  const matrices = Array.from({ length: view.blocks }, () =>
    Array.from({ length: view.rows }, () => new Array<number>(view.columns).fill(-1)),
  );
  const count = view.axes.reduce((product, { size }) => product * size, 1);
  for (let index = 0; index < count; index++) {
    const at = { block: 0, row: 0, column: 0 };
    let rest = index;
    for (const { size, target, step } of [...view.axes].reverse()) {
      at[target] += (rest % size) * step;
      rest = Math.floor(rest / size);
    }
    matrices[at.block]![at.row]![at.column] = index;
  }
  return matrices;
}

/** NumPy's `arange(n).reshape(shape).transpose(order).reshape(blocks, rows, -1)`. */
function numpy(
  shape: readonly number[],
  order: readonly number[],
  blocks: number,
  rows: number,
): number[][][] {
  const strides = shape.map((_, axis) => elementCountOf(shape.slice(axis + 1)));
  const count = elementCountOf(shape);
  const flat: number[] = [];
  const sizes = order.map((axis) => shape[axis]!);
  for (let index = 0; index < count; index++) {
    let rest = index;
    let position = 0;
    for (let i = sizes.length - 1; i >= 0; i--) {
      position += (rest % sizes[i]!) * strides[order[i]!]!;
      rest = Math.floor(rest / sizes[i]!);
    }
    flat.push(position);
  }
  const columns = count / blocks / rows;
  return Array.from({ length: blocks }, (_, b) =>
    Array.from({ length: rows }, (__, r) => {
      const at = (b * rows + r) * columns;
      return flat.slice(at, at + columns);
    }),
  );
}

interface Case {
  readonly name: string;
  readonly framework: Framework;
  readonly tensor: Tensor;
  /** Shapes of other tensors of the module. */
  readonly siblings?: Readonly<Record<string, readonly number[]>>;
  /** The stored shape, an axis cut in two where a group or gate axis is split off. */
  readonly reshape?: readonly number[];
  readonly order: readonly number[];
  readonly blocks?: number;
  readonly rows: number;
  readonly orientation?: 'assumed';
}

const cases: readonly Case[] = [
  {
    name: 'PyTorch Linear',
    framework: 'pytorch',
    tensor: tensor('fc.weight', [5, 3]),
    order: [0, 1],
    rows: 5,
  },
  {
    name: 'PyTorch Conv2d',
    framework: 'pytorch',
    tensor: tensor('c.weight', [4, 3, 2, 2]),
    order: [0, 1, 2, 3],
    rows: 4,
  },
  {
    name: 'PyTorch Conv2d in 2 groups',
    framework: 'pytorch',
    tensor: tensor('c.weight', [4, 3, 2, 2], 'Conv2d', { groups: 2 }),
    order: [0, 1, 2, 3],
    blocks: 2,
    rows: 2,
  },
  {
    name: 'PyTorch ConvTranspose2d, told by its bias',
    framework: 'pytorch',
    tensor: tensor('up.weight', [4, 3, 2, 2]),
    siblings: { bias: [3] },
    order: [1, 0, 2, 3],
    rows: 3,
  },
  {
    name: 'PyTorch ConvTranspose2d in 2 groups',
    framework: 'pytorch',
    tensor: tensor('up.weight', [4, 3, 2, 2], 'ConvTranspose2d', { groups: 2 }),
    reshape: [2, 2, 3, 2, 2],
    order: [0, 2, 1, 3, 4],
    blocks: 2,
    rows: 3,
  },
  {
    name: 'PyTorch Bilinear',
    framework: 'pytorch',
    tensor: tensor('b.weight', [2, 3, 4], 'Bilinear'),
    order: [0, 1, 2],
    rows: 2,
  },
  {
    name: 'PyTorch Embedding',
    framework: 'pytorch',
    tensor: tensor('embed.weight', [9, 4]),
    order: [0, 1],
    rows: 9,
  },
  {
    name: 'PyTorch LSTM weight_ih',
    framework: 'pytorch',
    tensor: tensor('rnn.weight_ih_l0', [12, 5]),
    siblings: { weight_hh_l0: [12, 3] },
    order: [0, 1],
    blocks: 4,
    rows: 3,
  },
  {
    name: 'PyTorch GRU weight_hh',
    framework: 'pytorch',
    tensor: tensor('rnn.weight_hh_l0', [9, 3]),
    siblings: { weight_hh_l0: [9, 3] },
    order: [0, 1],
    blocks: 3,
    rows: 3,
  },
  {
    name: 'PyTorch MultiheadAttention in_proj_weight',
    framework: 'pytorch',
    tensor: tensor('attn.in_proj_weight', [6, 2]),
    order: [0, 1],
    blocks: 3,
    rows: 2,
  },
  {
    name: 'Keras Dense',
    framework: 'keras',
    tensor: tensor('dense/kernel', [3, 5]),
    order: [1, 0],
    rows: 5,
  },
  {
    name: 'Keras Conv2D',
    framework: 'keras',
    tensor: tensor('conv/kernel', [2, 3, 4, 5]),
    order: [3, 2, 0, 1],
    rows: 5,
  },
  {
    name: 'Keras Conv2D in 2 groups',
    framework: 'keras',
    tensor: tensor('conv/kernel', [2, 3, 2, 4], 'Conv2D', { groups: 2 }),
    order: [3, 2, 0, 1],
    blocks: 2,
    rows: 2,
  },
  {
    name: 'Keras Conv1D',
    framework: 'keras',
    tensor: tensor('conv/kernel', [3, 4, 5], 'Conv1D'),
    order: [2, 1, 0],
    rows: 5,
  },
  {
    name: 'Keras Conv2DTranspose',
    framework: 'keras',
    tensor: tensor('up/kernel', [2, 3, 4, 5], 'Conv2DTranspose'),
    order: [2, 3, 0, 1],
    rows: 4,
  },
  {
    name: 'Keras DepthwiseConv2D',
    framework: 'keras',
    tensor: tensor('dw/depthwise_kernel', [2, 3, 4, 2]),
    order: [2, 3, 0, 1],
    blocks: 4,
    rows: 2,
  },
  {
    name: 'Keras LSTM kernel',
    framework: 'keras',
    tensor: tensor('lstm/kernel', [5, 12], 'LSTM'),
    siblings: { recurrent_kernel: [3, 12] },
    order: [1, 0],
    blocks: 4,
    rows: 3,
  },
  {
    name: 'Keras GRU recurrent kernel, told by its shape',
    framework: 'keras',
    tensor: tensor('gru/recurrent_kernel', [3, 9]),
    siblings: { recurrent_kernel: [3, 9] },
    order: [1, 0],
    blocks: 3,
    rows: 3,
  },
  {
    name: 'Keras MultiHeadAttention query',
    framework: 'keras',
    tensor: tensor('mha/query/kernel', [6, 2, 3]),
    order: [1, 2, 0],
    rows: 6,
  },
  {
    name: 'Keras MultiHeadAttention output',
    framework: 'keras',
    tensor: tensor('mha/attention_output/kernel', [2, 3, 6]),
    order: [2, 0, 1],
    rows: 6,
  },
  {
    name: 'Keras EinsumDense',
    framework: 'keras',
    tensor: tensor('e/kernel', [4, 2, 3], 'EinsumDense', { equation: 'abc,cde->abde' }),
    order: [1, 2, 0],
    rows: 6,
  },
  {
    name: 'TensorFlow.js MatMul with transpose_b',
    framework: 'tfjs',
    tensor: tensor('w', [5, 3], 'MatMul', { transpose_b: true }),
    order: [0, 1],
    rows: 5,
  },
  {
    name: 'TensorFlow MatMul',
    framework: 'tensorflow',
    tensor: tensor('fc/w', [3, 5], 'MatMul', { input: 1, transpose_b: false }),
    order: [1, 0],
    rows: 5,
  },
  {
    name: 'TensorFlow MatMul with transpose_b',
    framework: 'tensorflow',
    tensor: tensor('fc/w', [5, 3], 'MatMul', { input: 1, transpose_b: true }),
    order: [0, 1],
    rows: 5,
  },
  {
    name: 'TensorFlow MatMul, left operand, where transpose_b is of the other',
    framework: 'tensorflow',
    tensor: tensor('left', [5, 3], 'MatMul', { input: 0, transpose_a: false, transpose_b: true }),
    order: [0, 1],
    rows: 5,
  },
  {
    name: 'TensorFlow BatchMatMul with adj_y',
    framework: 'tensorflow',
    tensor: tensor('w', [2, 5, 3], 'BatchMatMulV2', { input: 1, adj_y: true }),
    order: [0, 1, 2],
    blocks: 2,
    rows: 5,
  },
  {
    name: 'TensorFlow Conv2D',
    framework: 'tensorflow',
    tensor: tensor('conv/kernel', [2, 3, 4, 5], 'Conv2D', { input: 1 }),
    order: [3, 2, 0, 1],
    rows: 5,
  },
  {
    name: 'TensorFlow transposed convolution',
    framework: 'tensorflow',
    tensor: tensor('up/kernel', [2, 3, 4, 5], 'Conv2DBackpropInput', { input: 1 }),
    order: [2, 3, 0, 1],
    rows: 4,
  },
  {
    name: 'TFLite FULLY_CONNECTED',
    framework: 'tensorflow',
    tensor: tensor('fc/MatMul', [5, 3], 'FULLY_CONNECTED', { input: 1 }),
    order: [0, 1],
    rows: 5,
  },
  {
    name: 'TFLite CONV_2D in 2 groups',
    framework: 'tensorflow',
    tensor: tensor('conv', [4, 2, 3, 5], 'CONV_2D', { input: 1, groups: 2 }),
    order: [0, 1, 2, 3],
    blocks: 2,
    rows: 2,
  },
  {
    name: 'TFLite TRANSPOSE_CONV',
    framework: 'tensorflow',
    tensor: tensor('up', [4, 2, 3, 5], 'TRANSPOSE_CONV', { input: 1 }),
    order: [0, 1, 2, 3],
    rows: 4,
  },
  {
    name: 'TFLite DEPTHWISE_CONV_2D of multiplier 2',
    framework: 'tensorflow',
    tensor: {
      ...tensor('dw', [1, 2, 3, 8], 'DEPTHWISE_CONV_2D', { input: 1, depth_multiplier: 2 }),
      role: 'depthwise',
    },
    order: [3, 0, 1, 2],
    blocks: 4,
    rows: 2,
  },
  {
    name: 'TFLite recurrent weight',
    framework: 'tensorflow',
    tensor: tensor('rec', [6, 3], 'UNIDIRECTIONAL_SEQUENCE_LSTM', { input: 5 }),
    order: [0, 1],
    rows: 6,
  },
  {
    name: 'Flax Dense',
    framework: 'jax',
    tensor: tensor('params/Dense_0/kernel', [3, 5]),
    order: [1, 0],
    rows: 5,
  },
  {
    name: 'GGUF stack of experts',
    framework: 'pytorch',
    tensor: { ...tensor('blk.0.ffn_up_exps.weight', [2, 5, 3], 'Experts'), role: 'matrix' },
    order: [0, 1, 2],
    blocks: 2,
    rows: 5,
  },
  {
    name: 'ONNX Gemm',
    framework: 'unknown',
    tensor: tensor('w', [3, 5], 'Gemm', { input: 1 }),
    order: [1, 0],
    rows: 5,
  },
  {
    name: 'ONNX Gemm with transB',
    framework: 'unknown',
    tensor: tensor('fc.weight', [5, 3], 'Gemm', { input: 1, transB: 1 }),
    order: [0, 1],
    rows: 5,
  },
  {
    name: 'ONNX Gemm with transB behind a Transpose',
    framework: 'unknown',
    tensor: tensor('w', [3, 5], 'Gemm', { input: 1, transB: 1, transposed: true }),
    order: [1, 0],
    rows: 5,
  },
  {
    name: 'ONNX Gemm, left operand with transA',
    framework: 'unknown',
    tensor: tensor('w', [3, 5], 'Gemm', { input: 0, transA: 1 }),
    order: [1, 0],
    rows: 5,
  },
  {
    name: 'ONNX MatMul, right operand',
    framework: 'unknown',
    tensor: tensor('w', [3, 5], 'MatMul', { input: 1 }),
    order: [1, 0],
    rows: 5,
  },
  {
    name: 'ONNX MatMul behind a Transpose',
    framework: 'unknown',
    tensor: tensor('fc.weight', [5, 3], 'MatMul', { input: 1, transposed: true }),
    order: [0, 1],
    rows: 5,
  },
  {
    name: 'ONNX MatMul, left operand',
    framework: 'unknown',
    tensor: tensor('w', [5, 3], 'MatMul', { input: 0 }),
    order: [0, 1],
    rows: 5,
  },
  {
    name: 'ONNX Conv in 2 groups, whatever its name',
    framework: 'unknown',
    tensor: tensor('conv/kernel:0', [4, 3, 2, 2], 'Conv', { group: 2, input: 1 }),
    order: [0, 1, 2, 3],
    blocks: 2,
    rows: 2,
  },
  {
    name: 'ONNX ConvTranspose in 2 groups',
    framework: 'unknown',
    tensor: tensor('up', [4, 3, 2, 2], 'ConvTranspose', { group: 2, input: 1 }),
    reshape: [2, 2, 3, 2, 2],
    order: [0, 2, 1, 3, 4],
    blocks: 2,
    rows: 3,
  },
  {
    name: 'ONNX LSTM in both directions',
    framework: 'unknown',
    tensor: tensor('W', [2, 12, 5], 'LSTM', { input: 1 }),
    order: [0, 1, 2],
    blocks: 8,
    rows: 3,
  },
  {
    name: 'ONNX GRU',
    framework: 'unknown',
    tensor: tensor('R', [1, 9, 3], 'GRU', { input: 2 }),
    order: [0, 1, 2],
    blocks: 3,
    rows: 3,
  },
  {
    name: 'bare matrix of an unknown framework',
    framework: 'numpy',
    tensor: tensor('w1', [5, 3]),
    order: [0, 1],
    rows: 5,
    orientation: 'assumed',
  },
  {
    name: 'the same with a bias that settles it',
    framework: 'numpy',
    tensor: tensor('fc.weight', [3, 5]),
    siblings: { bias: [5] },
    order: [1, 0],
    rows: 5,
  },
];

describe('canonical matrix views', () => {
  it.each(cases)(
    '$name',
    ({
      framework,
      tensor: stored,
      siblings = {},
      reshape,
      order,
      blocks = 1,
      rows,
      orientation,
    }) => {
      const role = roleOf(stored, { framework, has: () => false, previousWidth: 0 });
      const oriented = orientedView(stored, role, {
        framework,
        usesConv1D: false,
        siblingShape: (parameter) => siblings[parameter],
      });
      expect(oriented?.orientation).toBe(orientation ?? 'known');
      expect(positions(oriented!.view)).toEqual(
        numpy(reshape ?? stored.shape, order, blocks, rows),
      );
    },
  );

  it('takes the Conv1D of GPT-2 as (in, out)', () => {
    const stored = tensor('h.0.mlp.c_fc.weight', [2, 8]);
    const oriented = orientedView(stored, 'matrix', {
      framework: 'pytorch',
      usesConv1D: true,
      siblingShape: () => [8],
    });
    expect(oriented?.view).toMatchObject({ rows: 8, columns: 2 });
  });

  it('gives none for vectors and empty tensors', () => {
    const context = {
      framework: 'pytorch',
      usesConv1D: false,
      siblingShape: () => undefined,
    } as const;
    expect(orientedView(tensor('bn.weight', [7]), 'norm_scale', context)).toBeUndefined();
    expect(orientedView(tensor('fc.weight', [7, 0]), 'matrix', context)).toBeUndefined();
  });
});
