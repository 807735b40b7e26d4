import type { Backend, Kernels, PrecisionOptions } from './kernels';

/** Smallest side that is worth the seconds of loading and timing a native library; also the side that is timed. */
const raceSide = 512;

/** Timed rounds, after one to warm up; the best counts. */
const rounds = 3;

/** Elements of a verdict, and what they say. */
const [gramAt, eigenvaluesAt] = [0, 1];
const [unknown, baseWins, otherWins] = [0, 1, 2];

export interface Contest {
  /** Loads the challenger; called at most once. */
  readonly other: () => Kernels | { readonly reason: string };
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  /**
   * Two elements of shared memory, zero at first, where the threads of one process tell one another how the race ended: no later one
   * loads what has lost.
   */
  readonly verdict?: Int32Array | undefined;
}

export interface FastestSingle {
  readonly kernels: Kernels;
  /** Which backend single precision runs in; `base` until it had to be measured. */
  outcome(): { readonly gram: Backend; readonly eigenvalues: Backend };
}

/**
 * `base` for everything, but for large matrices in single precision the faster of it and another, for products and for eigenvalues
 * apart. Which that is, is timed once, when the first of them comes: who never needs one never waits for a library to load.
 */
export function withFastestSingle(base: Kernels, contest: Contest): FastestSingle {
  let fastest: Fastest = { gram: base, eigenvalues: base };
  let race: Promise<Fastest> | undefined;
  const decide = (): Promise<Fastest> => {
    race ??= decideFastest(base, contest).then((winner) => (fastest = winner));
    return race;
  };
  const isRaced = (side: number, options: PrecisionOptions | undefined): boolean =>
    options?.precision === 'f32' && side >= raceSide;
  return {
    kernels: {
      ...base,
      gram: async (matrix, side, options) => {
        const isLarge = isRaced(side === 'rows' ? matrix.rows : matrix.columns, options);
        return (isLarge ? (await decide()).gram : base).gram(matrix, side, options);
      },
      // Begun in an instant, so without a race: what is known so far.
      startGram: (columns, options) =>
        (isRaced(columns, options) ? fastest.gram : base).startGram(columns, options),
      symmetricEigenvalues: async (matrix, options) =>
        (isRaced(matrix.size, options) ? (await decide()).eigenvalues : base).symmetricEigenvalues(
          matrix,
          options,
        ),
    },
    outcome: () => ({ gram: fastest.gram.backend, eigenvalues: fastest.eigenvalues.backend }),
  };
}

interface Fastest {
  readonly gram: Kernels;
  readonly eigenvalues: Kernels;
}

async function decideFastest(
  base: Kernels,
  { other, now, verdict = new Int32Array(2) }: Contest,
): Promise<Fastest> {
  const nobody = { gram: base, eigenvalues: base };
  const won = (at: number): number => Atomics.load(verdict, at);
  if (won(gramAt) === baseWins && won(eigenvaluesAt) === baseWins) return nobody;
  const challenger = other();
  if ('reason' in challenger) return nobody;
  if (won(gramAt) === unknown || won(eigenvaluesAt) === unknown) {
    try {
      const own = await bestTimes(base, now);
      const theirs = await bestTimes(challenger, now);
      Atomics.store(verdict, gramAt, theirs.gram < own.gram ? otherWins : baseWins);
      Atomics.store(
        verdict,
        eigenvaluesAt,
        theirs.eigenvalues < own.eigenvalues ? otherWins : baseWins,
      );
    } catch {
      // What fails on numbers as harmless as these is not raced with: `base` says why if it was that.
      return nobody;
    }
  }
  return {
    gram: won(gramAt) === otherWins ? challenger : base,
    eigenvalues: won(eigenvaluesAt) === otherWins ? challenger : base,
  };
}

async function bestTimes(
  kernels: Kernels,
  now: () => number,
): Promise<{ readonly gram: number; readonly eigenvalues: number }> {
  const options = { precision: 'f32' } as const;
  const matrix = {
    rows: raceSide,
    columns: raceSide,
    data: Float32Array.from({ length: raceSide ** 2 }, (_, i) => Math.sin(i * i)),
  };
  const best = { gram: Infinity, eigenvalues: Infinity };
  for (let round = 0; round <= rounds; round++) {
    const startedAt = now();
    const product = await kernels.gram(matrix, 'rows', options);
    const multipliedAt = now();
    await kernels.symmetricEigenvalues(product, options);
    if (round === 0) continue;
    best.gram = Math.min(best.gram, multipliedAt - startedAt);
    best.eigenvalues = Math.min(best.eigenvalues, now() - multipliedAt);
  }
  return best;
}
