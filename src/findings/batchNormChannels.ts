import { rectifiedNorms } from './evidence/rectified';
import { nonFiniteCountOf, numberOf, numbersOf, weightCountOf } from './facts';
import type { Rule } from './rule';
import { atLeast, digits, evidence, percent } from './text';

/** Channels below which shares and medians of them say little. */
const minChannels = 8;

export const inactiveChannels: Rule = {
  id: 'D2',
  name: 'inactive-channels',
  title: 'Channels that stay closed behind batch normalisation',
  class: 'measured',
  severity: 'note',
  condition:
    'share of channels with Φ(β/|γ|) < 1e-3, where the file has a convolution or dense layer before the normalisation and a ReLU directly behind it (Keras or TensorFlow.js configuration, Sequential of a pickled PyTorch model)',
  rationale:
    'The normalisation gives every channel mean β and deviation |γ|. A ReLU behind it passes nothing of a channel whose β is far below zero.',
  caveats: [
    'What is normalised is taken for Gaussian; a channel with rare large values may be alive',
    'Channels that a penalty on γ has closed',
  ],
  suggestion:
    'Count on data how often these channels are positive; prune those that never are. If there are many, try a lower learning rate or a leaky ReLU',
  techniques: [],
  sources: ['Ioffe & Szegedy, ICML 2015', 'Mehta, Kim & Theobalt, CVPR 2019'],
  thresholds: ['inactive-channels.share', 'identity-block.scale'],
  *find(facts) {
    const limit = facts.threshold('inactive-channels.share');
    const rectified = rectifiedNorms(facts);
    if (rectified.size === 0) return;
    for (const layer of facts.layersOf('norm_scale')) {
      const share = numberOf(layer, 'bn.inactive(1e-3)');
      const linf = numberOf(layer, 'linf');
      const count = weightCountOf(layer);
      if (share === undefined || share === 0 || share < limit || count < minChannels) continue;
      // All of γ at zero: that the branch is closed is another rule's to say.
      if (linf === undefined || linf < facts.threshold('identity-block.scale')) continue;
      if (!rectified.has(facts.declaredOf(layer)?.name ?? layer.name)) continue;
      yield {
        layer: layer.name,
        confidence: 'suggestive',
        strength: share,
        evidence: [evidence('bn.inactive(1e-3)', share, atLeast(limit))],
        message: `${Math.round(share * count)} of ${count} channels (${percent(share)}) are positive less than once in a thousand times if their input is Gaussian, consistent with units that the ReLU behind keeps closed.`,
      };
    }
  },
};

export const gainOutliers: Rule = {
  id: 'D3',
  name: 'fold-gain-outlier',
  title: 'Batch normalisation amplifies a channel',
  class: 'measured',
  severity: 'warn',
  condition: 'largest |γ|/√(v + ε) over the median of the layer',
  rationale:
    'A channel of almost no running variance is multiplied by a huge factor: in evaluation its noise is amplified, and folded into the weights it takes up the range of a quantised type.',
  caveats: [
    'ε is assumed where the file has none',
    'Channels that are padding or see almost no input',
  ],
  suggestion:
    'Estimate the running statistics anew on data; quantise with a scale for each channel, or prune the channel',
  techniques: [],
  sources: ['Ioffe & Szegedy, ICML 2015', 'Jacob et al., CVPR 2018, 3.2'],
  thresholds: ['fold-gain-outlier.ratio'],
  *find(facts) {
    const limit = facts.threshold('fold-gain-outlier.ratio');
    for (const layer of facts.layersOf('norm_scale')) {
      const values = numbersOf(layer, 'bn.gain.max', 'bn.gain.median');
      if (!values || weightCountOf(layer) < minChannels || nonFiniteCountOf(layer) > 0) continue;
      const { 'bn.gain.max': max, 'bn.gain.median': median } = values;
      if (!(median > 0) || max <= limit * median) continue;
      yield {
        layer: layer.name,
        confidence: 'strong',
        strength: max / median,
        evidence: [
          evidence('bn.gain.max', max, `> ${digits(limit)} × median`),
          evidence('bn.gain.median', median),
        ],
        message: `one channel is multiplied by ${digits(max)}, ${digits(max / median)} times the median: consistent with a channel of almost no variance, whose noise is amplified.`,
      };
    }
  },
};
