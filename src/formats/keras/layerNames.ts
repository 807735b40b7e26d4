import { toSnakeCase } from '../../core/snakeCase';

/** Layers of Keras that own weights, for files without a configuration: their groups are named after the class. */
const classes = [
  ...['Dense', 'EinsumDense', 'Embedding', 'ReversibleEmbedding', 'PReLU', 'Normalization'],
  ...['Conv1D', 'Conv2D', 'Conv3D', 'Conv1DTranspose', 'Conv2DTranspose', 'Conv3DTranspose'],
  ...['DepthwiseConv1D', 'DepthwiseConv2D', 'SeparableConv1D', 'SeparableConv2D'],
  ...['BatchNormalization', 'LayerNormalization', 'GroupNormalization', 'RMSNormalization'],
  ...['LSTM', 'GRU', 'SimpleRNN', 'LSTMCell', 'GRUCell', 'SimpleRNNCell', 'RNN'],
  ...['ConvLSTM1D', 'ConvLSTM2D', 'ConvLSTM3D', 'Bidirectional', 'TimeDistributed'],
  ...['MultiHeadAttention', 'GroupedQueryAttention', 'Attention', 'AdditiveAttention'],
  ...['SpectralNormalization', 'Sequential', 'Functional'],
];

const classOfGroup = new Map(classes.map((name) => [toSnakeCase(name), name]));

/** Class of a group such as `conv2d_1`; undefined for a class that is not Keras' own. */
export function classOfGroupName(group: string): string | undefined {
  return classOfGroup.get(group) ?? classOfGroup.get(group.replace(/_\d+$/, ''));
}

/** Names in one list, the second of a class with `_1` and so on: as Keras 3 names the groups of a list of layers. */
export function uniqueNames(): (name: string) => string {
  const used = new Map<string, number>();
  return (name) => {
    const count = used.get(name);
    used.set(name, (count ?? -1) + 1);
    return count === undefined ? name : `${name}_${count + 1}`;
  };
}
