/** What one step of a model does, as far as regularizing it depends on that. */
export type OperationKind =
  | 'linear'
  | 'convolution'
  | 'activation'
  | 'dropout'
  | 'batchNorm'
  /** Normalizes over something else than the batch. */
  | 'norm'
  | 'pool'
  /** Moves or renames values only: flatten, view, identity. */
  | 'reshape'
  | 'softmax'
  /** A `nn.Sequential` held by a module class. */
  | 'sequence'
  | 'other';

const activations =
  'ReLU|ReLU6|LeakyReLU|PReLU|RReLU|ELU|SELU|CELU|GELU|SiLU|Mish|Hardswish|Hardtanh|Tanh|Sigmoid|Softplus|Softsign';

const byOrigin: readonly (readonly [pattern: RegExp, kind: OperationKind])[] = [
  [/^torch\.nn\.(?:Lazy)?Linear$/, 'linear'],
  [/^torch\.nn\.(?:Lazy)?Conv(?:Transpose)?[123]d$/, 'convolution'],
  [new RegExp(`^torch\\.nn\\.(?:${activations})$`), 'activation'],
  [
    /^torch\.nn\.functional\.(?:relu6?_?|leaky_relu_?|prelu|rrelu_?|elu_?|selu_?|celu_?|gelu|silu|mish|hardswish|hardtanh_?|tanh|sigmoid|softplus|softsign)$/,
    'activation',
  ],
  [/^torch\.(?:relu_?|tanh_?|sigmoid_?)$/, 'activation'],
  [/^torch\.nn\.(?:Dropout[123]?d?|AlphaDropout|FeatureAlphaDropout)$/, 'dropout'],
  [/^torch\.nn\.functional\.(?:dropout[123]?d?|alpha_dropout|feature_alpha_dropout)$/, 'dropout'],
  [/^torch\.nn\.(?:(?:Lazy)?BatchNorm[123]d|SyncBatchNorm)$/, 'batchNorm'],
  [/^torch\.nn\.functional\.batch_norm$/, 'batchNorm'],
  [
    /^torch\.nn\.(?:LayerNorm|GroupNorm|RMSNorm|LocalResponseNorm|(?:Lazy)?InstanceNorm[123]d)$/,
    'norm',
  ],
  [/^torch\.nn\.(?:Adaptive|Fractional)?(?:Max|Avg|LP)Pool[123]d$/, 'pool'],
  [/^torch\.nn\.functional\.(?:adaptive_|fractional_)?(?:max|avg|lp)_pool[123]d$/, 'pool'],
  [/^torch\.max_pool[123]d$/, 'pool'],
  [/^torch\.nn\.(?:Flatten|Unflatten|Identity)$/, 'reshape'],
  [/^torch\.(?:flatten|reshape|squeeze|unsqueeze)$/, 'reshape'],
  [/^torch\.nn\.(?:Log)?Softmax$/, 'softmax'],
  [/^torch\.nn\.functional\.(?:log_)?softmax$/, 'softmax'],
  [/^torch\.(?:log_)?softmax$/, 'softmax'],
  [/^torch\.nn\.Sequential$/, 'sequence'],
];

/** The kind of a class of torch.nn or of a function, by its dotted origin. */
export function kindOfOrigin(origin: string | undefined): OperationKind {
  if (origin === undefined) return 'other';
  return byOrigin.find(([pattern]) => pattern.test(origin))?.[1] ?? 'other';
}

const tensorMethods: ReadonlyMap<string, OperationKind> = new Map([
  ['view', 'reshape'],
  ['reshape', 'reshape'],
  ['flatten', 'reshape'],
  ['squeeze', 'reshape'],
  ['unsqueeze', 'reshape'],
  ['contiguous', 'reshape'],
  ['relu', 'activation'],
  ['relu_', 'activation'],
  ['tanh', 'activation'],
  ['sigmoid', 'activation'],
  ['softmax', 'softmax'],
  ['log_softmax', 'softmax'],
]);

/** The kind of `x.relu()`: a method of a tensor. */
export function kindOfMethod(name: string): OperationKind {
  return tensorMethods.get(name) ?? 'other';
}
