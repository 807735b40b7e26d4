import type { FindingsView } from '../../src/protocol/viewApi';

/** What the rules might say of the scenes' checkpoint: each severity, with and without layers, with everything a finding can hold. */
export const findings: FindingsView = {
  findings: [
    {
      rule: 'J4',
      name: 'declared-but-not-measured',
      title: 'L1 is declared, but the weights do not show it',
      layers: ['classifier.fc1'],
      severity: 'warn',
      confidence: 'strong',
      class: 'declared',
      evidence: [
        { name: 'nze(0.01)', value: 1.02, threshold: '≥ 1.5', where: 'classifier.fc1' },
        { name: 'kernel_regularizer.l1', value: 0.001, where: 'config.json' },
      ],
      message:
        'L1 with strength 0.001 is declared for fc1, whose weights are no closer to zero than chance.',
      caveats: ['The regularizer may have been in force only at the start of training.'],
      suggestion: 'If sparsity is wanted, a proximal step gives exact zeros.',
      techniques: ['l1'],
      sources: ['Tibshirani 1996'],
    },
    {
      rule: 'B1',
      name: 'exact-sparsity',
      title: 'Many exact zeros',
      layers: ['classifier.fc1', 'classifier.fc2'],
      severity: 'note',
      confidence: 'strong',
      class: 'measured',
      evidence: [{ name: 'zero.frac', value: 0.61, threshold: '≥ 0.05', where: 'classifier.fc1' }],
      message: '61 % of the weights are exactly zero: consistent with pruning or proximal L1.',
      caveats: ['Quantization rounds small weights to zero.'],
      techniques: [],
      sources: [],
    },
    {
      rule: 'J3',
      name: 'cannot-be-determined',
      title: 'Dropout cannot be determined from this file',
      layers: [],
      severity: 'info',
      confidence: 'certain',
      class: 'structural',
      evidence: [],
      message:
        'A state dict holds no trace of dropout: that it is not visible does not mean that it was not used.',
      caveats: [],
      techniques: ['dropout'],
      sources: [],
    },
  ],
  techniques: [
    {
      technique: 'l1',
      title: 'L1',
      verdict: 'declared',
      message: 'kernel_regularizer with l1 = 0.001 on one layer.',
      evidence: [
        { name: 'kernel_regularizer.l1', value: 0.001, where: 'config.json', class: 'declared' },
      ],
    },
    {
      technique: 'dropout',
      title: 'Dropout',
      verdict: 'undeterminable',
      message: 'A state dict cannot show dropout.',
      evidence: [],
    },
    {
      technique: 'mixup',
      title: 'Mixup',
      verdict: 'absent',
      message: 'The recorded arguments list augmentation, and no mixup.',
      evidence: [],
    },
  ],
};
