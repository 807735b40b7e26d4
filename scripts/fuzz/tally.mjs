/** @typedef {import('./inputs.mjs').Input} Input */
/** @typedef {import('./opener.mjs').Result} Result */

const failures = ['crash', 'hang', 'memory'];

/** Counts what came of the inputs. */
export class Tally {
  #kinds = { ok: 0, refused: 0, crash: 0, hang: 0, memory: 0 };
  /** @type {Map<string, Record<string, number>>} */
  #formats = new Map();
  #slowest = { ms: 0, what: '' };
  #largest = { bytes: 0, what: '' };
  #peak = 0;

  get failureCount() {
    return failures.reduce((sum, kind) => sum + this.#kinds[kind], 0);
  }

  /** Whether it is a failure, which is shown at once. @param {number} number @param {Input} input @param {Result} result */
  add(number, input, result) {
    const { kind, detail, ms, largest, peak } = result;
    const what = `${number}: ${input.seed.main} (${input.seed.format}), ${input.what}`;
    this.#kinds[kind] += 1;
    const counts = this.#formats.get(input.seed.format) ?? { ok: 0, refused: 0, failed: 0 };
    counts[failures.includes(kind) ? 'failed' : kind] += 1;
    this.#formats.set(input.seed.format, counts);
    if (ms > this.#slowest.ms) this.#slowest = { ms, what };
    if (largest > this.#largest.bytes) this.#largest = { bytes: largest, what };
    this.#peak = Math.max(this.#peak, peak);
    if (!failures.includes(kind)) return false;
    console.log(`${kind} ${what}\n    ${detail.split('\n').slice(0, 4).join('\n    ')}`);
    return true;
  }

  text() {
    const total = Object.values(this.#kinds).reduce((sum, count) => sum + count, 0);
    const rows = [...this.#formats].map(
      ([format, { ok, refused, failed }]) =>
        `  ${format.padEnd(22)} ${String(ok).padStart(7)} opened ${String(refused).padStart(7)} refused ${String(failed).padStart(4)} failed`,
    );
    return [
      ...rows,
      `${total} inputs: ${Object.entries(this.#kinds)
        .map(([kind, count]) => `${count} ${kind}`)
        .join(', ')}`,
      `slowest ${this.#slowest.ms.toFixed(0)} ms (${this.#slowest.what})`,
      `largest array ${megabytes(this.#largest.bytes)} (${this.#largest.what}); process at most ${megabytes(this.#peak)}`,
    ].join('\n');
  }
}

/** @param {number} bytes */
const megabytes = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
