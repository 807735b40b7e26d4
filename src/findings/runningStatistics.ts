import type { TensorReport } from '../core/report';
import { numberOf, numbersOf, type Facts } from './facts';
import { initializerOf } from './initializers';
import type { Rule } from './rule';
import { digits, evidence } from './text';

/** Names of the mean and of the variance of a running statistic. */
const statisticNames = [
  [/running_mean$/, 'running_var'],
  [/moving_mean$/, 'moving_variance'],
  [/(?<=(^|[./]))mean$/, 'var'],
] as const;

function varianceOf(mean: TensorReport, facts: Facts): TensorReport | undefined {
  const bare = mean.name.replace(/:\d+$/, '');
  const suffix = mean.name.slice(bare.length);
  for (const [pattern, name] of statisticNames) {
    if (pattern.test(bare)) return facts.tensor(bare.replace(pattern, name) + suffix);
  }
  return undefined;
}

export const untouchedStatistics: Rule = {
  id: 'A4',
  name: 'batch-norm-untouched',
  title: 'Running statistics never updated',
  class: 'measured',
  severity: 'problem',
  condition: 'running mean = 0 and running variance = 1 in every channel',
  rationale:
    'In evaluation the layer normalises by statistics of no data: its output has nothing to do with that in training.',
  caveats: [
    'Statistics with momentum 0 and frozen batch normalisation stay constant on purpose, though rarely at 0 and 1',
    'A checkpoint from before the first step',
  ],
  suggestion:
    'Run batches through the model in training mode to estimate the statistics before it is evaluated',
  techniques: ['batch-norm'],
  sources: ['Ioffe & Szegedy, ICML 2015'],
  thresholds: [],
  *find(facts) {
    const isFresh = isUntrained(facts);
    for (const mean of facts.report.tensors) {
      if (mean.role !== 'running_stat' || numberOf(mean, 'linf') !== 0) continue;
      const variance = numbersOf(varianceOf(mean, facts) ?? {}, 'min', 'max');
      if (!variance || variance.min !== 1 || variance.max !== 1) continue;
      const layer = facts.ownerOf(mean.name);
      yield {
        ...(layer === undefined ? {} : { layer }),
        ...(isFresh ? { severity: 'note' as const } : {}),
        confidence: 'strong',
        evidence: [
          { name: 'running mean', value: 0, where: mean.name },
          { name: 'running variance', value: 1, where: mean.name },
        ],
        message: isFresh
          ? 'running statistics are at 0 and 1, and the weights of the model at their initial values: consistent with a checkpoint from before training.'
          : 'running mean 0 and variance 1 in every channel, although other weights were trained: consistent with a layer that no batch has gone through in training mode.',
      };
    }
  },
};

/** Whether every weight that can be told is as initialised, and no statistics anywhere have moved. */
function isUntrained(facts: Facts): boolean {
  const haveMoved = facts.report.tensors.some(
    (tensor) =>
      tensor.role === 'running_stat' && varianceOf(tensor, facts) && numberOf(tensor, 'linf') !== 0,
  );
  return (
    !haveMoved &&
    facts.eligible.length > 0 &&
    facts.eligible.every((layer) => initializerOf(layer, facts) !== undefined)
  );
}

export const degenerateVariance: Rule = {
  id: 'A5',
  name: 'batch-norm-variance',
  title: 'Degenerate running variance',
  class: 'measured',
  severity: 'warn',
  condition: 'a channel’s running variance is far below or above the median of its layer',
  rationale:
    'A channel that is constant before normalisation is a dead filter whose noise is amplified; a huge one an exploding branch.',
  caveats: ['Channels that are padding', 'Very sparse inputs'],
  suggestion: 'Look at the filters of these channels; prune those that are dead',
  techniques: [],
  sources: ['Mehta, Kim & Theobalt, CVPR 2019'],
  thresholds: ['batch-norm-variance.ratio'],
  *find(facts) {
    const limit = facts.threshold('batch-norm-variance.ratio');
    for (const mean of facts.report.tensors) {
      if (mean.role !== 'running_stat') continue;
      const tensor = varianceOf(mean, facts);
      const values = numbersOf(tensor ?? {}, 'min', 'max', 'quantile(0.5)');
      if (!tensor || !values) continue;
      const median = values['quantile(0.5)'];
      if (!(median > 0)) continue;
      const isLow = values.min < median / limit;
      if (!isLow && !(values.max > median * limit)) continue;
      const layer = facts.ownerOf(tensor.name);
      const extreme = isLow ? values.min : values.max;
      yield {
        ...(layer === undefined ? {} : { layer }),
        confidence: 'strong',
        strength: Math.abs(Math.log(Math.max(extreme, 1e-300) / median)),
        evidence: [
          {
            ...evidence(
              isLow ? 'min' : 'max',
              extreme,
              `${isLow ? '<' : '>'} median ${isLow ? '/' : '·'} ${digits(limit)}`,
            ),
            where: tensor.name,
          },
          { ...evidence('quantile(0.5)', median), where: tensor.name },
        ],
        message: isLow
          ? `the smallest running variance is ${digits(extreme)}, the median ${digits(median)}: consistent with a channel that is constant before normalisation.`
          : `the largest running variance is ${digits(extreme)}, the median ${digits(median)}: consistent with an exploding channel.`,
      };
    }
  },
};
