/** A number on which a rule turns. Defaults are choices, calibrated on small models; the docs say so. */
export interface Threshold {
  readonly default: number;
  readonly unit: 'fraction' | 'count' | 'ratio' | 'z' | 'weight' | 'none';
  readonly min: number;
  readonly max: number;
  /** One sentence: what is compared with it. */
  readonly doc: string;
}

const fraction = (value: number, doc: string): Threshold => ({
  default: value,
  unit: 'fraction',
  min: 0,
  max: 1,
  doc,
});
const count = (value: number, doc: string): Threshold => ({
  default: value,
  unit: 'count',
  min: 0,
  max: Number.MAX_SAFE_INTEGER,
  doc,
});
const ratio = (value: number, doc: string): Threshold => ({
  default: value,
  unit: 'ratio',
  min: 0,
  max: Number.MAX_VALUE,
  doc,
});
const of = (unit: Threshold['unit'], value: number, doc: string): Threshold => ({
  ...ratio(value, doc),
  unit,
});

/** Every threshold, by the name under which settings and `--threshold` change it: rule, dot, what. */
export const thresholdTable = {
  'any.elements': count(1024, 'Weights below which a layer is too small to judge.'),
  'any.side': count(8, 'Smaller side of a matrix below which it is too small to judge.'),

  // A: integrity
  'constant-tensor.elements': count(16, 'Weights below which a constant is no surprise.'),
  'still-at-init.scale': fraction(
    0.01,
    'Largest relative distance of the RMS from that of the initialiser.',
  ),
  'still-at-init.elements': count(2000, 'Weights below which no initialiser can be told.'),
  'batch-norm-variance.ratio': ratio(
    1e6,
    'Running variance over its median, or the inverse, from which it is degenerate.',
  ),
  'range-stress.subnormal': fraction(
    0.001,
    'Share of subnormal weights from which the type is too narrow.',
  ),
  'scale-imbalance.z': of(
    'z',
    6,
    'Robust z-score of log(rms·√fan-in) among layers of the same role.',
  ),
  'scale-imbalance.layers': count(8, 'Layers of a role from which they are compared.'),

  // B: sparsity
  'exact-sparsity.note': fraction(
    0.05,
    'Share of exact zeros, beyond those of rounding, from which it is reported.',
  ),
  'exact-sparsity.pruned': fraction(
    0.3,
    'Share of exact zeros from which it is consistent with pruning or proximal L1.',
  ),
  'soft-sparsity.suggestive': ratio(
    3,
    'Near-zero excess at 1e-2 from which a pile-up at zero is suggested.',
  ),
  'soft-sparsity.strong': ratio(
    10,
    'Near-zero excess at 1e-2 from which a pile-up at zero is clear, if the weights have heavy tails as well.',
  ),
  'heavy-tails.beta': of('none', 1.3, 'Shape exponent below which the weights are heavy-tailed.'),
  'heavy-tails.exkurt': of('none', 2, 'Excess kurtosis above which the weights are heavy-tailed.'),
  'dead-filters.note': fraction(0.01, 'Share of dead filters from which it is reported.'),
  'dead-filters.warn': fraction(0.1, 'Share of dead filters from which it is a warning.'),
  'nm-sparsity.conformity': fraction(0.9999, 'Share of groups that keep the pattern.'),
  'nm-sparsity.chance': fraction(
    0.99,
    'Share of groups that would keep it by chance, above which it says nothing.',
  ),
  'nm-sparsity.elements': count(4096, 'Weights below which the pattern may be chance.'),
  'block-sparsity.share': fraction(0.95, 'Share of the zeros that lie in all-zero blocks.'),
  'block-sparsity.zeros': fraction(0.1, 'Share of zeros from which blocks are looked for.'),
  'embedding-rows.low': fraction(
    0.2,
    'Norm of an embedding row over the median, below which it is hardly trained.',
  ),

  // C: weight decay
  'ineffective-weight-decay.dose': ratio(
    0.1,
    'Σ learning rate × decay over the run, below which decay hardly acted.',
  ),
  'strong-weight-decay.dose': ratio(
    30,
    'Σ learning rate × decay over the run, above which nothing of the start is left.',
  ),
  'decay-dosimeter.rows': count(
    8,
    'Rows without gradient from which their norms measure the decay.',
  ),
  'decay-dosimeter.ratio': ratio(
    0.9,
    'Norm of rows without gradient over that of the others, at most.',
  ),
  'unchecked-growth.ratio': ratio(2, 'RMS over that of the default initialiser, at least.'),
  'unchecked-growth.share': fraction(0.5, 'Share of the parameters that have grown so far.'),
  'decay-equilibrium.dose': ratio(
    3,
    'Σ learning rate × decay over the run, above which an equilibrium is expected.',
  ),
  'decay-equilibrium.factor': ratio(
    2,
    'Factor between the RMS and that of the equilibrium, at most.',
  ),
  'decayed-dead-filters.norm': ratio(
    1e-6,
    'Norm of a filter over the median, below which it has decayed to nothing.',
  ),

  // D: normalisation
  'prunable-channels.share': fraction(0.01, 'Share of scales near zero from which it is reported.'),
  'inactive-channels.share': fraction(
    0.05,
    'Share of channels that a ReLU behind keeps closed, from which it is reported.',
  ),
  'fold-gain-outlier.ratio': ratio(
    100,
    'Largest |γ|/√(v + ε) over the median, above which a channel is amplified.',
  ),
  'identity-block.scale': of(
    'weight',
    1e-3,
    'Largest |γ| of a normalisation that lets nothing through.',
  ),
  'norm-outliers.ratio': ratio(20, 'Largest |γ| over the median.'),

  // E: orthogonality
  'orthogonality.side': count(16, 'Smaller side from which orthogonality is judged.'),
  'orthogonality.index': ratio(0.8, 'Orthogonality index of the smaller side, at most.'),
  'orthogonality.isometry': ratio(0.7, 'Spread of singular values over chance, at most.'),
  'orthogonality.index-strong': ratio(0.5, 'Orthogonality index, at most, for strong evidence.'),
  'orthogonality.isometry-strong': ratio(0.35, 'Spread over chance, at most, for strong evidence.'),
  'orthogonality.z': of('z', 5, 'z-score from which it is no chance.'),
  'exactly-orthogonal.cv': ratio(
    1e-5,
    'Spread of singular values below which a matrix is orthogonal up to scale.',
  ),
  'redundant-filters.share': fraction(
    0.05,
    'Share of filters that are near-duplicates (|cos| > 0.95).',
  ),
  'redundant-filters.count': count(2, 'Near-duplicate filters, at least.'),
  'correlated-filters.index': ratio(3, 'Orthogonality index of filters, at least.'),
  'rank-collapse.relative': ratio(0.25, 'Effective rank over that of random weights, at most.'),
  'rank-collapse.energy': fraction(
    0.1,
    'Share of directions that hold 99 % of the energy, at most.',
  ),
  'ill-conditioned.cond': ratio(1e4, 'Condition number, at least.'),
  'ill-conditioned.aspect': ratio(
    0.9,
    'Smaller over larger side, at most: square random matrices are ill-conditioned by nature.',
  ),
  'signal-gain.decades': of(
    'none',
    4,
    'Powers of ten by which the signal grows or fades through the model.',
  ),
  'operator-norm.ratio': ratio(1.5, 'Norm of the convolution over that of its reshaped kernel.'),

  // F: constraints
  'spectral-norm.tolerance': fraction(0.05, 'Distance of the spectral norm from 1.'),
  'dominant-direction.gap': ratio(10, 'First eigenvalue over the second, at least.'),
  'dominant-direction.edge': ratio(
    3,
    'Largest singular value over the edge of the random bulk, at least.',
  ),
  'max-norm.share': fraction(0.05, 'Share of filters as long as the longest.'),
  'max-norm.count': count(4, 'Filters as long as the longest, at least.'),
  'max-norm.filters': count(16, 'Filters from which a shared norm is no chance.'),
  'max-norm.spread': ratio(1.5, 'Longest filter over the median, at most.'),
  'clipped-weights.share': fraction(0.02, 'Share of weights as large as the largest.'),
  'non-negative.mean': ratio(0.3, 'Mean over RMS, at least.'),

  // G: random matrices
  'heavy-tail-exponent.low': of(
    'none',
    2,
    'Power-law exponent below which the label is "over-trained".',
  ),
  'heavy-tail-exponent.high': of(
    'none',
    6,
    'Power-law exponent above which the label is "under-trained".',
  ),
  'random-like.side': count(64, 'Singular values from which noise can be told.'),
  'random-like.distance': of(
    'none',
    4,
    'Distance from noise times the number of singular values, at most.',
  ),
  'outlier-weights.excess': ratio(
    4,
    'Largest weight over what so many Gaussian weights would give.',
  ),
  'spike-energy.share': fraction(0.9, 'Share of the squared norm in spikes.'),

  // H: recurrent
  'recurrent-growth.radius': ratio(
    1.2,
    'Spectral radius of a plain recurrent layer, above which gradients may explode.',
  ),
  'recurrent-fading.norm': ratio(
    0.9,
    'Spectral norm of a plain recurrent layer, below which gradients vanish.',
  ),
  'forget-gate.mean': fraction(
    0.5,
    'Mean of the forget gate by its bias alone, below which the layer forgets early.',
  ),
  'recurrent-orthogonal.distance': of(
    'none',
    0.3,
    'Distance of the recurrent matrix from an orthogonal one, at most.',
  ),
  // I: declared
  'declared-dropout.high': fraction(0.6, 'Dropout rate from which it is unusual.'),
  'layer-scale.closed': of(
    'weight',
    1e-3,
    'Largest layer scale of a branch that lets nothing through.',
  ),
  'idle-regularizer.coefficient': of(
    'none',
    1e-8,
    'Coefficient of a penalty below which it does nothing.',
  ),

  // J: the whole model
  'rising-validation.evaluations': count(
    3,
    'Evaluations in a row in which the validation loss rises.',
  ),
  'rising-validation.gap': fraction(
    0.25,
    'Share of the validation loss by which the training loss is lower.',
  ),
  'contradiction.l1': of('none', 1e-5, 'Declared L1 coefficient from which a trace is expected.'),
  'contradiction.near-zero': ratio(1.5, 'Near-zero excess at 1e-2 below which L1 left no trace.'),
  'contradiction.orthogonality': ratio(
    0.95,
    'Orthogonality index above which a declared penalty left no trace.',
  ),
  'contradiction.max-norm': ratio(1.01, 'Filter norm over the declared limit, at least.'),
} as const satisfies Readonly<Record<string, Threshold>>;
