import { throwIfStopped, type IsStopped } from '../stop';
import { transposedView } from '../axes';
import { viewOfLayer } from './pairViews';
import type { Group, Pairing } from './pairing';
import { correlation, correlationLimit, readSample } from './weightSample';

/** Layers around the expected place that a layer is compared with: all of a group up to so many, else linear in its size. */
const windowSize = 128;

export interface SimilarityOptions {
  readonly isStopped: IsStopped;
  /** Compares A with B transposed. */
  readonly isTransposed?: boolean;
}

interface Sample {
  readonly values: Float64Array;
  /** Of the canonical matrix. */
  readonly columns: number;
}

/** Pairs layers of equal shape whose weights point the same way, the most alike first. */
export async function matchBySimilarity(
  pairing: Pairing,
  { a, b }: Group,
  { isStopped, isTransposed = false }: SimilarityOptions,
): Promise<void> {
  const sampleOf = async (side: 'a' | 'b', index: number): Promise<Sample | undefined> => {
    throwIfStopped(isStopped);
    const layer = pairing.layer(side, index);
    const own = viewOfLayer(layer);
    const view = isTransposed && side === 'b' ? transposedView(own) : own;
    const values = await readSample(layer.weight, view);
    return values && { values, columns: view.columns };
  };
  const samplesB: (Sample | undefined)[] = [];
  for (const index of b) samplesB.push(await sampleOf('b', index));

  const found: { readonly a: number; readonly b: number; readonly value: number }[] = [];
  for (const [place, index] of a.entries()) {
    const sample = await sampleOf('a', index);
    if (!sample) continue;
    const centre = Math.round((place * b.length) / a.length);
    const end = Math.min(b.length, centre + windowSize + 1);
    for (let other = Math.max(0, centre - windowSize); other < end; other++) {
      const sampleB = samplesB[other];
      const partner = b[other];
      if (!sampleB || partner === undefined || sampleB.columns !== sample.columns) continue;
      const value = correlation(sample.values, sampleB.values);
      const limit = correlationLimit(sample.values.length);
      if (value >= limit) found.push({ a: index, b: partner, value });
    }
  }
  found.sort((x, y) => y.value - x.value);
  for (const { a: one, b: other, value } of found) {
    if (!pairing.isFree(one, other)) continue;
    pairing.join(one, other, {
      by: 'weights',
      confidence: Number(Math.min(0.95, value).toFixed(2)),
      detail: `correlation ${value.toFixed(3)} in a sample of the weights`,
      ...(isTransposed && { isTransposed }),
    });
  }
}
