import type { ShapePattern } from './definition';

/** How a layer's arguments are read: by name, or else by position. */
export interface LayerArguments {
  integer(name: string, position: number): number | undefined;
  /** `3` for n dimensions, or `(3, 5)`. */
  sizes(name: string, position: number, dimensions: number): ShapePattern;
  /** `64` or `(3, 64)`; undefined where the number of dimensions is not known. */
  shape(name: string, position: number): ShapePattern | undefined;
  /** Whether the argument is given at all. */
  has(name: string, position: number): boolean;
  /** Whether the argument is plainly True; undefined where that is not known. */
  flag(name: string, position: number): boolean | undefined;
}

type Shapes = Readonly<Record<string, ShapePattern | undefined>>;
type LayerShapes = (args: LayerArguments) => Shapes;

const times = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a * b;

const over = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined || b === 0 ? undefined : a / b;

const linear: LayerShapes = (args) => {
  const out = args.integer('out_features', 1);
  return { weight: [out, args.integer('in_features', 0)], bias: [out] };
};

const groupsOf = (args: LayerArguments, position: number): number | undefined =>
  args.has('groups', position) ? args.integer('groups', position) : 1;

const convolution =
  (dimensions: number): LayerShapes =>
  (args) => {
    const out = args.integer('out_channels', 1);
    const perGroup = over(args.integer('in_channels', 0), groupsOf(args, 6));
    return { weight: [out, perGroup, ...args.sizes('kernel_size', 2, dimensions)], bias: [out] };
  };

const transposed =
  (dimensions: number): LayerShapes =>
  (args) => {
    const out = args.integer('out_channels', 1);
    const perGroup = over(out, groupsOf(args, 6));
    const input = args.integer('in_channels', 0);
    return { weight: [input, perGroup, ...args.sizes('kernel_size', 2, dimensions)], bias: [out] };
  };

const lazyConvolution =
  (dimensions: number): LayerShapes =>
  (args) => {
    const out = args.integer('out_channels', 0);
    return { weight: [out, undefined, ...args.sizes('kernel_size', 1, dimensions)], bias: [out] };
  };

const embedding: LayerShapes = (args) => ({
  weight: [args.integer('num_embeddings', 0), args.integer('embedding_dim', 1)],
});

/** Gates are stacked along the first axis: 4 in an LSTM, 3 in a GRU, 1 in a plain RNN. */
const recurrent =
  (gates: number): LayerShapes =>
  (args) => {
    const input = args.integer('input_size', 0);
    const hidden = args.integer('hidden_size', 1);
    const layers = args.has('num_layers', 2) ? (args.integer('num_layers', 2) ?? 1) : 1;
    const isProjected = args.has('proj_size', 7);
    const isTwoWay = args.has('bidirectional', 6) ? args.flag('bidirectional', 6) : false;
    const directions = isTwoWay === undefined ? undefined : isTwoWay ? 2 : 1;
    const output = isProjected ? undefined : hidden;
    const stacked = times(gates, hidden);
    const shapes: Record<string, ShapePattern> = {};
    for (let layer = 0; layer < Math.min(layers, 64); layer++) {
      for (const suffix of directions === 1 ? [''] : ['', '_reverse']) {
        const width = layer === 0 ? input : times(output, directions);
        shapes[`weight_ih_l${layer}${suffix}`] = [stacked, width];
        shapes[`weight_hh_l${layer}${suffix}`] = [stacked, output];
      }
    }
    return shapes;
  };

const cell =
  (gates: number): LayerShapes =>
  (args) => {
    const hidden = args.integer('hidden_size', 1);
    const stacked = times(gates, hidden);
    return {
      weight_ih: [stacked, args.integer('input_size', 0)],
      weight_hh: [stacked, hidden],
    };
  };

const attentionShapes = (width: number | undefined, prefix: string): Shapes => ({
  [`${prefix}in_proj_weight`]: [times(3, width), width],
  [`${prefix}out_proj.weight`]: [width, width],
});

const attention: LayerShapes = (args) => {
  const width = args.integer('embed_dim', 0);
  const isSplit = args.has('kdim', 6) || args.has('vdim', 7);
  return isSplit
    ? { 'out_proj.weight': [width, width], q_proj_weight: [width, width] }
    : attentionShapes(width, '');
};

const transformerLayer =
  (attentions: readonly string[], norms: readonly string[]): LayerShapes =>
  (args) => {
    const width = args.integer('d_model', 0);
    const inner = args.has('dim_feedforward', 2) ? args.integer('dim_feedforward', 2) : 2048;
    return {
      ...Object.fromEntries(
        attentions.flatMap((name) => Object.entries(attentionShapes(width, `${name}.`))),
      ),
      'linear1.weight': [inner, width],
      'linear2.weight': [width, inner],
      ...Object.fromEntries(norms.map((name) => [`${name}.weight`, [width]])),
    };
  };

const perChannel =
  (name: string, position: number): LayerShapes =>
  (args) => {
    const shape = [args.integer(name, position)];
    return { weight: shape, bias: shape };
  };

const layerNorm: LayerShapes = (args) => {
  const shape = args.shape('normalized_shape', 0);
  return { weight: shape, bias: shape };
};

const table: Readonly<Record<string, LayerShapes>> = {
  Linear: linear,
  LazyLinear: (args) => ({ weight: [args.integer('out_features', 0), undefined] }),
  Bilinear: (args) => ({
    weight: [
      args.integer('out_features', 2),
      args.integer('in1_features', 0),
      args.integer('in2_features', 1),
    ],
  }),
  Conv1d: convolution(1),
  Conv2d: convolution(2),
  Conv3d: convolution(3),
  ConvTranspose1d: transposed(1),
  ConvTranspose2d: transposed(2),
  ConvTranspose3d: transposed(3),
  LazyConv1d: lazyConvolution(1),
  LazyConv2d: lazyConvolution(2),
  LazyConv3d: lazyConvolution(3),
  Embedding: embedding,
  EmbeddingBag: embedding,
  LSTM: recurrent(4),
  GRU: recurrent(3),
  RNN: recurrent(1),
  LSTMCell: cell(4),
  GRUCell: cell(3),
  RNNCell: cell(1),
  MultiheadAttention: attention,
  TransformerEncoderLayer: transformerLayer(['self_attn'], ['norm1', 'norm2']),
  TransformerDecoderLayer: transformerLayer(
    ['self_attn', 'multihead_attn'],
    ['norm1', 'norm2', 'norm3'],
  ),
  BatchNorm1d: perChannel('num_features', 0),
  BatchNorm2d: perChannel('num_features', 0),
  BatchNorm3d: perChannel('num_features', 0),
  SyncBatchNorm: perChannel('num_features', 0),
  InstanceNorm1d: perChannel('num_features', 0),
  InstanceNorm2d: perChannel('num_features', 0),
  InstanceNorm3d: perChannel('num_features', 0),
  GroupNorm: perChannel('num_channels', 1),
  LayerNorm: layerNorm,
  RMSNorm: layerNorm,
  PReLU: (args) => ({
    weight: [args.has('num_parameters', 0) ? args.integer('num_parameters', 0) : 1],
  }),
};

/** Layers of PyTorch that own parameters, by dotted origin: the shapes of their weights from their arguments. */
export const torchLayers: ReadonlyMap<string, LayerShapes> = new Map(
  Object.entries(table).map(([name, shapes]) => [`torch.nn.${name}`, shapes]),
);
