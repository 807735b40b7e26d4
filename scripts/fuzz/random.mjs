/**
 * A generator of numbers that are the same for the same two seeds, on every machine (mulberry32).
 *
 * @param {number} seed
 * @param {number} stream
 */
export function randomOf(seed, stream) {
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca6b)) >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  /** An integer of [0, limit), 0 for an empty range. @param {number} limit */
  const below = (limit) => Math.floor(next() * limit);
  return {
    next,
    below,
    /** @template T @param {readonly T[]} list @returns {T} */
    pick: (list) => list[below(list.length)],
    /** Small numbers mostly, up to the limit. @param {number} limit */
    small: (limit) => Math.min(limit, Math.floor(2 ** (next() * Math.log2(limit + 1)))),
  };
}

/** @typedef {ReturnType<typeof randomOf>} Random */
