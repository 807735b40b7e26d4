import type { Evidence } from '../core/finding';
import type { LayerReport, TensorReport } from '../core/report';
import { numberOf, numbersOf, weightCountOf, type Facts } from './facts';
import { initializerOf } from './initializers';
import type { Hit, Rule } from './rule';
import { atLeast, digits, evidence, percent } from './text';

const miyato = 'Miyato et al., ICLR 2018';

/** Vectors of the power iteration, as the frameworks call them. */
const powerIteration =
  /(^|[./])(weight_u|_u|vector_u|sn_u|parametrizations[./][^./]+[./]\d+[./]_u)(:\d+)?$|(^|[./])(kernel|weight)[./]u$/;

const spectralNormalization: Rule = {
  id: 'F1',
  name: 'spectral-normalization',
  title: 'Spectral normalisation',
  class: 'structural',
  severity: 'info',
  condition: 'a vector of the power iteration is stored, or a SpectralNormalization layer declared',
  rationale: 'The layer divides its weight by its largest singular value.',
  caveats: [
    'PyTorch stores the weight before the division; it is measured after it',
    'Of a convolution it is the norm of the reshaped kernel',
  ],
  techniques: ['spectral-norm'],
  sources: [miyato],
  thresholds: ['spectral-norm.tolerance'],
  *find(facts) {
    const seen = new Set<string>();
    for (const tensor of facts.report.tensors) {
      if (!powerIteration.test(tensor.name)) continue;
      const layer = ownerOfVector(tensor, facts);
      const name = layer?.name ?? tensor.name;
      if (seen.has(name)) continue;
      seen.add(name);
      yield spectralHit({ name: 'power iteration', value: tensor.name }, layer, facts);
    }
    if (seen.size > 0) return;
    for (const { name, type } of facts.declaredLayers) {
      if (type !== 'SpectralNormalization') continue;
      const inner = facts.layers.findLast(
        (layer) => isMatrix(layer) && layer.name.split(/[./]/).includes(name),
      );
      yield spectralHit({ name: 'class_name', value: type, where: name }, inner, facts);
    }
  },
};

function isMatrix({ role, view }: LayerReport): boolean {
  return (role === 'matrix' || role === 'conv') && view !== undefined && Math.min(...view) > 1;
}

/** Layer of the same module, or of the module that holds the parametrization. */
function ownerOfVector({ name }: TensorReport, facts: Facts): LayerReport | undefined {
  const module = name.replace(powerIteration, '').replace(/[./]parametrizations.*$/, '');
  return facts.layers.find(
    (layer) =>
      isMatrix(layer) &&
      (layer.tensor === module ||
        layer.tensor.startsWith(`${module}.`) ||
        layer.tensor.startsWith(`${module}/`)),
  );
}

function spectralHit(found: Evidence, layer: LayerReport | undefined, facts: Facts): Hit {
  const sigma = numberOf(layer, 'sigma1');
  // Keras keeps the divided kernel, others' are divided before they are measured: then the norm must be 1.
  const isKept = facts.framework === 'keras' || layer?.combined?.startsWith('spectral norm');
  const isDivided = layer !== undefined && isKept === true && sigma !== undefined;
  const tolerance = facts.threshold('spectral-norm.tolerance');
  const isOff = isDivided && Math.abs(sigma - 1) > tolerance;
  return {
    ...(layer === undefined ? {} : { layer: layer.name }),
    ...(isOff ? { severity: 'note' as const } : {}),
    confidence: 'certain',
    strength: isDivided ? Math.abs(sigma - 1) : 0,
    evidence: [
      found,
      ...(isDivided ? [evidence('sigma1', sigma, `1 ± ${digits(tolerance)}`)] : []),
    ],
    message: isOff
      ? `spectral normalisation is in place, but the spectral norm is ${digits(sigma)}, not 1.`
      : 'spectral normalisation is in place.',
  };
}

const dominantDirection: Rule = {
  id: 'F2',
  name: 'dominant-direction',
  title: 'One direction dominates',
  class: 'measured',
  severity: 'info',
  condition:
    'gap of the first eigenvalue, or the largest singular value over the random bulk, with rows normalised too',
  rationale: 'A layer that mostly does one thing: often the mean of its inputs.',
  caveats: ['First layers and heads', 'Inputs that are never negative'],
  suggestion:
    'Where the model must not amplify small changes, a spectral norm penalty limits this direction',
  techniques: ['spectral-norm'],
  sources: ['Yoshida & Miyato, arXiv 1705.10941', miyato],
  thresholds: ['dominant-direction.gap', 'dominant-direction.edge'],
  *find(facts) {
    for (const layer of facts.eligible) {
      const values = numbersOf(layer, 'gap', 'mp.softrank', 'mp_rn.softrank', 'sigma1');
      // Without noise there is no bulk to stand out from.
      if (!values || Math.min(values['mp.softrank'], values['mp_rn.softrank']) < 1e-9) continue;
      // Soft rank: edge of the bulk over the largest eigenvalue.
      const beyond = 1 / Math.sqrt(values['mp.softrank']);
      const beyondOfDirections = 1 / Math.sqrt(values['mp_rn.softrank']);
      const gap = facts.threshold('dominant-direction.gap');
      const edge = facts.threshold('dominant-direction.edge');
      if (!(values.gap > gap || beyond > edge) || !(beyondOfDirections > edge)) continue;
      yield {
        layer: layer.name,
        confidence: 'suggestive',
        strength: beyond,
        evidence: [
          evidence('gap', values.gap, values.gap > gap ? `> ${digits(gap)}` : undefined),
          evidence('σ₁ over bulk edge', beyond, `> ${digits(edge)}`),
          evidence('σ₁ over bulk edge, rows normalised', beyondOfDirections, `> ${digits(edge)}`),
        ],
        message: `the largest singular value is ${digits(beyond, 2)} times the edge of the random bulk, consistent with one direction that dominates.`,
      };
    }
  },
};

/** Whether so many filters are as long as the longest that a limit holds them there. */
export function isAtCommonLength(layer: LayerReport, facts: Facts): boolean {
  const share = numberOf(layer, 'pileup.maxnorm') ?? 0;
  const rows = layer.view?.[0] ?? 0;
  const isMany = Math.round(share * rows) >= facts.threshold('max-norm.count');
  return isMany && share >= facts.threshold('max-norm.share');
}

export const maxNorm: Rule = {
  id: 'F3',
  name: 'max-norm-pile-up',
  title: 'Filters of one length',
  class: 'measured',
  severity: 'note',
  condition: 'share of filters within 0.1 % of the longest, with none much shorter',
  rationale: 'A max-norm constraint scales longer filters back to its limit, where many then stay.',
  caveats: [
    'Weight normalisation with a fixed scale',
    'Orthogonal rows',
    'Very long filters are of nearly one length by chance',
  ],
  techniques: ['max-norm'],
  sources: ['Srebro & Shraibman, COLT 2005', 'Srivastava et al., JMLR 2014'],
  thresholds: ['max-norm.share', 'max-norm.count', 'max-norm.filters', 'max-norm.spread'],
  *find(facts) {
    for (const layer of facts.eligible) {
      const values = numbersOf(
        layer,
        'pileup.maxnorm',
        'row.l2.max',
        'row.l2.median',
        'row.l2.cv',
        'isometry.cv',
      );
      const rows = layer.view?.[0] ?? 0;
      if (!values || rows < facts.threshold('max-norm.filters')) continue;
      const limit = facts.threshold('max-norm.share');
      if (!isAtCommonLength(layer, facts)) continue;
      const spread = values['row.l2.max'] / values['row.l2.median'];
      if (!(spread <= facts.threshold('max-norm.spread')) || values['isometry.cv'] < 1e-3) continue;
      // Random filters this long differ by less than a fifth of a percent.
      if ((layer.baselines['row.l2.cv'] ?? 0) < 2e-3) continue;
      const isUnit = values['row.l2.cv'] < 1e-3;
      const length = digits(values['row.l2.max']);
      yield {
        layer: layer.name,
        confidence: 'strong',
        strength: values['pileup.maxnorm'],
        evidence: [
          evidence('pileup.maxnorm', values['pileup.maxnorm'], atLeast(limit)),
          evidence('row.l2.max', values['row.l2.max']),
          evidence('row.l2.cv', values['row.l2.cv']),
        ],
        message: isUnit
          ? `all ${rows} filters have length ${length}, consistent with a unit-norm constraint or weight normalisation, or with a max-norm that every filter has reached.`
          : `${percent(values['pileup.maxnorm'])} of ${rows} filters have length ${length} and none is longer, consistent with a max-norm constraint at ${length}.`,
      };
    }
  },
};

const clippedWeights: Rule = {
  id: 'F4',
  name: 'clipped-weights',
  title: 'Weights at a limit',
  class: 'measured',
  severity: 'note',
  condition: 'share of weights within 2⁻⁸ of the largest, on both sides',
  rationale: 'Clipping after each step leaves many weights at exactly the limit.',
  caveats: [
    'Weights on a coarse grid (4 bits and fewer) hold many of the largest',
    'Binary and ternary weights',
  ],
  techniques: [],
  sources: ['Arjovsky, Chintala & Bottou, ICML 2017'],
  thresholds: ['clipped-weights.share'],
  *find(facts) {
    for (const layer of facts.eligible) {
      const values = numbersOf(layer, 'pileup.clip', 'min', 'max', 'linf', 'zero.frac');
      const limit = facts.threshold('clipped-weights.share');
      if (!values || values['pileup.clip'] < limit) continue;
      if (values.min > -0.99 * values.linf || values.max < 0.99 * values.linf) continue;
      // Binary or ternary: nothing between zero and the limit.
      const isGrid = values['pileup.clip'] + values['zero.frac'] > 0.999;
      yield {
        layer: layer.name,
        confidence: 'strong',
        strength: values['pileup.clip'],
        evidence: [
          evidence('pileup.clip', values['pileup.clip'], atLeast(limit)),
          evidence('linf', values.linf),
        ],
        message: isGrid
          ? `weights are ±${digits(values.linf)}${values['zero.frac'] > 0 ? ' or 0' : ''} only, consistent with ${values['zero.frac'] > 0 ? 'ternary' : 'binary'} weights.`
          : `${percent(values['pileup.clip'])} of the weights stand at ±${digits(values.linf)}, consistent with clipping to that range.`,
      };
    }
  },
};

const nonNegative: Rule = {
  id: 'F5',
  name: 'non-negative-weights',
  title: 'No negative weight',
  class: 'measured',
  severity: 'note',
  condition: 'minimum ≥ 0, and mean over RMS',
  rationale: 'Training does not keep thousands of weights from crossing zero: a constraint does.',
  caveats: ['Positive by design: masks, scales, weights before a softplus'],
  techniques: [],
  sources: ['Chorowski & Zurada, IEEE TNNLS 2015'],
  thresholds: ['non-negative.mean'],
  *find(facts) {
    for (const layer of facts.eligible) {
      const values = numbersOf(layer, 'min', 'max', 'mean', 'rms');
      const limit = facts.threshold('non-negative.mean');
      if (!values || values.min < 0 || values.min === values.max) continue;
      if (values.mean <= limit * values.rms || initializerOf(layer, facts)) continue;
      yield {
        layer: layer.name,
        confidence: 'strong',
        strength: weightCountOf(layer),
        evidence: [
          evidence('min', values.min, '≥ 0'),
          evidence('mean / rms', values.mean / values.rms, `> ${digits(limit)}`),
        ],
        message: `none of ${weightCountOf(layer)} weights is negative, consistent with a non-negativity constraint.`,
      };
    }
  },
};

/** Limits that were put on weights. */
export const constraints: readonly Rule[] = [
  spectralNormalization,
  dominantDirection,
  maxNorm,
  clippedWeights,
  nonNegative,
];
