import type { ShapePattern } from '../definition';
import type { LayerArguments } from '../torchLayers';

type Size = number | undefined;
/** Variables in the order in which Keras numbers them; a name may have the path of a sublayer before it. */
type Variables = readonly (readonly [name: string, shape: ShapePattern | undefined])[];
type LayerVariables = (args: LayerArguments) => Variables;

const times = (a: Size, b: Size): Size => (a === undefined || b === undefined ? undefined : a * b);

const biasOf = (args: LayerArguments, shape: ShapePattern): Variables =>
  args.flag('use_bias', 99) === false ? [] : [['bias', shape]];

const dense: LayerVariables = (args) => {
  const units = args.integer('units', 0);
  return [['kernel', [undefined, units]], ...biasOf(args, [units])];
};

const convolution =
  (dimensions: number): LayerVariables =>
  (args) => {
    const filters = args.integer('filters', 0);
    const kernel = [...args.sizes('kernel_size', 1, dimensions), undefined, filters];
    return [['kernel', kernel], ...biasOf(args, [filters])];
  };

/** The channels that come out stand before those that go in. */
const transposed =
  (dimensions: number): LayerVariables =>
  (args) => {
    const filters = args.integer('filters', 0);
    const kernel = [...args.sizes('kernel_size', 1, dimensions), filters, undefined];
    return [['kernel', kernel], ...biasOf(args, [filters])];
  };

const multiplierOf = (args: LayerArguments): Size =>
  args.has('depth_multiplier', 99) ? args.integer('depth_multiplier', 99) : 1;

const depthwise =
  (dimensions: number): LayerVariables =>
  (args) => [
    ['kernel', [...args.sizes('kernel_size', 0, dimensions), undefined, multiplierOf(args)]],
    ...biasOf(args, [undefined]),
  ];

const separable =
  (dimensions: number): LayerVariables =>
  (args) => {
    const filters = args.integer('filters', 0);
    const ones = Array.from({ length: dimensions }, () => 1);
    return [
      [
        'depthwise_kernel',
        [...args.sizes('kernel_size', 1, dimensions), undefined, multiplierOf(args)],
      ],
      ['pointwise_kernel', [...ones, undefined, filters]],
      ...biasOf(args, [filters]),
    ];
  };

/** Gates are stacked along the last axis: 4 in an LSTM, 3 in a GRU, 1 in a plain RNN. */
const recurrent =
  (gates: number): LayerVariables =>
  (args) => {
    const units = args.integer('units', 0);
    const stacked = times(gates, units);
    // A GRU that resets after the product, as is the default, has two rows of biases.
    const bias = gates === 3 ? undefined : [stacked];
    return [
      ['kernel', [undefined, stacked]],
      ['recurrent_kernel', [units, stacked]],
      ...(args.flag('use_bias', 99) === false ? [] : ([['bias', bias]] as const)),
    ];
  };

const normalization: LayerVariables = (args) => [
  ...(args.flag('scale', 99) === false ? [] : ([['gamma', [undefined]]] as const)),
  ...(args.flag('center', 99) === false ? [] : ([['beta', [undefined]]] as const)),
];

const attention: LayerVariables = (args) => {
  const heads = args.integer('num_heads', 0);
  const width = args.integer('key_dim', 1);
  const value = args.has('value_dim', 2) ? args.integer('value_dim', 2) : width;
  return [
    ['query/kernel', [undefined, heads, width]],
    ['key/kernel', [undefined, heads, width]],
    ['value/kernel', [undefined, heads, value]],
    ['attention_output/kernel', [heads, value, undefined]],
  ];
};

const table: Readonly<Record<string, LayerVariables>> = {
  Dense: dense,
  EinsumDense: () => [
    ['kernel', undefined],
    ['bias', undefined],
  ],
  Conv1D: convolution(1),
  Conv2D: convolution(2),
  Conv3D: convolution(3),
  Conv1DTranspose: transposed(1),
  Conv2DTranspose: transposed(2),
  Conv3DTranspose: transposed(3),
  DepthwiseConv1D: depthwise(1),
  DepthwiseConv2D: depthwise(2),
  SeparableConv1D: separable(1),
  SeparableConv2D: separable(2),
  Embedding: (args) => [
    ['embeddings', [args.integer('input_dim', 0), args.integer('output_dim', 1)]],
  ],
  LSTM: recurrent(4),
  GRU: recurrent(3),
  SimpleRNN: recurrent(1),
  LSTMCell: recurrent(4),
  GRUCell: recurrent(3),
  SimpleRNNCell: recurrent(1),
  ConvLSTM2D: () => [
    ['kernel', undefined],
    ['recurrent_kernel', undefined],
  ],
  BatchNormalization: (args) => [
    ...normalization(args),
    ['moving_mean', [undefined]],
    ['moving_variance', [undefined]],
  ],
  LayerNormalization: normalization,
  GroupNormalization: normalization,
  RMSNormalization: () => [['scale', [undefined]]],
  PReLU: () => [['alpha', undefined]],
  MultiHeadAttention: attention,
};

/** Layers of Keras that own weights, by class name: their variables from their arguments. */
export const kerasLayers: ReadonlyMap<string, LayerVariables> = new Map(Object.entries(table));

/** Shapes by the names under which variables stand in files; those of classes that a file does not know are numbered. */
export function shapesOfVariables(
  variables: Variables,
): Readonly<Record<string, ShapePattern | undefined>> {
  const shapes: Record<string, ShapePattern | undefined> = Object.fromEntries(variables);
  variables.forEach(([name, shape], index) => {
    if (!name.includes('/')) shapes[`vars/${index}`] = shape;
  });
  return shapes;
}
