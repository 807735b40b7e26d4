import type { MetricDescriptor } from '../../src/core/metric';

/** What the page says of numbers that only a comparison has; the change of a metric is explained by the metric. */
export const changeDescriptors: readonly MetricDescriptor[] = [
  {
    id: 'match',
    title: 'How the layers were matched',
    family: 'integrity',
    unit: 'fraction',
    meaning: 'Why two layers are taken for the same one, and how sure that is.',
    formula: 'name, name without wrappers, renamed prefix, shape and order, weights',
    reading:
      'Empty: both have the same name. Below 100 % the numbers may compare two different layers.',
    baseline: 'does not apply',
    source: 'RegLens',
  },
  {
    id: 'change.relative',
    title: 'Relative change',
    family: 'norms',
    unit: 'ratio',
    meaning: 'How far the weights of the layer moved, as a share of how large they were.',
    formula: '‖W_B − W_A‖F / ‖W_A‖F',
    reading:
      '0: nothing changed. 1: it moved as far as it was large. ∞: it was zero, or is no longer finite.',
    baseline: '√2 for two independent layers of equal norm',
    source: 'Golub and Van Loan, Matrix Computations',
  },
  {
    id: 'change.cosine',
    title: 'Cosine of A and B',
    family: 'norms',
    unit: 'none',
    meaning: 'Whether the weights point the same way, whatever their size.',
    formula: '⟨W_A, W_B⟩ / (‖W_A‖ ‖W_B‖)',
    reading: '1: the same up to a factor. 0: unrelated.',
    baseline: '0 ± 1/√n for two independent layers of n weights',
    source: 'Golub and Van Loan, Matrix Computations',
  },
  {
    id: 'change.newZeros',
    title: 'New zeros',
    family: 'sparsity',
    unit: 'elements',
    meaning: 'Weights that are exactly zero in B and were not in A.',
    formula: '#{W_B = 0 and W_A ≠ 0}',
    reading: 'Many: pruning, or an L1 penalty with a proximal step, between the two.',
    baseline: '0 for dense training',
    source: 'RegLens',
  },
  {
    id: 'change.rank',
    title: 'Effective rank of ΔW',
    family: 'spectrum',
    unit: 'none',
    meaning: 'In how many directions the layer was changed.',
    formula: 'exp(−Σ p log p), p = σ / Σσ of W_B − W_A',
    reading: 'Low: the change lies in few directions, as low-rank adaptation leaves it.',
    baseline: 'almost the smaller side for a random change',
    source: 'Roy and Vetterli, EUSIPCO 2007',
  },
];
