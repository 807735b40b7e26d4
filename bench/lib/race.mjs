/**
 * Times contestants in turns, so that a machine that changes its speed changes it for all of them, and pauses in between: thread
 * pools of BLAS libraries go on spinning for some hundredths of a second after their last call.
 */
const pauseMs = 100;

/** @param {readonly number[]} list */
export function median(list) {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * @typedef {() => Promise<number>} Contestant one turn; resolves with its seconds
 * @typedef {object} Outcome
 * @property {Readonly<Record<string, number[]>>} times seconds of each contestant by round
 * @property {Readonly<Record<string, string>>} failures why a contestant is not among them
 */

/**
 * @param {Readonly<Record<string, Contestant>>} contestants
 * @param {{ repetitions: number, warmUps?: number }} options
 * @returns {Promise<Outcome>}
 */
export async function race(contestants, { repetitions, warmUps = 1 }) {
  const times = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]));
  const failures = {};
  for (let round = -warmUps; round < repetitions; round++) {
    for (const [name, turn] of Object.entries(contestants)) {
      if (name in failures) continue;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      try {
        const seconds = await turn();
        if (round >= 0) times[name].push(seconds);
      } catch (error) {
        failures[name] = error instanceof Error ? error.message : String(error);
        delete times[name];
      }
    }
  }
  return { times, failures };
}

/**
 * How many times as long a contestant takes as another one: the median of the rounds' ratios.
 *
 * @param {Outcome['times']} times
 * @param {string} slower
 * @param {string} faster
 */
export function ratio(times, slower, faster) {
  const [over, under] = [times[slower], times[faster]];
  return over && under ? median(over.map((seconds, round) => seconds / under[round])) : undefined;
}

/**
 * The p of the power law c·n^p that is nearest to the points, on logarithmic axes.
 *
 * @param {readonly (readonly [n: number, seconds: number])[]} points
 */
export function growth(points) {
  if (points.length < 2) return undefined;
  const logs = points.map(([n, seconds]) => [Math.log(n), Math.log(seconds)]);
  const mean = (axis) => logs.reduce((sum, point) => sum + point[axis], 0) / logs.length;
  const [x0, y0] = [mean(0), mean(1)];
  const covariance = logs.reduce((sum, [x, y]) => sum + (x - x0) * (y - y0), 0);
  return covariance / logs.reduce((sum, [x]) => sum + (x - x0) ** 2, 0);
}
