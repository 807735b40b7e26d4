import type { ExponentHistogram } from '../kernels';

/** Bins of one sign: 64 binades below the normal range (subnormals), then the 2048 of the exponent field. */
const binsBelow = 64 * 4;
const binsPerSign = binsBelow + 2048 * 4;
const subnormalShift = 64;

/** Counts doubles by sign, binade and the top two bits of the mantissa, read off their bits. */
export class ExponentCounts {
  private readonly counts = new Float64Array(2 * binsPerSign);
  private readonly scratch = new Float64Array(1);
  private readonly scratchWords = new Uint32Array(this.scratch.buffer);

  /** Takes the high 32 bits of a finite non-zero double and the double. */
  add(highWord: number, value: number, times = 1): void {
    let bin = (highWord & 0x7fffffff) >>> 18;
    if (bin < 4) {
      this.scratch[0] = value * 2 ** subnormalShift;
      bin = ((this.scratchWords[1]! & 0x7fffffff) >>> 18) - 4 * subnormalShift;
    }
    this.counts[(highWord >>> 31) * binsPerSign + binsBelow + bin]! += times;
  }

  addValue(value: number, times: number): void {
    this.scratch[0] = value;
    this.add(this.scratchWords[1]!, value, times);
  }

  /** Trimmed to the binades that occur. */
  finish(): ExponentHistogram {
    const positive = this.counts.subarray(0, binsPerSign);
    const negative = this.counts.subarray(binsPerSign);
    const occupied = (bin: number) => positive[bin]! > 0 || negative[bin]! > 0;
    let first = 0;
    while (first < binsPerSign && !occupied(first)) first++;
    if (first === binsPerSign) {
      return { minExponent: 0, positive: new Float64Array(0), negative: new Float64Array(0) };
    }
    let last = binsPerSign - 1;
    while (!occupied(last)) last--;
    const start = first - (first % 4);
    const end = last - (last % 4) + 4;
    return {
      minExponent: (start - binsBelow) / 4 - 1023,
      positive: positive.slice(start, end),
      negative: negative.slice(start, end),
    };
  }
}
