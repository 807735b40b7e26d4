import type { MetricDescriptor } from '../../src/core/metric';

const describeMetric = (
  id: string,
  title: string,
  family: MetricDescriptor['family'],
  unit: MetricDescriptor['unit'],
  rest: Partial<MetricDescriptor> = {},
): MetricDescriptor => ({
  id,
  title,
  family,
  unit,
  meaning: `${title} of the weights of this layer.`,
  formula: `${id} = f(W)`,
  reading: 'Higher means more of it.',
  baseline: 'what Gaussian entries give',
  source: 'Golub and Van Loan, Matrix Computations',
  ...rest,
});

/** A catalogue of the metrics that the page knows by name, and some more. */
export const catalogue: readonly MetricDescriptor[] = [
  describeMetric('n_nan', 'NaN', 'integrity', 'elements', { baseline: '0' }),
  describeMetric('zero.frac', 'Zeros', 'sparsity', 'fraction', {
    meaning: 'Share of weights that are exactly zero.',
    formula: '#{x = 0} / n',
    reading: 'Higher means sparser: pruning, or an L1 penalty with a proximal step.',
    baseline: '0 for dense training',
  }),
  describeMetric('near.excess(1e-2)', 'Near-zero excess', 'sparsity', 'ratio', {
    meaning: 'How many more weights lie near zero than a Gaussian of this scale has there.',
    formula: '#{0 < |x| < 0.01·rms} / (n·erf(0.01/√2))',
    reading: 'Above 1 means more weights near zero than chance: shrinkage such as L1.',
    baseline: '1 for a Gaussian',
  }),
  describeMetric('row.zero', 'Dead rows', 'sparsity', 'count'),
  describeMetric('hoyer', 'Hoyer sparsity', 'sparsity', 'none'),
  describeMetric('l1', 'L1 norm', 'norms', 'weight'),
  describeMetric('l2', 'Frobenius norm', 'norms', 'weight', { formula: '√Σ x²' }),
  describeMetric('linf', 'Largest magnitude', 'norms', 'weight'),
  describeMetric('rms', 'Root mean square', 'norms', 'weight'),
  describeMetric('row.l2', 'Norm per filter', 'norms', 'weight', { array: true }),
  describeMetric('mean', 'Mean', 'shape', 'weight'),
  describeMetric('std', 'Standard deviation', 'shape', 'weight'),
  describeMetric('exkurt', 'Excess kurtosis', 'shape', 'none'),
  describeMetric('OI_row', 'Orthogonality index', 'orthogonality', 'ratio', {
    meaning: 'How correlated the filters are, against filters in random directions.',
    formula: '√(k · mean c²) over pairs of rows',
    reading: '0 means orthogonal, 1 random directions, above 1 correlated.',
    baseline: '1 for random directions',
    source: 'Bansal, Chen and Wang 2018',
  }),
  describeMetric('redundant(0.95)', 'Redundant filters', 'orthogonality', 'count'),
  describeMetric('sigma1', 'Spectral norm', 'spectrum', 'weight', { formula: 'σ₁' }),
  describeMetric('srank', 'Stable rank', 'spectrum', 'none', { formula: '‖W‖F² / σ₁²' }),
  describeMetric('erank_sigma', 'Effective rank', 'spectrum', 'none'),
  describeMetric('cond', 'Condition number', 'spectrum', 'ratio', { formula: 'σ₁ / σ_p' }),
  describeMetric('singular_values', 'Singular values', 'spectrum', 'weight', { array: true }),
  describeMetric('mp.edge', 'Bulk edge', 'marchenko-pastur', 'weight²'),
  describeMetric('mp.num_spikes', 'Spikes above the bulk', 'marchenko-pastur', 'count'),
  describeMetric('alpha', 'Power-law exponent', 'heavy-tail', 'none'),
];
