import { isAtCommonLength } from './constraints';
import { hasCoupledL2 } from './evidence/weightSigns';
import { structures } from './sparsityStructure';
import { numberOf, numbersOf, type Facts } from './facts';
import type { LayerReport } from '../core/report';
import type { Rule } from './rule';
import { atLeast, digits, evidence, percent } from './text';

/** Zeros by rounding above which weights are taken for quantised. */
const quantisedZeros = 1e-3;

const exactSparsity: Rule = {
  id: 'B1',
  name: 'exact-sparsity',
  title: 'Exact zeros',
  class: 'measured',
  severity: 'note',
  condition: 'zero.frac − zeros expected by rounding',
  rationale:
    'Training in floating point hardly ever lands on exactly 0. Zeros come from pruning, from a proximal L1 step, or from a mask; an L1 penalty in the loss leaves small values and no zeros.',
  caveats: [
    'Quantised weights round to zero',
    'Padding of a layer to a multiple of 8 or 64',
    'Underflow in half precision and below',
    'Merged or sparse updates; experts that never ran',
  ],
  techniques: [],
  sources: ['Han et al., NeurIPS 2015', 'Parikh & Boyd, Proximal Algorithms, 2014'],
  thresholds: ['exact-sparsity.note', 'exact-sparsity.pruned'],
  *find(facts) {
    for (const layer of facts.eligible) {
      const zeros = zerosOf(layer);
      const limit = facts.threshold('exact-sparsity.note');
      if (!zeros || zeros.excess < limit) continue;
      const strong = facts.threshold('exact-sparsity.pruned');
      const isPruned = zeros.excess >= strong;
      yield {
        layer: layer.name,
        confidence: 'strong',
        strength: zeros.excess,
        evidence: [
          evidence('zero.frac', zeros.share, atLeast(isPruned ? strong : limit)),
          evidence('zero.expected_quant', zeros.expected),
        ],
        message: isPruned
          ? `${percent(zeros.share)} of the weights are exactly zero, consistent with pruning or a proximal L1 step. The file does not tell which, unless it is recorded.`
          : `${percent(zeros.share)} of the weights are exactly zero; rounding explains ${zeros.expected < 1e-6 ? 'none of them' : percent(zeros.expected)}: consistent with weights that were set to zero.`,
        ...(numberOf(layer, 'row.zero') === 0 && isPruned
          ? {
              suggestion:
                'No whole filters are zero: only sparse kernels or sparse storage gain from it',
            }
          : {}),
      };
    }
  },
};

const softSparsity: Rule = {
  id: 'B2',
  name: 'soft-sparsity',
  title: 'Pile-up near zero',
  class: 'measured',
  severity: 'note',
  condition: 'near.excess(1e-2), with hardly any exact zeros, and not from dead filters or inputs',
  rationale:
    'The subgradient of an L1 penalty pushes weights to and fro across zero with steps of learning rate × λ, so many are tiny and none is zero.',
  caveats: [
    'Wide layers with many unused inputs',
    'Very strong L2, or L2 through the gradient of Adam',
    'Absence proves nothing: first layers of L1 runs were seen below the limit',
  ],
  suggestion:
    'If sparsity is the aim: set weights below a threshold to zero and train on, or use a proximal step, which gives exact zeros',
  techniques: ['l1'],
  sources: [
    'Tibshirani, JRSS B 1996',
    'Langford, Li & Zhang, JMLR 2009',
    'Mehta, Kim & Theobalt, CVPR 2019',
  ],
  thresholds: [
    'soft-sparsity.suggestive',
    'soft-sparsity.strong',
    'exact-sparsity.note',
    'heavy-tails.exkurt',
  ],
  *find(facts) {
    const hasL2 = hasCoupledL2(facts);
    for (const layer of facts.eligible) {
      const excess = numberOf(layer, 'near.excess(1e-2)');
      const limit = facts.threshold('soft-sparsity.suggestive');
      if (excess === undefined || excess < limit || !isDense(layer, facts)) continue;
      if (deadShareOf(layer) >= 0.5 * (numberOf(layer, 'near.frac(1e-2)') ?? 0)) continue;
      const strong = facts.threshold('soft-sparsity.strong');
      // Scaling filters back to a limit at every step shrinks the weights of unused inputs in the same way.
      const hasTails = (numberOf(layer, 'exkurt') ?? 0) >= facts.threshold('heavy-tails.exkurt');
      const otherReasons = [
        ...(isAtCommonLength(layer, facts) ? [commonLength] : []),
        ...(isOutlierHeavy(layer) ? [largeFew] : []),
        ...(hasL2 ? [rescaledL2] : hasTails ? [] : [lightTails]),
      ];
      const isStrong = excess >= strong && otherReasons.length === 0;
      yield {
        layer: layer.name,
        confidence: isStrong ? 'strong' : 'suggestive',
        caveats: otherReasons,
        strength: excess,
        evidence: [
          evidence('near.excess(1e-2)', excess, atLeast(excess >= strong ? strong : limit)),
          evidence(
            'zero.frac',
            numberOf(layer, 'zero.frac') ?? 0,
            `< ${digits(facts.threshold('exact-sparsity.note'))}`,
          ),
        ],
        message: `${digits(excess, 2)} times as many weights near zero as in a Gaussian layer, and hardly an exact zero: consistent with an L1 penalty in the loss${hasL2 ? ', or with the L2 penalty that is known, if the optimizer rescales it' : ''}.`,
      };
    }
  },
};

const commonLength =
  'The filters stand at a common length: a max-norm constraint piles weights of unused inputs up near zero, too';
const rescaledL2 =
  'Adam and other adaptive optimizers rescale the gradient of the L2 penalty that is known, which piles weights up near zero, too';
const lightTails =
  'The tails are light: L1 leaves a few large weights, the L2 of an adaptive optimizer a pile-up without them';
const largeFew = 'A few large weights raise the RMS, against which all others then look small';

/** Whether 98 % of the weights are small against the RMS, so that the others make it up. */
function isOutlierHeavy(layer: LayerReport): boolean {
  const values = numbersOf(layer, 'rms', 'quantile(0.01)', 'quantile(0.99)');
  if (!values) return false;
  return Math.max(-values['quantile(0.01)'], values['quantile(0.99)']) < 1.8 * values.rms;
}

const heavyTails: Rule = {
  id: 'B3',
  name: 'heavy-tailed-weights',
  title: 'Heavy-tailed weights',
  class: 'measured',
  severity: 'info',
  condition: 'shape exponent β or excess kurtosis, without a pile-up at zero',
  rationale:
    'A Laplace-like form is often taken for the mark of L1. It is not: strong L2, and attention, give it too.',
  caveats: ['Common in healthy networks, in attention above all'],
  techniques: [],
  sources: ['Mallat, IEEE PAMI 1989', 'Martin & Mahoney, JMLR 2021'],
  thresholds: [
    'heavy-tails.beta',
    'heavy-tails.exkurt',
    'soft-sparsity.suggestive',
    'exact-sparsity.note',
  ],
  *find(facts) {
    for (const layer of facts.eligible) {
      const values = numbersOf(layer, 'beta', 'exkurt', 'near.excess(1e-2)');
      if (!values || !isDense(layer, facts)) continue;
      if (values['near.excess(1e-2)'] >= facts.threshold('soft-sparsity.suggestive')) continue;
      const beta = facts.threshold('heavy-tails.beta');
      const exkurt = facts.threshold('heavy-tails.exkurt');
      if (values.beta >= beta && values.exkurt <= exkurt) continue;
      yield {
        layer: layer.name,
        confidence: 'suggestive',
        strength: values.exkurt,
        evidence: [
          evidence('beta', values.beta, values.beta < beta ? `< ${digits(beta)}` : undefined),
          evidence(
            'exkurt',
            values.exkurt,
            values.exkurt > exkurt ? `> ${digits(exkurt)}` : undefined,
          ),
          evidence('near.excess(1e-2)', values['near.excess(1e-2)']),
        ],
        message: `the weights are heavy-tailed (excess kurtosis ${digits(values.exkurt, 2)}) without a pile-up at zero: consistent with ordinary training or strong L2, and no sign of L1.`,
      };
    }
  },
};

const quantisationZeros: Rule = {
  id: 'B8',
  name: 'quantisation-zeros',
  title: 'Zeros by rounding',
  class: 'measured',
  severity: 'info',
  condition: '|zero.frac − expected| ≤ ½·expected + 0.01 in quantised weights',
  rationale: 'As many zeros as rounding to the stored step gives: no sign of pruning.',
  caveats: ['The expectation is that of Gaussian weights'],
  techniques: [],
  sources: ['Jacob et al., CVPR 2018'],
  thresholds: [],
  *find(facts) {
    for (const layer of facts.eligible) {
      const zeros = zerosOf(layer);
      if (!zeros || zeros.share === 0 || zeros.expected < quantisedZeros) continue;
      if (Math.abs(zeros.excess) > 0.5 * zeros.expected + 0.01) continue;
      yield {
        layer: layer.name,
        confidence: 'strong',
        strength: zeros.share,
        evidence: [
          evidence('zero.frac', zeros.share),
          evidence('zero.expected_quant', zeros.expected),
        ],
        message: `${percent(zeros.share)} of the weights are zero, ${percent(zeros.expected)} are expected from rounding: consistent with rounding alone.`,
      };
    }
  },
};

interface Zeros {
  readonly share: number;
  readonly expected: number;
  readonly excess: number;
}

function zerosOf(layer: LayerReport): Zeros | undefined {
  const share = numberOf(layer, 'zero.frac');
  if (share === undefined) return undefined;
  const expected = numberOf(layer, 'zero.expected_quant') ?? 0;
  return { share, expected, excess: share - expected };
}

function isDense(layer: LayerReport, facts: Facts): boolean {
  const zeros = zerosOf(layer);
  return zeros !== undefined && zeros.excess < facts.threshold('exact-sparsity.note');
}

/** Share of the weights in filters or inputs that have all but vanished: they are near zero for another reason than L1. */
function deadShareOf(layer: LayerReport): number {
  const rows = (numberOf(layer, 'row.dead_rel') ?? 0) / (layer.view?.[0] ?? 1);
  const inputs = layer.metrics['col.l2'];
  if (typeof inputs !== 'object' || inputs.length === 0) return rows;
  const middle = [...inputs].sort((a, b) => a - b)[inputs.length >> 1] ?? 0;
  return rows + inputs.filter((norm) => norm < 1e-2 * middle).length / inputs.length;
}

/** Zeros and what is close to them. */
export const sparsity: readonly Rule[] = [
  exactSparsity,
  softSparsity,
  heavyTails,
  ...structures,
  quantisationZeros,
];
