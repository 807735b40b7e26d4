import { describe } from './describe';

const ioffe = 'Ioffe & Szegedy, ICML 2015';
const jacob = 'Jacob et al., CVPR 2018, 3.2';

/** Of the channels of a batch normalization. */
export const batchNorm = describe('norms', [
  [
    'bn.gain.median',
    'Median gain of batch norm',
    'ratio',
    'Factor by which the middle channel is multiplied in evaluation.',
    'median_c |γ_c|/√(v_c + ε)',
    'What the layer before makes of its inputs is multiplied by this.',
    'none: γ and the running variance set it',
    jacob,
  ],
  [
    'bn.gain.max',
    'Largest gain of batch norm',
    'ratio',
    'Factor by which the most amplified channel is multiplied in evaluation.',
    'max_c |γ_c|/√(v_c + ε)',
    'Far above the median: a channel of almost no variance, whose noise is amplified.',
    'a few times the median',
    jacob,
  ],
  [
    'bn.inactive(1e-3)',
    'Channels closed to a ReLU',
    'fraction',
    'Share of channels that are positive less than once in a thousand times, if what is normalized is Gaussian.',
    '#{c : Φ(β_c/|γ_c|) < 1e-3} / m',
    'Where a ReLU follows directly these channels are all but dead; elsewhere it says nothing.',
    '0 for β = 0',
    ioffe,
  ],
]);
