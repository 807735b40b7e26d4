import type { TensorReport } from '../../src/core/report';
import type { LayerDetail, LayerRow } from '../../src/protocol/layers';
import type { Overview } from '../../src/protocol/viewApi';

/** A checkpoint as the host would report it: seeded, so that every run and every picture is the same. */
export interface Checkpoint {
  readonly fileName: string;
  readonly overview: Overview;
  readonly rows: readonly LayerRow[];
  readonly tensors: readonly TensorReport[];
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

interface Shape {
  readonly name: string;
  readonly view?: readonly [number, number];
  readonly shape: readonly number[];
  readonly role: LayerRow['role'];
  readonly type: string;
  /** 0: as at random … 1: pruned, low rank, correlated. */
  readonly strength: number;
}

/** mulberry32, by Tommy Ettinger: 32 bits of state are plenty for test data. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Three layers whose properties the tests know by heart. */
export function smallCheckpoint(): Checkpoint {
  return checkpointOf('digits-l1.safetensors', [
    {
      name: 'features.conv1',
      view: [32, 9],
      shape: [32, 1, 3, 3],
      role: 'conv',
      type: 'Conv2d',
      strength: 0,
    },
    {
      name: 'classifier.fc1',
      view: [128, 1024],
      shape: [128, 1024],
      role: 'matrix',
      type: 'Linear',
      strength: 1,
    },
    {
      name: 'classifier.fc2',
      view: [10, 128],
      shape: [10, 128],
      role: 'matrix',
      type: 'Linear',
      strength: 0.4,
    },
  ]);
}

/** A transformer of `count` layers. */
export function largeCheckpoint(count: number): Checkpoint {
  const parts: readonly (readonly [string, readonly [number, number]])[] = [
    ['self_attn.q_proj', [512, 512]],
    ['self_attn.k_proj', [128, 512]],
    ['self_attn.v_proj', [128, 512]],
    ['self_attn.o_proj', [512, 512]],
    ['mlp.gate_proj', [1376, 512]],
    ['mlp.down_proj', [512, 1376]],
  ];
  const random = randomFrom(7);
  const layers = Array.from({ length: count }, (_, index): Shape => {
    const [part = '', view = [1, 1] as const] = parts[index % parts.length] ?? [];
    const name = `model.layers.${Math.floor(index / parts.length)}.${part}`;
    return { name, view, shape: view, role: 'matrix', type: 'Linear', strength: random() ** 4 };
  });
  return checkpointOf('llama-pruned.safetensors', layers);
}

function checkpointOf(fileName: string, shapes: readonly Shape[]): Checkpoint {
  const rows = shapes.map((shape, index) => rowOf(shape, index));
  const tensors = rows.flatMap((row): TensorReport[] => [
    { name: row.tensor, dtype: row.dtype, shape: row.shape, role: row.role },
    {
      name: `${row.name}.bias`,
      dtype: 'f32',
      shape: [row.view?.[0] ?? 1],
      role: 'bias',
      metrics: { l2: 0.1 + 0.01 * row.index, 'zero.frac': 0 },
    },
  ]);
  const parameterCount = rows.reduce((sum, row) => sum + row.parameterCount, 0);
  return {
    fileName,
    rows,
    tensors,
    skipped: [{ name: 'tokenizer.blob', reason: 'Element type "string" holds no numbers' }],
    overview: {
      checkpoint: {
        name: fileName,
        format: 'safetensors',
        description: 'safetensors',
        framework: 'pytorch',
        files: [{ name: fileName, byteLength: 4 * parameterCount }],
        bytes: 4 * parameterCount,
        optimizers: [
          {
            name: 'AdamW',
            groups: [
              {
                hyperparameters: { lr: 0.001, weight_decay: 0.01, betas: [0.9, 0.999] },
                parameterCount,
              },
            ],
          },
        ],
        recorded: { epoch: 12, args: { data: 'digits', dropout: 0.5, '<b>': '</script>' } },
        declared: { format: 'pt' },
        notices: [{ severity: 'info', message: 'The file names no model class' }],
      },
      totals: {
        tensorCount: tensors.length,
        parameterCount,
        byteCount: 4 * parameterCount,
        zeroFraction: 0.61,
        l2: 48.2,
        measuredLayerCount: rows.length,
      },
      highlights: rows.slice(0, 3).map((row) => ({
        layer: row.name,
        metric: 'OI_row',
        value: row.metrics['OI_row'] ?? 1,
        text: `${row.name} ${(row.metrics['OI_row'] ?? 1).toFixed(1)}× correlated`,
      })),
      skippedCount: 1,
      layerCount: rows.length,
      progress: { phase: 'done', done: rows.length, total: rows.length },
    },
  };
}

function rowOf(shape: Shape, index: number): LayerRow {
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
function singularValues(m: number, k: number, strength: number): number[] {
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

/** What the layer view asks for: a layer's charts. */
export function detailOf(row: LayerRow): LayerDetail {
  const random = randomFrom(row.index + 101);
  const [m, k] = row.view ?? [1, 1];
  const rms = row.metrics['rms'] ?? 1;
  const zeroFraction = row.metrics['zero.frac'] ?? 0;
  const strength = zeroFraction / 0.78;
  const bins = 201;
  const counts = new Array<number>(bins).fill(0);
  const logCounts = new Array<number>(60).fill(0);
  const samples = Math.min(m * k, 20_000);
  let zeros = 0;
  let sumAbs = 0;
  for (let sample = 0; sample < samples; sample++) {
    if (random() < zeroFraction) {
      zeros++;
      counts[100] = (counts[100] ?? 0) + 1;
      continue;
    }
    const value = gaussian(random) * (1 + strength * random());
    sumAbs += Math.abs(value) * rms;
    const bin = Math.floor(((value + 4) / 8) * bins);
    if (bin >= 0 && bin < bins) counts[bin] = (counts[bin] ?? 0) + 1;
    const logBin = Math.floor(((Math.log10(Math.abs(value) * rms) + 6) / 7) * 60);
    if (logBin >= 0 && logBin < 60) logCounts[logBin] = (logCounts[logBin] ?? 0) + 1;
  }
  const size = Math.min(m, 128);
  const values = new Float32Array(size * size);
  const rank = strength > 0.3 ? 4 : k;
  const vectors = Array.from({ length: size }, (_, index) => {
    const family = index % 6;
    const shared = randomFrom(family + 5);
    return Array.from(
      { length: Math.min(32, rank * 8) },
      () => gaussian(random) + (strength > 0.3 ? 2.5 * gaussian(shared) : 0),
    );
  });
  const norms = vectors.map((vector) => Math.hypot(...vector));
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      const dot = (vectors[i] ?? []).reduce((sum, x, at) => sum + x * (vectors[j]?.[at] ?? 0), 0);
      values[i * size + j] = i === j ? 1 : dot / ((norms[i] ?? 1) * (norms[j] ?? 1));
    }
  }
  const height = Math.min(m, 64);
  const width = Math.min(k, 128);
  const sigmas = singularValues(m, k, strength);
  return {
    index: row.index,
    arrays: {
      singular_values: sigmas.slice(0, 512),
      'row.l2': Array.from({ length: Math.min(m, 512) }, (_, i) =>
        i < strength * 3 ? 0 : rms * Math.sqrt(k) * (1 + 0.15 * gaussian(random)),
      ),
    },
    histogram: {
      low: -4 * rms,
      high: 4 * rms,
      counts,
      below: 3,
      above: 2,
      zeros,
      mean: 0,
      std: rms,
      meanAbs: sumAbs / samples,
      logLow: -6,
      logHigh: 1,
      logCounts,
    },
    pairs: [
      { i: 3, j: 9, cosine: 0.991 },
      { i: 0, j: 6, cosine: -0.962 },
      { i: 2, j: 8, cosine: 0.957 },
    ].filter(({ j }) => j < m),
    cosines: {
      size,
      filterCount: m,
      values,
      norms: Float32Array.from(norms, (norm) => norm * rms),
      order: Array.from({ length: size }, (_, i) => i).sort((a, b) => (a % 6) - (b % 6) || a - b),
    },
    zeros: {
      rows: m,
      columns: k,
      height,
      width,
      zeroFractions: Float32Array.from({ length: height * width }, (_, cell) =>
        zeroFraction === 0 ? 0 : Math.floor(cell / width) % 9 === 0 ? 1 : zeroFraction * random(),
      ),
      rms: Float32Array.from({ length: height * width }, () => rms * (0.7 + 0.6 * random())),
    },
    absent: {},
  };
}
