import { dtypes } from '../core/dtype';
import { property } from '../core/json';
import type { LayerReport } from '../core/report';
import { redundancy } from './redundancy';
import { blockOf, numberOf, numbersOf, type Facts } from './facts';
import { conditioning } from './conditioning';
import type { Rule } from './rule';
import { atLeast, atMost, digits, evidence } from './text';

const bansal = 'Bansal, Chen & Wang, NeurIPS 2018';
const saxe = 'Saxe, McClelland & Ganguli, ICLR 2014';

interface Orthogonality {
  readonly index: number;
  readonly z: number;
  readonly isometry: number;
  readonly isStrong: boolean;
}

/** Where the smaller side is more orthogonal than chance, and no exact isometry. */
function encouraged(layer: LayerReport, facts: Facts): Orthogonality | undefined {
  const values = numbersOf(layer, 'OI_small', 'oi.z', 'isometry.ratio');
  const { p } = blockOf(layer) ?? { p: 0 };
  if (!values || p < facts.threshold('orthogonality.side') || isExact(layer, facts))
    return undefined;
  const { OI_small: index, 'oi.z': z, 'isometry.ratio': isometry } = values;
  if (index > facts.threshold('orthogonality.index')) return undefined;
  if (z < facts.threshold('orthogonality.z')) return undefined;
  if (isometry > facts.threshold('orthogonality.isometry')) return undefined;
  const isStrong =
    index <= facts.threshold('orthogonality.index-strong') &&
    isometry <= facts.threshold('orthogonality.isometry-strong');
  return { index, z, isometry, isStrong };
}

/** Orthogonal up to a scale and the rounding of the stored type. */
function isExact(layer: LayerReport, facts: Facts): boolean {
  const cv = numberOf(layer, 'isometry.cv');
  // Singular values of a preview or an estimate are not good enough to tell.
  if (cv === undefined || layer.precision !== undefined) return false;
  const rounding = 5 * dtypes[layer.dtype].unitRoundoff;
  return cv < Math.max(facts.threshold('exactly-orthogonal.cv'), rounding);
}

const orthogonalityEncouraged: Rule = {
  id: 'E1',
  name: 'orthogonality-encouraged',
  title: 'More orthogonal than chance',
  class: 'measured',
  severity: 'note',
  condition:
    'orthogonality index of the smaller side, its z-score, and the spread of singular values over chance',
  rationale:
    'Training without such a penalty was never seen to make weights more orthogonal than random ones.',
  caveats: [
    'Orthogonal initialisation and little training',
    'Optimizers that orthogonalise their steps (Muon, Shampoo)',
  ],
  techniques: ['orthogonality'],
  sources: [bansal, 'Wang et al., CVPR 2020', saxe],
  thresholds: [
    'orthogonality.side',
    'orthogonality.index',
    'orthogonality.z',
    'orthogonality.isometry',
    'orthogonality.index-strong',
    'orthogonality.isometry-strong',
  ],
  *find(facts) {
    for (const layer of facts.eligible) {
      const found = encouraged(layer, facts);
      if (!found) continue;
      const { index, z, isometry, isStrong } = found;
      const limit = isStrong ? ('-strong' as const) : ('' as const);
      yield {
        layer: layer.name,
        confidence: isStrong ? 'strong' : 'suggestive',
        strength: 1 - index,
        evidence: [
          evidence('OI_small', index, atMost(facts.threshold(`orthogonality.index${limit}`))),
          evidence('oi.z', z, atLeast(facts.threshold('orthogonality.z'))),
          evidence(
            'isometry.ratio',
            isometry,
            atMost(facts.threshold(`orthogonality.isometry${limit}`)),
          ),
        ],
        message: `weights are more orthogonal than random ones (index ${digits(index, 2)}, spread of singular values ${digits(isometry, 2)} of chance), consistent with an orthogonality penalty.`,
      };
    }
  },
};

const exactlyOrthogonal: Rule = {
  id: 'E2',
  name: 'exactly-orthogonal',
  title: 'Orthogonal to rounding',
  class: 'measured',
  severity: 'note',
  condition:
    'spread of singular values below a limit, or below five units of rounding of the stored type',
  rationale:
    'All singular values are equal: a parametrization or a projection keeps the matrix there, or it is an orthogonal initialisation that was not trained.',
  caveats: [
    'An untouched orthogonal initialisation: that of Keras for recurrent kernels is the default',
  ],
  techniques: ['orthogonality'],
  sources: [saxe, 'Lezcano-Casado & Martínez-Rubio, ICML 2019'],
  thresholds: ['exactly-orthogonal.cv'],
  *find(facts) {
    for (const layer of facts.eligible) {
      if (!isExact(layer, facts)) continue;
      const cv = numberOf(layer, 'isometry.cv') ?? 0;
      const declared = orthogonalInitializer(layer, facts);
      yield {
        layer: layer.name,
        confidence: 'certain',
        strength: -cv,
        evidence: [
          evidence('isometry.cv', cv, `< ${digits(facts.threshold('exactly-orthogonal.cv'))}`),
          ...(declared === undefined ? [] : [{ name: declared, value: 'Orthogonal' }]),
        ],
        message:
          declared === undefined
            ? 'all singular values are equal to rounding, consistent with a hard constraint, or with an orthogonal initialisation that was not trained. The file does not tell which.'
            : `all singular values are equal to rounding, and the configuration declares an orthogonal ${declared}: consistent with a layer that was not trained.`,
      };
    }
  },
};

/** The key of a Keras configuration that asks for an orthogonal initialisation of this weight. */
function orthogonalInitializer(layer: LayerReport, facts: Facts): string | undefined {
  const config = facts.declaredOf(layer)?.config;
  const key = layer.role === 'recurrent' ? 'recurrent_initializer' : 'kernel_initializer';
  const value = property(config, key);
  const name = typeof value === 'string' ? value : property(value, 'class_name');
  return typeof name === 'string' && /^orthogonal/i.test(name) ? key : undefined;
}

const operatorNorm: Rule = {
  id: 'E8',
  name: 'operator-norm',
  title: 'Orthogonal kernel, convolution that is not',
  class: 'measured',
  severity: 'info',
  condition:
    'norm of the convolution over that of its reshaped kernel, in layers of E1 or E2 where it was measured',
  rationale:
    'An orthogonal kernel matrix is necessary for an orthogonal convolution and not sufficient.',
  caveats: ['The norm is that with circular padding and stride 1'],
  suggestion: 'A penalty on the convolution itself (OCNN) where the operator matters',
  techniques: ['orthogonality', 'spectral-norm'],
  sources: ['Wang et al., CVPR 2020', 'Achour, Malgouyres & Mamalet, JMLR 2022'],
  thresholds: ['operator-norm.ratio'],
  *find(facts) {
    for (const layer of facts.eligible) {
      const values = numbersOf(layer, 'conv.sigma1_fft', 'conv.sigma1_reshape');
      if (!values || layer.role !== 'conv') continue;
      if (!isExact(layer, facts) && !encouraged(layer, facts)) continue;
      const ratio = values['conv.sigma1_fft'] / values['conv.sigma1_reshape'];
      const limit = facts.threshold('operator-norm.ratio');
      if (!(ratio >= limit)) continue;
      yield {
        layer: layer.name,
        confidence: 'strong',
        strength: ratio,
        evidence: [
          evidence(
            'conv.sigma1_fft',
            values['conv.sigma1_fft'],
            `${atLeast(limit)} × the reshaped kernel’s`,
          ),
          evidence('conv.sigma1_reshape', values['conv.sigma1_reshape']),
        ],
        message: `the convolution stretches ${digits(ratio, 2)} times as much as its kernel matrix, which is close to orthogonal: consistent with an orthogonal kernel whose convolution is not.`,
      };
    }
  },
};

/** How filters and directions lie to each other. */
export const orthogonality: readonly Rule[] = [
  orthogonalityEncouraged,
  exactlyOrthogonal,
  ...redundancy,
  ...conditioning,
  operatorNorm,
];
