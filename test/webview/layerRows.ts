import type { LayerRow } from '../../src/protocol/layers';
import { gaussian, randomFrom } from './random';

/** What a layer of a made-up checkpoint is like. */
export interface LayerShape {
  readonly name: string;
  readonly view?: readonly [number, number];
  readonly shape: readonly number[];
  readonly role: LayerRow['role'];
  readonly type: string;
  /** 0: as at random … 1: pruned, low rank, correlated. */
  readonly strength: number;
}

/** The row of a measured layer, with numbers that go with its shape and strength. */
export function rowOf(shape: LayerShape, index: number): LayerRow {
  const { name, view = [1, 1], strength, role, type } = shape;
  const [m, k] = view;
  const random = randomFrom(index + 1);
  const sigmas = singularValues(m, k, strength);
  const [sigma1 = 0] = sigmas;
  const last = sigmas.at(-1) ?? 0;
  const sum = sigmas.reduce((total, sigma) => total + sigma, 0);
  const squares = sigmas.reduce((total, sigma) => total + sigma * sigma, 0);
  const entropy = sigmas.reduce((total, sigma) => total - (sigma / sum) * Math.log(sigma / sum), 0);
  const p = Math.min(m, k);
  const steps = Math.min(32, p);
  return {
    index,
    name,
    role,
    type,
    tensor: `${name}.weight`,
    tensors: [`${name}.weight`, `${name}.bias`],
    dtype: 'f32',
    shape: shape.shape,
    parameterCount: m * k,
    view: [m, k],
    blocks: 1,
    orientation: 'known',
    state: 'done',
    metrics: {
      n_nan: 0,
      'zero.frac': strength * 0.78,
      'near.excess(1e-2)': 1 + strength * 2.4 + 0.1 * random(),
      'row.zero': Math.round(strength * 3),
      hoyer: 0.2 + 0.5 * strength,
      l1: Math.sqrt(m * k) * Math.sqrt(squares) * 0.8,
      l2: Math.sqrt(squares),
      linf: 4 / Math.sqrt(k),
      rms: Math.sqrt(squares / (m * k)),
      mean: 0.0003 * gaussian(random),
      std: Math.sqrt(squares / (m * k)),
      exkurt: strength * 4,
      OI_row: 0.9 + strength * 2.2 + 0.1 * random(),
      'redundant(0.95)': Math.round(strength * 4),
      sigma1,
      srank: squares / sigma1 ** 2,
      erank_sigma: Math.exp(entropy),
      cond: sigma1 / last,
      'mp.edge': (1 + Math.sqrt(p / Math.max(m, k))) ** 2 / k,
      'mp.num_spikes': Math.round(strength * 5),
    },
    baselines: {
      'zero.frac': 0,
      'near.excess(1e-2)': 1,
      OI_row: 1,
      sigma1: 1 + Math.sqrt(m / k),
      srank: p / (1 + Math.sqrt(p / Math.max(m, k))) ** 2,
      erank_sigma: p * 0.95,
      l2: Math.sqrt(m),
      cond: 3,
      'mp.num_spikes': 0,
    },
    bounds: strength === 1 ? { cond: 'lower' } : {},
    missing: [{ family: 'heavy-tail', reason: `${p} singular values, a fit needs 50` }],
    sparkline: Array.from(
      { length: steps },
      (_, step) => (sigmas[Math.round((step * (p - 1)) / Math.max(1, steps - 1))] ?? 0) / sigma1,
    ),
  };
}

/** A bulk between the edges of Marchenko and Pastur for entries of variance 1/k, and some spikes. */
export function singularValues(m: number, k: number, strength: number): number[] {
  const p = Math.min(m, k);
  const root = Math.sqrt(p / Math.max(m, k));
  const scale = Math.sqrt(Math.max(m, k) / k);
  const spikes = Math.round(strength * 5);
  return Array.from({ length: p }, (_, rank) => {
    if (rank < spikes) return scale * (1 + root) * (1.4 + (spikes - rank) * 0.6 * strength);
    const share = (rank - spikes + 0.5) / (p - spikes);
    const bulk = 1 + root * Math.cos(Math.PI * share);
    return scale * Math.max(1e-5, bulk * (strength > 0.9 ? Math.exp(-3 * share) : 1));
  });
}
