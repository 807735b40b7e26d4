/** How large weights are, against what decay or its absence would give. */
import type { LayerReport } from '../core/report';
import { activeSightings } from './evidence';
import { normPairs } from './evidence/normPairs';
import { groupFacts } from './evidence/optimizers';
import { blockOf, numberOf, type Facts } from './facts';
import type { Rule } from './rule';
import { atLeast, digits, evidence, percent } from './text';

export const growth: Rule = {
  id: 'C7',
  name: 'unchecked-growth',
  title: 'Weights grown, no decay known',
  class: 'measured',
  severity: 'note',
  condition:
    'No decay, L2 or max-norm is recorded, and weights of the default initialiser would have grown by more than the limit in half of the parameters that no norm rescales.',
  rationale: 'Without anything that holds them, weights grow for as long as training goes on.',
  caveats: [
    'The initialiser is assumed to be the default of the framework',
    'Long training grows weights of healthy models too',
    'Orthogonality and Adam without decay gave factors up to 1.9 on small models',
  ],
  suggestion: 'If validation is worse than training, try weight decay or stop earlier.',
  techniques: ['l2'],
  sources: ['Krogh & Hertz, NeurIPS 1991'],
  thresholds: ['unchecked-growth.ratio', 'unchecked-growth.share'],
  *find(facts) {
    if (activeSightings(facts, 'l2', 'max-norm').length > 0) return;
    const rescaled = new Set(normPairs(facts).map(({ layer }) => layer.name));
    const limit = facts.threshold('unchecked-growth.ratio');
    const judged = facts.eligible.flatMap((layer) => {
      const factor = growthOf(layer, facts);
      const isJudged = layer.role !== 'recurrent' && !rescaled.has(layer.name);
      return isJudged && factor !== undefined ? [{ layer, factor }] : [];
    });
    const total = sum(judged.map(({ layer }) => layer.parameterCount));
    const grown = judged.filter(({ factor }) => factor > limit);
    const share = sum(grown.map(({ layer }) => layer.parameterCount)) / total;
    if (grown.length === 0 || share < facts.threshold('unchecked-growth.share')) return;
    const largest = grown.reduce((a, b) => (a.factor > b.factor ? a : b));
    yield {
      confidence: 'suggestive',
      message: `${percent(share)} of the weights that no norm rescales are more than ${digits(limit)} times as large as the framework's default start, most of all ${largest.layer.name} (${digits(largest.factor)} times), and nothing in the file says that they are decayed; that is consistent with training without decay.`,
      evidence: [
        { ...evidence('rms', numberOf(largest.layer, 'rms') ?? 0), where: largest.layer.name },
        {
          ...evidence('init_ratio', largest.factor, `> ${digits(limit)}`),
          where: largest.layer.name,
        },
        evidence('share of parameters', share, atLeast(facts.threshold('unchecked-growth.share'))),
      ],
    };
  },
};

export const equilibrium: Rule = {
  id: 'C8',
  name: 'decay-equilibrium',
  title: 'Weights in equilibrium with decay',
  class: 'measured',
  severity: 'info',
  condition:
    'AdamW with a dose above the limit; the RMS of a layer before batch norm is within a factor of √(η/2λ).',
  rationale:
    'Where a norm follows, updates and decay balance at a size that learning rate and decay alone decide.',
  caveats: ['A rate that fell to zero keeps the size of an earlier rate'],
  techniques: ['l2', 'batch-norm'],
  sources: ['Kosson, Messmer & Jaggi (Rotational Equilibrium), ICML 2024'],
  thresholds: ['decay-equilibrium.dose', 'decay-equilibrium.factor'],
  *find(facts) {
    const factor = facts.threshold('decay-equilibrium.factor');
    const group = groupFacts(facts).find(
      ({ dose, equilibriumRms }) =>
        equilibriumRms && dose && dose[0] > facts.threshold('decay-equilibrium.dose'),
    );
    if (!group?.equilibriumRms || !group.dose) return;
    const [low, high] = group.equilibriumRms;
    for (const { layer, by } of normPairs(facts)) {
      const rms = numberOf(layer, 'rms');
      if (by !== 'batch norm' || rms === undefined || rms === 0) continue;
      if (rms < low / factor || rms > high * factor) continue;
      yield {
        layer: layer.name,
        confidence: 'strong',
        message: `its RMS ${digits(rms)} is near the ${digits(high)} that weight decay ${digits(group.weightDecay ?? 0)} and learning rate ${digits(group.peakLr ?? 0)} lead to, consistent with weights in equilibrium.`,
        evidence: [
          evidence('rms', rms),
          { name: 'wd.eq_rms', value: high, where: group.where },
          { name: 'wd.dose', value: group.dose[0], where: group.where },
        ],
      };
    }
  },
};

export const scaleInvariance: Rule = {
  id: 'C9',
  name: 'scale-invariant-weights',
  title: 'Length of the weights has no effect',
  class: 'structural',
  severity: 'info',
  condition:
    'Batch norm follows directly in the file, or the weight is stored as direction and length.',
  rationale:
    'The norm divides the length out again: it sets the effective learning rate and says nothing of capacity.',
  caveats: ['Told by the order in the file, which need not be the order of the computation'],
  techniques: ['l2', 'batch-norm'],
  sources: ['van Laarhoven, arXiv 1706.05350'],
  thresholds: [],
  *find(facts) {
    for (const { layer, norm, by } of normPairs(facts)) {
      yield {
        layer: layer.name,
        confidence: 'certain',
        message: `${by} (${norm}) divides its length out, so its own norms do not measure the function.`,
        evidence: [{ name: 'followed by', value: norm }],
      };
    }
  },
};

/** RMS over that of the framework's default initialiser; undefined where the framework is not known. */
function growthOf(layer: LayerReport, { framework }: Facts): number | undefined {
  const rms = numberOf(layer, 'rms');
  const block = blockOf(layer);
  if (rms === undefined || !block || block.k === 0) return undefined;
  switch (framework) {
    case 'pytorch':
      return rms * Math.sqrt(3 * block.k);
    case 'jax':
      return rms * Math.sqrt(block.k);
    case 'keras':
    case 'tfjs': {
      // Glorot counts the positions of a kernel on both sides.
      const [channels = 1, units = 1] = layer.shape.slice(-2);
      const positions = layer.shape.length > 2 ? block.k / channels : 1;
      return rms * Math.sqrt((block.k + units * positions) / 2);
    }
    case 'tensorflow':
    case 'numpy':
    case 'unknown':
      return undefined;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
