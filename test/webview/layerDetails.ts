import type { LayerDetail, LayerRow } from '../../src/protocol/layers';
import { singularValues } from './layerRows';
import { gaussian, randomFrom } from './random';

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
