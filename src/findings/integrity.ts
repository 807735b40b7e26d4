import { counted } from '../core/words';
import { dtypes } from '../core/dtype';
import type { LayerReport, TensorReport } from '../core/report';
import { isPartialWeight, nonFiniteCountOf, numberOf, numbersOf, weightCountOf } from './facts';
import { initializerOf } from './initializers';
import { isNormalised } from './neighbours';
import type { Hit, Rule } from './rule';
import { degenerateVariance, untouchedStatistics } from './runningStatistics';
import { digits, evidence } from './text';

const ieee = 'IEEE 754-2019';

const nonFinite: Rule = {
  id: 'A1',
  name: 'non-finite',
  title: 'Values that are not finite',
  class: 'measured',
  severity: 'problem',
  condition: 'a weight, bias or running statistic holds NaN or an infinity',
  rationale: 'One NaN spreads to every output: the run has diverged or the file is damaged.',
  caveats: ['Masks are often stored with −∞ on purpose'],
  suggestion: 'Go back to an earlier checkpoint; lower the learning rate or clip the gradient',
  techniques: ['gradient-clipping'],
  sources: [ieee],
  thresholds: [],
  *find(facts) {
    for (const layer of facts.layers) {
      const count = nonFiniteCountOf(layer);
      if (count > 0) {
        yield nonFiniteHit(layer.name, layer.tensor, layer, count, weightCountOf(layer));
      }
    }
    for (const tensor of facts.report.tensors) {
      const count = nonFiniteCountOf(tensor);
      if (count === 0 || tensor.role === 'aux' || isMask(tensor)) continue;
      const size = tensor.shape.reduce((product, side) => product * side, 1);
      yield nonFiniteHit(facts.ownerOf(tensor.name), tensor.name, tensor, count, size);
    }
  },
};

/** Only −∞, in something whose name says that it is added to attention scores. */
function isMask(tensor: TensorReport): boolean {
  return (
    /mask|attn_bias|causal/i.test(tensor.name) &&
    numberOf(tensor, 'n_ninf') === nonFiniteCountOf(tensor)
  );
}

function nonFiniteHit(
  layer: string | undefined,
  tensor: string,
  measured: LayerReport | TensorReport,
  count: number,
  size: number,
): Hit {
  const ids = ['n_nan', 'n_pinf', 'n_ninf'] as const;
  return {
    ...(layer === undefined ? {} : { layer }),
    confidence: 'certain',
    strength: count / size,
    evidence: ids.flatMap((id) => {
      const value = numberOf(measured, id) ?? 0;
      return value > 0 ? [{ ...evidence(id, value, '0'), where: tensor }] : [];
    }),
    message: `${counted(count, 'value')} of ${size} in ${tensor} ${count === 1 ? 'is' : 'are'} not finite.`,
  };
}

const constantTensor: Rule = {
  id: 'A2',
  name: 'constant-tensor',
  title: 'Constant weights',
  class: 'measured',
  severity: 'warn',
  condition: 'min = max in a dense, convolution or recurrent weight',
  rationale:
    'Equal weights get equal gradients: such a layer was never initialised, never trained, or has died.',
  caveats: [
    'Zero by design: the second factor of LoRA, zero convolutions of ControlNet, modulation of diffusion transformers, new heads',
  ],
  techniques: [],
  sources: ['Goodfellow, Bengio & Courville, Deep Learning, 2016, section 8.4'],
  thresholds: ['constant-tensor.elements'],
  *find(facts) {
    for (const layer of facts.layersOf('matrix', 'conv', 'depthwise', 'recurrent')) {
      const values = numbersOf(layer, 'min', 'max');
      if (!values || values.min !== values.max || isPartialWeight(layer)) continue;
      if (nonFiniteCountOf(layer) > 0) continue;
      if (weightCountOf(layer) < facts.threshold('constant-tensor.elements')) continue;
      yield {
        layer: layer.name,
        confidence: 'certain',
        evidence: [evidence('min', values.min), evidence('max', values.max)],
        message: `all ${weightCountOf(layer)} weights are ${digits(values.min)}.`,
      };
    }
  },
};

const stillAtInit: Rule = {
  id: 'A3',
  name: 'still-at-init',
  title: 'Weights as freshly initialised',
  class: 'measured',
  severity: 'note',
  condition:
    'form (excess kurtosis, edge) and scale of a usual initialiser, no mean, no skew, no spike in the spectrum',
  rationale:
    'A layer that is frozen, unused or left out of the optimizer keeps the distribution that it was drawn from.',
  caveats: [
    'Very wide layers and small learning rates move little',
    'Frozen random features by design',
    'An average of weights just after its start',
  ],
  suggestion: 'Check requires_grad or trainable, and that the optimizer was given these parameters',
  techniques: [],
  sources: ['Glorot & Bengio, AISTATS 2010', 'He et al., ICCV 2015'],
  thresholds: ['still-at-init.scale', 'still-at-init.elements'],
  *find(facts) {
    for (const layer of facts.eligible) {
      const match = initializerOf(layer, facts);
      if (!match) continue;
      yield {
        layer: layer.name,
        confidence: match.isSharp ? 'strong' : 'suggestive',
        evidence: [
          evidence('rms', match.rms, `${digits(match.expected)} at initialisation`),
          evidence('exkurt', match.exkurt),
        ],
        message: `form and scale of the weights are those of an initialiser (${match.name}), consistent with a layer that was not trained.`,
      };
    }
  },
};

const rangeStress: Rule = {
  id: 'A6',
  name: 'range-stress',
  title: 'At the end of the type’s range',
  class: 'measured',
  severity: 'warn',
  condition:
    'saturated weights in f16 or f8, or more subnormal ones in f16 than a Gaussian layer of this size has',
  rationale: 'What does not fit a narrow type was clipped or lost its digits when it was stored.',
  caveats: ['Scaled 8-bit floating point touches its largest value once a block by design'],
  suggestion: 'Store in bf16 or f32, or with a scale',
  techniques: [],
  sources: ['Micikevicius et al., arXiv 2209.05433', ieee],
  thresholds: ['range-stress.subnormal'],
  *find(facts) {
    for (const layer of facts.layers) {
      const { dtype } = layer;
      if (dtype !== 'f16' && dtype !== 'f8_e4m3fn' && dtype !== 'f8_e5m2') continue;
      const saturated = numberOf(layer, 'saturated_frac') ?? 0;
      const subnormal = (numberOf(layer, 'subnormal') ?? 0) / weightCountOf(layer);
      const limit = facts.threshold('range-stress.subnormal');
      const rms = numberOf(layer, 'rms') ?? 0;
      const { minNormal } = dtypes[dtype];
      // Some weights of any layer are that close to zero: P(|x| < t) ≈ √(2/π)·t/rms for Gaussian ones.
      const chance = Math.sqrt(2 / Math.PI) * (minNormal / rms);
      const isLow =
        dtype === 'f16' && subnormal > limit && (subnormal > 3 * chance || rms < 16 * minNormal);
      if (saturated === 0 && !isLow) continue;
      yield {
        layer: layer.name,
        ...(dtype !== 'f16' ? { severity: 'note' as const } : {}),
        confidence: 'certain',
        strength: Math.max(saturated, subnormal),
        evidence: [
          ...(saturated > 0 ? [evidence('saturated_frac', saturated, '> 0')] : []),
          ...(isLow ? [evidence('subnormal', subnormal, `share > ${digits(limit)}`)] : []),
        ],
        message:
          saturated > 0
            ? `weights stand at the largest value of ${dtype} (${digits(dtypes[dtype].max)}): larger ones were clipped.`
            : `${digits(100 * subnormal, 2)} % of the weights are below the smallest normal value of ${dtype} and have lost digits.`,
      };
    }
  },
};

const scaleImbalance: Rule = {
  id: 'A7',
  name: 'scale-imbalance',
  title: 'Scale far from its siblings',
  class: 'measured',
  severity: 'note',
  condition:
    '|ln(rms·√fan-in) − median| / (1.4826·MAD) among layers of one role, without the first and last and those before a normalisation',
  rationale:
    'A layer whose weights are far larger or smaller than those of its kind had another learning rate, decay or initialisation.',
  caveats: [
    'First layers, heads and embeddings differ by nature',
    'Scaled initialisations (μP, Fixup, zero-initialised branches)',
  ],
  suggestion: 'Look at learning rate and weight decay of this layer',
  techniques: [],
  sources: ['Yang et al., arXiv 2203.03466', 'Zhang, Dauphin & Ma, ICLR 2019'],
  thresholds: ['scale-imbalance.z', 'scale-imbalance.layers'],
  *find(facts) {
    const inner = facts.eligible.slice(1, -1).filter((layer) => !isNormalised(layer, facts));
    for (const role of ['matrix', 'conv', 'recurrent'] as const) {
      const scales = inner.flatMap((layer) => {
        const rms = numberOf(layer, 'rms');
        if (layer.role !== role || rms === undefined || !(rms > 0)) return [];
        return [{ layer, scale: Math.log(rms * Math.sqrt(layer.view?.[1] ?? 1)) }];
      });
      if (scales.length < facts.threshold('scale-imbalance.layers')) continue;
      const centre = median(scales.map(({ scale }) => scale));
      const spread = median(scales.map(({ scale }) => Math.abs(scale - centre)));
      // Layers that are all but equal: a twentieth more is then no outlier.
      const unit = Math.max(1.4826 * spread, 0.05);
      for (const { layer, scale } of scales) {
        const z = Math.abs(scale - centre) / unit;
        if (z <= facts.threshold('scale-imbalance.z')) continue;
        const factor = Math.exp(scale - centre);
        yield {
          layer: layer.name,
          confidence: 'suggestive',
          strength: z,
          evidence: [
            evidence('rms', numberOf(layer, 'rms') ?? 0),
            evidence(
              'robust z of ln(rms·√fan-in)',
              z,
              `> ${digits(facts.threshold('scale-imbalance.z'))}`,
            ),
          ],
          message: `weights are ${digits(factor, 2)} times as large as those of the middle ${role} layer (rms·√fan-in), consistent with a layer that was trained or initialised differently.`,
        };
      }
    }
  },
};

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? 0) + high) / 2;
}

/** Whether the numbers can be weights at all. */
export const integrity: readonly Rule[] = [
  nonFinite,
  constantTensor,
  stillAtInit,
  untouchedStatistics,
  degenerateVariance,
  rangeStress,
  scaleImbalance,
];
