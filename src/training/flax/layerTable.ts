import type { ShapePattern } from '../definition';
import type { LayerArguments } from '../torchLayers';

/** Expected sizes of the tensors that a layer owns, by their names below the layer. */
export type LayerShapes = Readonly<Record<string, ShapePattern | undefined>>;
type ReadShapes = (args: Pick<LayerArguments, 'integer' | 'shape' | 'has'>) => LayerShapes;

const dense: ReadShapes = (args) => {
  const features = args.integer('features', 0);
  return { kernel: [undefined, features], bias: [features] };
};

/** The kernel is stored as (window…, inputs, outputs). */
const convolution: ReadShapes = (args) => {
  const features = args.integer('features', 0);
  const window = args.shape('kernel_size', 1);
  return { kernel: window && [...window, undefined, features], bias: [features] };
};

const nnxLinear: ReadShapes = (args) => {
  const out = args.integer('out_features', 1);
  return { kernel: [args.integer('in_features', 0), out], bias: [out] };
};

const nnxConvolution: ReadShapes = (args) => {
  const out = args.integer('out_features', 1);
  const isGrouped = args.has('feature_group_count', 7);
  const inputs = isGrouped ? undefined : args.integer('in_features', 0);
  const window = args.shape('kernel_size', 2);
  return { kernel: window && [...window, inputs, out], bias: [out] };
};

const embedding: ReadShapes = (args) => ({
  embedding: [args.integer('num_embeddings', 0), args.integer('features', 1)],
});

const norm: ReadShapes = () => ({ scale: [undefined], bias: [undefined] });

const nnxNorm: ReadShapes = (args) => {
  const features = args.integer('num_features', 0);
  return { scale: [features], bias: [features] };
};

/** Projections by head: three axes, of which the code rarely says one. */
const attention: ReadShapes = () => ({
  'query.kernel': undefined,
  'key.kernel': undefined,
  'value.kernel': undefined,
  'out.kernel': undefined,
});

const cell =
  (inputs: readonly string[], hidden: readonly string[]): ReadShapes =>
  (args) => {
    const features = args.integer('features', 0);
    return Object.fromEntries([
      ...inputs.map((name) => [`${name}.kernel`, [undefined, features]] as const),
      ...hidden.map((name) => [`${name}.kernel`, [features, features]] as const),
    ]);
  };

const generic: ReadShapes = () => ({ kernel: undefined, bias: undefined });

const linen: Readonly<Record<string, ReadShapes>> = {
  Dense: dense,
  DenseGeneral: generic,
  Einsum: generic,
  Conv: convolution,
  ConvTranspose: convolution,
  ConvLocal: generic,
  Embed: embedding,
  BatchNorm: norm,
  LayerNorm: norm,
  GroupNorm: norm,
  InstanceNorm: norm,
  RMSNorm: norm,
  MultiHeadDotProductAttention: attention,
  MultiHeadAttention: attention,
  SelfAttention: attention,
  LSTMCell: cell(['ii', 'if', 'ig', 'io'], ['hi', 'hf', 'hg', 'ho']),
  OptimizedLSTMCell: cell(['ii', 'if', 'ig', 'io'], ['hi', 'hf', 'hg', 'ho']),
  GRUCell: cell(['ir', 'iz', 'in'], ['hr', 'hz', 'hn']),
  SimpleCell: cell(['i'], ['h']),
};

const nnx: Readonly<Record<string, ReadShapes>> = {
  Linear: nnxLinear,
  LinearGeneral: generic,
  Einsum: generic,
  Conv: nnxConvolution,
  ConvTranspose: nnxConvolution,
  Embed: embedding,
  BatchNorm: nnxNorm,
  LayerNorm: nnxNorm,
  GroupNorm: nnxNorm,
  RMSNorm: nnxNorm,
  MultiHeadAttention: attention,
};

/** Layers of Flax that own parameters, by dotted origin. */
export const flaxLayers: ReadonlyMap<string, ReadShapes> = new Map([
  ...Object.entries(linen).map(([name, read]) => [`flax.linen.${name}`, read] as const),
  ...Object.entries(nnx).map(([name, read]) => [`flax.nnx.${name}`, read] as const),
]);
