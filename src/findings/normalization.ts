import { gainOutliers, inactiveChannels } from './batchNormChannels';
import { nonFiniteCountOf, numberOf, numbersOf, weightCountOf } from './facts';
import type { Rule } from './rule';
import { atLeast, digits, evidence, percent } from './text';

/** Channels below which shares of them say little. */
const minChannels = 8;

const prunableChannels: Rule = {
  id: 'D1',
  name: 'prunable-channels',
  title: 'Channels that batch normalisation has closed',
  class: 'measured',
  severity: 'note',
  condition:
    'share of scales |γ| below a hundredth of their RMS, in layers with running statistics',
  rationale:
    'An L1 penalty on γ (network slimming) closes channels; Adam with L2 does so unasked. What they carry can be folded into the next bias.',
  caveats: ['Scales that start at zero', 'Scales stored as γ − 1'],
  suggestion:
    'Remove these channels; what the activation makes of their shift goes into the next bias',
  techniques: [],
  sources: ['Liu et al., ICCV 2017', 'Mehta, Kim & Theobalt, CVPR 2019'],
  thresholds: ['prunable-channels.share', 'identity-block.scale'],
  *find(facts) {
    for (const layer of facts.layersOf('norm_scale')) {
      const values = numbersOf(layer, 'linf', 'mean', 'rms', 'zero.frac', 'near.frac(1e-2)');
      if (!values || weightCountOf(layer) < minChannels || nonFiniteCountOf(layer) > 0) continue;
      if (facts.companions(layer, 'running_stat').length === 0) continue;
      if (values.linf < facts.threshold('identity-block.scale')) continue;
      // Around 0 where γ − 1 is stored.
      if (Math.abs(values.mean) < 0.1 * values.rms) continue;
      const share = values['zero.frac'] + (1 - values['zero.frac']) * values['near.frac(1e-2)'];
      const limit = facts.threshold('prunable-channels.share');
      if (share < limit || share === 0) continue;
      yield {
        layer: layer.name,
        confidence: 'strong',
        strength: share,
        evidence: [
          evidence('zero.frac', values['zero.frac']),
          evidence('near.frac(1e-2)', values['near.frac(1e-2)'], `together ${atLeast(limit)}`),
        ],
        message: `${percent(share)} of the ${weightCountOf(layer)} scales are all but zero, consistent with a penalty on γ or with channels that weight decay closed.`,
      };
    }
  },
};

const identityBlock: Rule = {
  id: 'D4',
  name: 'identity-block',
  title: 'Branch that is closed',
  class: 'measured',
  severity: 'note',
  condition: 'max |γ| of a normalisation or of a layer scale',
  rationale:
    'Nothing passes: a branch that started at zero and never opened, or that training closed again.',
  caveats: [
    'Zero-initialised residual branches early in training',
    'LayerScale starts at 1e-5 or 1e-6 in deep models',
  ],
  suggestion: 'If the model is trained to the end, the branch can be left out',
  techniques: ['stochastic-depth'],
  sources: ['Goyal et al., arXiv 1706.02677', 'Touvron et al., ICCV 2021'],
  thresholds: ['identity-block.scale'],
  *find(facts) {
    const limit = facts.threshold('identity-block.scale');
    for (const layer of facts.layersOf('norm_scale', 'layer_scale')) {
      const linf = numberOf(layer, 'linf');
      if (linf === undefined || linf >= limit || weightCountOf(layer) < minChannels) continue;
      if (nonFiniteCountOf(layer) > 0) continue;
      yield {
        layer: layer.name,
        confidence: 'strong',
        strength: limit - linf,
        evidence: [evidence('linf', linf, `< ${digits(limit)}`)],
        message: `no scale is larger than ${digits(linf)}: consistent with a branch that never opened or was closed, as what this layer scales hardly reaches the output.`,
      };
    }
  },
};

const normOutliers: Rule = {
  id: 'D5',
  name: 'norm-outliers',
  title: 'Outlier channels of a normalisation',
  class: 'measured',
  severity: 'info',
  condition: 'max |γ| over the median, in normalisations without running statistics',
  rationale: 'A few channels far larger than the others make activations hard to quantise.',
  caveats: ['Common in large language models'],
  techniques: [],
  sources: ['Dettmers et al., NeurIPS 2022', 'Wei et al., NeurIPS 2022'],
  thresholds: ['norm-outliers.ratio'],
  *find(facts) {
    for (const layer of facts.layersOf('norm_scale')) {
      const values = numbersOf(layer, 'linf', 'quantile(0.5)');
      if (!values || weightCountOf(layer) < minChannels || nonFiniteCountOf(layer) > 0) continue;
      if (facts.companions(layer, 'running_stat').length > 0) continue;
      const median = values['quantile(0.5)'];
      const limit = facts.threshold('norm-outliers.ratio');
      // Around 0 where γ − 1 is stored.
      if (!(median > 0) || values.linf <= limit * median) continue;
      yield {
        layer: layer.name,
        confidence: 'strong',
        strength: values.linf / median,
        evidence: [
          evidence('linf', values.linf, `> ${digits(limit)} × median`),
          evidence('quantile(0.5)', median),
        ],
        message: `the largest scale is ${digits(values.linf / median, 2)} times the median, consistent with outlier channels.`,
      };
    }
  },
};

/** Scales of batch, layer and other normalisations. */
export const normalization: readonly Rule[] = [
  prunableChannels,
  inactiveChannels,
  gainOutliers,
  identityBlock,
  normOutliers,
];
