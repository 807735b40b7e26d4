/** Layers with a kernel that penalties, constraints and initializers apply to, and the keyword's first part. */
const kernelNames: Readonly<Record<string, readonly string[]>> = {
  Dense: ['kernel'],
  EinsumDense: ['kernel'],
  Conv1D: ['kernel'],
  Conv2D: ['kernel'],
  Conv3D: ['kernel'],
  Conv1DTranspose: ['kernel'],
  Conv2DTranspose: ['kernel'],
  Conv3DTranspose: ['kernel'],
  DepthwiseConv1D: ['depthwise'],
  DepthwiseConv2D: ['depthwise'],
  SeparableConv1D: ['depthwise', 'pointwise'],
  SeparableConv2D: ['depthwise', 'pointwise'],
  Embedding: ['embeddings'],
  LSTM: ['kernel'],
  GRU: ['kernel'],
  SimpleRNN: ['kernel'],
  MultiHeadAttention: ['kernel'],
};

/** `kernel_regularizer` of a Dense, `depthwise_regularizer` and `pointwise_regularizer` of a separable convolution. */
export function keywordsOf(type: string, part: 'regularizer' | 'constraint'): readonly string[] {
  const names = Object.hasOwn(kernelNames, type) ? (kernelNames[type] ?? []) : [];
  return names.map((name) => `${name}_${part}`);
}

export const isWeighted = (type: string | undefined): boolean =>
  type !== undefined && Object.hasOwn(kernelNames, type);

export const isRecurrent = (type: string | undefined): boolean =>
  type !== undefined && /^(?:LSTM|GRU|SimpleRNN)$/.test(type);

/** Number of spatial dimensions of a convolution. */
export function dimensionsOf(type: string | undefined): 1 | 2 | 3 | undefined {
  const match = /^(?:Depthwise|Separable)?Conv([123])D(?:Transpose)?$/.exec(type ?? '');
  return match?.[1] === '1' ? 1 : match?.[1] === '2' ? 2 : match?.[1] === '3' ? 3 : undefined;
}
