import type { Dtype } from '../../core/dtype';
import type { ExponentHistogram } from '../kernels';

const subnormalShift = 64;

/** First bin and bins of one sign: of f64, 64 binades below the normal range (subnormals) and the 2048 of the exponent field. */
const doubles = { firstBin: -4 * subnormalShift, binsPerSign: 4 * (subnormalShift + 2048) };

/** 2^-149 is the least of the other types' magnitudes, and none reaches 2^128. */
const others = { firstBin: 4 * (1023 - 149), binsPerSign: 4 * (149 + 128) };

/** Counts doubles by sign, binade and the top two bits of the mantissa, read off their bits. */
export class ExponentCounts {
  private readonly firstBin: number;
  private readonly binsPerSign: number;
  private readonly counts: Float64Array;
  private readonly scratch = new Float64Array(1);
  private readonly scratchWords = new Uint32Array(this.scratch.buffer);

  constructor(dtype: Dtype) {
    ({ firstBin: this.firstBin, binsPerSign: this.binsPerSign } =
      dtype === 'f64' ? doubles : others);
    this.counts = new Float64Array(2 * this.binsPerSign);
  }

  /** Takes the high 32 bits of a finite non-zero double and the double. */
  add(highWord: number, value: number, times = 1): void {
    let bin = (highWord & 0x7fffffff) >>> 18;
    if (bin < 4) {
      this.scratch[0] = value * 2 ** subnormalShift;
      bin = ((this.scratchWords[1]! & 0x7fffffff) >>> 18) - 4 * subnormalShift;
    }
    this.counts[(highWord >>> 31) * this.binsPerSign + bin - this.firstBin]! += times;
  }

  addValue(value: number, times: number): void {
    this.scratch[0] = value;
    this.add(this.scratchWords[1]!, value, times);
  }

  /** Trimmed to the binades that occur. */
  finish(): ExponentHistogram {
    const { binsPerSign } = this;
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
      minExponent: (start + this.firstBin) / 4 - 1023,
      positive: positive.slice(start, end),
      negative: negative.slice(start, end),
    };
  }
}
