import type { LayerReport } from '../core/report';
import { blockOf, numberOf, numbersOf, weightCountOf, type Facts } from './facts';

/** Root mean square of a standard normal that is cut off at two. */
const truncatedStd = 0.8796256610342398;

type Shape = 'uniform' | 'normal' | 'truncated';

/** A way to draw weights: the form of the distribution, and its root mean square. */
interface Initializer {
  readonly name: string;
  readonly shape: Shape;
  readonly rms: number;
}

/** Excess kurtosis of each form, and the largest value over the RMS where the form has one. */
const forms: Readonly<Record<Shape, { readonly exkurt: number; readonly largest?: number }>> = {
  uniform: { exkurt: -1.2, largest: Math.sqrt(3) },
  normal: { exkurt: 0 },
  truncated: { exkurt: -0.6338, largest: 2 / truncatedStd },
};

export interface InitializerMatch {
  readonly name: string;
  readonly rms: number;
  readonly expected: number;
  readonly exkurt: number;
  /** Whether the form has an edge that training would have blurred: a match is then hardly chance. */
  readonly isSharp: boolean;
}

/** The usual initialiser whose form and scale the weights still have, if any. */
export function initializerOf(layer: LayerReport, facts: Facts): InitializerMatch | undefined {
  const n = weightCountOf(layer);
  const values = numbersOf(layer, 'rms', 'exkurt', 'linf', 'mean', 'std', 'skew', 'zero.frac');
  if (!values || n < facts.threshold('still-at-init.elements')) return undefined;
  // Independent draws have no mean, no skew and no zeros, and no directions that stand out.
  if (Math.abs(values.mean) > (5 * values.std) / Math.sqrt(n)) return undefined;
  if (Math.abs(values.skew) > 6 * Math.sqrt(6 / n) || values['zero.frac'] > 0.001) return undefined;
  if ((numberOf(layer, 'mp.num_spikes') ?? 0) > 0 && layer.blocks === 1) return undefined;
  if (Math.abs(numberOf(layer, 'oi.z') ?? 0) > 6) return undefined;
  const found = candidatesOf(layer, facts).find(({ shape, rms }) => {
    const { exkurt, largest } = forms[shape];
    // Standard errors of the sample: of the kurtosis √(24/n), of the RMS √((κ + 2)/4n).
    if (Math.abs(values.exkurt - exkurt) > 0.03 + 6 * Math.sqrt(24 / n)) return false;
    if (!hasChanceNorms(layer, exkurt)) return false;
    const chance = 3 * Math.sqrt((exkurt + 2) / (4 * n));
    const tolerance = Math.max(facts.threshold('still-at-init.scale'), chance);
    if (Math.abs(values.rms / rms - 1) > tolerance) return false;
    if (largest === undefined) return true;
    const reach = values.linf / (largest * rms);
    // Nothing beyond the edge but rounding (of half precision at most), and the largest of n draws close to it.
    return reach <= 1 + 1e-3 && reach >= (shape === 'uniform' ? 1 - 20 / n : 0.93);
  });
  if (!found) return undefined;
  return {
    name: found.name,
    rms: values.rms,
    expected: found.rms,
    exkurt: values.exkurt,
    isSharp: found.shape !== 'normal',
  };
}

/** Whether filters differ in length as much as independent draws of this kurtosis do, give or take a factor of two. */
function hasChanceNorms(layer: LayerReport, exkurt: number): boolean {
  const gaussian = layer.baselines['row.l2.cv'];
  const spread = numberOf(layer, 'row.l2.cv');
  if (spread === undefined || gaussian === undefined) return true;
  const ratio = spread / (gaussian * Math.sqrt((exkurt + 2) / 2));
  return ratio > 0.5 && ratio < 2;
}

/** What the frameworks draw from by default, and what is often chosen. */
function candidatesOf(layer: LayerReport, facts: Facts): readonly Initializer[] {
  const block = blockOf(layer);
  if (!block) return [];
  const { k } = block;
  const fanOut = (layer.view?.[0] ?? block.m) * kernelSizeOf(layer, facts);
  const glorot = Math.sqrt(2 / (k + fanOut));
  const lecun = Math.sqrt(1 / k);
  const torch: Initializer = {
    name: 'PyTorch default, uniform ±1/√fan-in',
    shape: 'uniform',
    rms: lecun / Math.sqrt(3),
  };
  const drawn: readonly Initializer[] = [
    torch,
    { name: 'Glorot uniform', shape: 'uniform', rms: glorot },
    { name: 'He uniform', shape: 'uniform', rms: Math.SQRT2 * lecun },
    { name: 'LeCun uniform', shape: 'uniform', rms: lecun },
    { name: 'Glorot normal, truncated', shape: 'truncated', rms: glorot },
    { name: 'He normal, truncated', shape: 'truncated', rms: Math.SQRT2 * lecun },
    { name: 'LeCun normal, truncated', shape: 'truncated', rms: lecun },
    {
      name: 'normal of standard deviation 0.02, truncated',
      shape: 'truncated',
      rms: 0.02 * truncatedStd,
    },
    { name: 'Glorot normal', shape: 'normal', rms: glorot },
    { name: 'He normal', shape: 'normal', rms: Math.SQRT2 * lecun },
    { name: 'He normal by fan-out', shape: 'normal', rms: Math.sqrt(2 / fanOut) },
    { name: 'LeCun normal', shape: 'normal', rms: lecun },
    { name: 'normal of standard deviation 0.02', shape: 'normal', rms: 0.02 },
  ];
  if (!/weight_ih(_l\d+(_reverse)?)?$/.test(layer.tensor)) return drawn;
  // Recurrent layers of PyTorch are drawn by the number of units, the input side too.
  const rms = 1 / Math.sqrt(3 * block.m);
  return [...drawn, { name: 'PyTorch default, uniform ±1/√units', shape: 'uniform', rms }];
}

/** Positions of a convolution's kernel: 1 for a dense layer. */
function kernelSizeOf({ role, shape }: LayerReport, { framework }: Facts): number {
  if (role !== 'conv' || shape.length < 3) return 1;
  const isLast =
    framework === 'keras' ||
    framework === 'tfjs' ||
    framework === 'jax' ||
    framework === 'tensorflow';
  const kernel = isLast ? shape.slice(0, -2) : shape.slice(2);
  return kernel.reduce((product, size) => product * size, 1);
}
