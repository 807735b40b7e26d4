import { blockOf, numberOf, numbersOf } from './facts';
import { initializerOf } from './initializers';
import type { Rule } from './rule';
import { atMost, digits, evidence, percent } from './text';

const heavyTailExponent: Rule = {
  id: 'G1',
  name: 'heavy-tail-exponent',
  title: 'Exponent of the heavy tail',
  class: 'measured',
  severity: 'info',
  condition: 'power-law exponent α of the spectrum, where the fit is good enough to quote it',
  rationale:
    'WeightWatcher labels layers with small α "over-trained" and with large α "under-trained".',
  caveats: [
    'Compares checkpoints of one model, not one model with another',
    'Small α was met in strongly regularised layers of models that generalised better',
    'A log-normal spectrum passes for a power law',
  ],
  techniques: [],
  sources: ['Martin & Mahoney, JMLR 2021', 'Martin, Peng & Mahoney, Nature Communications 2021'],
  thresholds: ['heavy-tail-exponent.low', 'heavy-tail-exponent.high'],
  *find(facts) {
    for (const layer of facts.eligible) {
      const values = numbersOf(layer, 'alpha', 'alpha.gated', 'D', 'tail');
      if (values?.['alpha.gated'] !== 1) continue;
      const low = facts.threshold('heavy-tail-exponent.low');
      const high = facts.threshold('heavy-tail-exponent.high');
      const isLow = values.alpha < low;
      if (!isLow && values.alpha <= high) continue;
      yield {
        layer: layer.name,
        confidence: 'suggestive',
        strength: isLow ? low - values.alpha : values.alpha - high,
        evidence: [
          evidence('alpha', values.alpha, isLow ? `< ${digits(low)}` : `> ${digits(high)}`),
          evidence('D', values.D),
          evidence('tail', values.tail),
        ],
        message: `the tail of the spectrum has α = ${digits(values.alpha)}, consistent with what WeightWatcher labels "${isLow ? 'over-trained' : 'under-trained'}". On its own it says nothing of over-fitting.`,
      };
    }
  },
};

const randomLike: Rule = {
  id: 'G2',
  name: 'random-like',
  title: 'Like random weights',
  class: 'measured',
  severity: 'note',
  condition:
    'no eigenvalue beyond the random bulk, also with rows normalised, and a small distance from the Marchenko–Pastur law',
  rationale: 'A spectrum that cannot be told from noise holds little that was learned.',
  caveats: [
    'What a very wide layer learned may stay below the edge of the noise',
    'Noise of large learning rates without decay',
    'Hashed or permuted layers',
  ],
  suggestion:
    'Look at learning rate and weight decay of this layer; see what the model loses without it',
  techniques: [],
  sources: ['Martin & Mahoney, JMLR 2021', 'Ke, Ma & Lin, JASA 2023'],
  thresholds: ['random-like.side', 'random-like.distance'],
  *find(facts) {
    for (const layer of facts.eligible) {
      const p = blockOf(layer)?.p ?? 0;
      const values = numbersOf(layer, 'mp.num_spikes', 'mp.D_bulk');
      if (!values || layer.blocks > 1 || p < facts.threshold('random-like.side')) continue;
      const spikes = Math.min(
        values['mp.num_spikes'],
        numberOf(layer, 'mp_rn.num_spikes') ?? Infinity,
      );
      const distance = p * values['mp.D_bulk'];
      const limit = facts.threshold('random-like.distance');
      if (spikes > 0 || distance > limit || initializerOf(layer, facts)) continue;
      yield {
        layer: layer.name,
        confidence: 'strong',
        strength: limit - distance,
        evidence: [
          evidence('mp.num_spikes', spikes, '0'),
          evidence('p·mp.D_bulk', distance, atMost(limit)),
        ],
        message:
          'the spectrum cannot be told from that of random weights: consistent with a layer that has learned little, or whose structure is hidden in noise.',
      };
    }
  },
};

const elementTrap: Rule = {
  id: 'G3',
  name: 'element-trap',
  title: 'Outlier or mean that shows in the spectrum',
  class: 'measured',
  severity: 'note',
  condition: 'max|x|/s > (Np)^¼, or |mean|/s > (Np)^−¼',
  rationale:
    'These two alone put a spike into the spectrum of the shuffled weights (a "correlation trap").',
  caveats: [
    'A shifted mean is natural before inputs that are never negative, and in last layers',
    'Single large weights of language models can be vital: do not prune them blindly',
  ],
  suggestion:
    'Where training is unstable, a lower learning rate or gradient clipping keeps single weights from running away',
  techniques: ['gradient-clipping'],
  sources: [
    'Benaych-Georges & Nadakuditi, 2012',
    'Martin & Mahoney, JMLR 2021',
    'Yu et al., arXiv 2411.07191',
  ],
  thresholds: [],
  *find(facts) {
    for (const layer of facts.eligible) {
      const values = numbersOf(layer, 'linf', 'mean', 'std');
      const block = blockOf(layer);
      if (!values || !block || !(values.std > 0)) continue;
      const limit = (block.m * block.k) ** 0.25;
      const outlier = values.linf / values.std;
      const shift = Math.abs(values.mean) / values.std;
      const isOutlier = outlier > limit;
      if (!isOutlier && shift <= 1 / limit) continue;
      yield {
        layer: layer.name,
        confidence: 'strong',
        strength: Math.max(outlier / limit, shift * limit),
        evidence: [
          isOutlier
            ? evidence('linf / std', outlier, `> ${digits(limit)}`)
            : evidence('|mean| / std', shift, `> ${digits(1 / limit)}`),
        ],
        message: isOutlier
          ? `the largest weight is ${digits(outlier, 2)} standard deviations, consistent with a spike in the spectrum that it makes by itself.`
          : `the mean is ${digits(shift, 2)} standard deviations off zero, consistent with a spike in the spectrum that it makes by itself.`,
      };
    }
  },
};

const outlierWeights: Rule = {
  id: 'G4',
  name: 'outlier-weights',
  title: 'Outlier weights',
  class: 'measured',
  severity: 'info',
  condition: 'the largest weight over what so many Gaussian weights would give',
  rationale: 'One scale for the whole layer then wastes most of the range when it is quantised.',
  caveats: ['Single large weights of language models can be vital'],
  suggestion: 'Quantise with a scale for each channel or group',
  techniques: [],
  sources: ['Dettmers et al., NeurIPS 2022'],
  thresholds: ['outlier-weights.excess'],
  *find(facts) {
    for (const layer of facts.eligible) {
      const excess = numberOf(layer, 'linf_excess');
      const limit = facts.threshold('outlier-weights.excess');
      if (excess === undefined || excess <= limit) continue;
      yield {
        layer: layer.name,
        confidence: 'strong',
        strength: excess,
        evidence: [evidence('linf_excess', excess, `> ${digits(limit)}`)],
        message: `the largest weight is ${digits(excess, 2)} times what as many Gaussian weights would give, consistent with outliers that training has made or kept.`,
      };
    }
  },
};

const spikeEnergy: Rule = {
  id: 'G5',
  name: 'spike-energy',
  title: 'Mostly structure',
  class: 'measured',
  severity: 'info',
  condition: 'share of the squared norm in eigenvalues beyond the random bulk',
  rationale: 'Nearly all of the layer is in its learned directions: it compresses well.',
  caveats: ['Where more than a fifth of the directions are spikes the fit of the bulk is biased'],
  techniques: [],
  sources: ['Ke, Ma & Lin, JASA 2023'],
  thresholds: ['spike-energy.share', 'random-like.side'],
  *find(facts) {
    for (const layer of facts.eligible) {
      const values = numbersOf(layer, 'mp.spike_energy', 'mp.num_spikes');
      const p = blockOf(layer)?.p ?? 0;
      const limit = facts.threshold('spike-energy.share');
      if (!values || layer.blocks > 1 || p < facts.threshold('random-like.side')) continue;
      if (values['mp.spike_energy'] <= limit) continue;
      yield {
        layer: layer.name,
        confidence: 'suggestive',
        strength: values['mp.spike_energy'],
        evidence: [
          evidence('mp.spike_energy', values['mp.spike_energy'], `> ${digits(limit)}`),
          evidence('mp.num_spikes', values['mp.num_spikes']),
        ],
        message: `${percent(values['mp.spike_energy'])} of the energy lies in ${values['mp.num_spikes']} directions beyond the random bulk, consistent with a layer of low rank.`,
      };
    }
  },
};

/** What the spectrum says against that of random weights. */
export const randomMatrix: readonly Rule[] = [
  heavyTailExponent,
  randomLike,
  elementTrap,
  outlierWeights,
  spikeEnergy,
];
