import type { Technique } from './technique';

/** All techniques, in the order of the catalogue. How one is added to code is a recipe of its own. */
export const techniques: readonly Technique[] = [
  {
    id: 'l1',
    title: 'L1',
    summary: 'Pulls every weight towards zero by the same amount, so that small ones vanish.',
  },
  {
    id: 'l2',
    title: 'L2 (weight decay)',
    summary: 'Shrinks every weight in proportion to its size, so that large ones cost most.',
  },
  {
    id: 'orthogonality',
    title: 'Orthogonality',
    summary: 'Pulls W Wᵀ towards the identity, so that filters stay apart and of equal length.',
  },
  {
    id: 'dropout',
    title: 'Dropout',
    summary: 'Zeroes activations at random in training, so that units do not rely on each other.',
  },
  {
    id: 'batch-norm',
    title: 'Batch normalization',
    summary: 'Normalizes each channel over the batch, whose randomness also regularizes.',
  },
  {
    id: 'augmentation',
    title: 'Data augmentation',
    summary: 'Trains on randomly changed inputs whose labels stay the same.',
  },
  {
    id: 'dropconnect',
    title: 'DropConnect',
    summary: 'Zeroes weights instead of activations at random in training.',
  },
  {
    id: 'fractional-pooling',
    title: 'Fractional pooling',
    summary: 'Pools over regions of random size, so that the network sees many grids.',
  },
  {
    id: 'stochastic-depth',
    title: 'Stochastic depth',
    summary: 'Skips whole residual branches at random in training.',
  },
  {
    id: 'cutout',
    title: 'Cutout',
    summary: 'Masks a random square of each training image.',
  },
  {
    id: 'mixup',
    title: 'Mixup',
    summary: 'Trains on weighted means of two samples and of their labels.',
  },
  {
    id: 'spectral-norm',
    title: 'Spectral normalization',
    summary: 'Divides a weight by its largest singular value, so that the layer cannot amplify.',
    isRelated: true,
  },
  {
    id: 'label-smoothing',
    title: 'Label smoothing',
    summary:
      'Mixes the labels with the uniform distribution, so that no output is pushed to 0 or 1.',
    isRelated: true,
  },
  {
    id: 'gradient-clipping',
    title: 'Gradient clipping',
    summary:
      'Limits the norm of the gradient, so that one batch cannot throw the weights far away.',
    isRelated: true,
  },
  {
    id: 'max-norm',
    title: 'Max-norm constraint',
    summary: 'Scales back every unit whose incoming weights grow longer than a limit.',
    isRelated: true,
  },
];
