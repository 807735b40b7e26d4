import type { Kernels, PrecisionOptions } from './kernels';

/** Smallest side that is worth the seconds of loading and timing a native library; also the side that is timed. */
const raceSide = 512;

/** Timed rounds, after one to warm up; the best counts. */
const rounds = 3;

export interface FastestSingle {
  readonly kernels: Kernels;
  /** Which backend single precision runs in; `base` until it had to be measured. */
  outcome(): Kernels['backend'];
}

/**
 * `base` for everything, but for large matrices in single precision the faster of it and `other`. Which that is, is timed once, when the
 * first of them comes: who never needs one never waits for a library to load.
 */
export function withFastestSingle(
  base: Kernels,
  other: () => Kernels | { readonly reason: string },
  now: () => number,
): FastestSingle {
  let fastest = base;
  let race: Promise<Kernels> | undefined;
  const decide = (): Promise<Kernels> => {
    race ??= faster(base, other(), now).then((winner) => (fastest = winner));
    return race;
  };
  const isRaced = (side: number, options: PrecisionOptions | undefined): boolean =>
    options?.precision === 'f32' && side >= raceSide;
  return {
    kernels: {
      ...base,
      gram: async (matrix, side, options) => {
        const isLarge = isRaced(side === 'rows' ? matrix.rows : matrix.columns, options);
        return (isLarge ? await decide() : base).gram(matrix, side, options);
      },
      // Begun in an instant, so without a race: what is known so far.
      startGram: (columns, options) =>
        (isRaced(columns, options) ? fastest : base).startGram(columns, options),
      symmetricEigenvalues: async (matrix, options) =>
        (isRaced(matrix.size, options) ? await decide() : base).symmetricEigenvalues(
          matrix,
          options,
        ),
    },
    outcome: () => fastest.backend,
  };
}

async function faster(
  base: Kernels,
  other: Kernels | { readonly reason: string },
  now: () => number,
): Promise<Kernels> {
  if ('reason' in other) return base;
  try {
    const times = [];
    for (const kernels of [base, other]) times.push(await bestTime(kernels, now));
    return times[1]! < times[0]! ? other : base;
  } catch {
    // What fails on numbers as harmless as these is not raced with: `base` says why if it was that.
    return base;
  }
}

async function bestTime(kernels: Kernels, now: () => number): Promise<number> {
  const options = { precision: 'f32' } as const;
  const matrix = {
    rows: raceSide,
    columns: raceSide,
    data: Float32Array.from({ length: raceSide ** 2 }, (_, i) => Math.sin(i * i)),
  };
  let best = Infinity;
  for (let round = 0; round <= rounds; round++) {
    const startedAt = now();
    await kernels.symmetricEigenvalues(await kernels.gram(matrix, 'rows', options), options);
    if (round > 0) best = Math.min(best, now() - startedAt);
  }
  return best;
}
