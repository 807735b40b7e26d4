import { dtypes, type Dtype } from '../../core/dtype';
import type { ElementStatistics, RowStatistics, ValueCounts } from '../kernels';
import { maxNonFinitePositions } from './blockStatistics';
import { valueTable } from './decode';
import { ExponentCounts } from './exponentCounts';
import { refineSorted } from './refineSorted';

/** How often each code of an 8- or 16-bit type occurs, and everything that follows from it, exactly. */
export class CodeCounts {
  /** What each code means. */
  readonly table: Float64Array;
  /** To be added to by whoever reads the elements. */
  readonly counts: Float64Array;
  readonly nonFiniteCodes: readonly number[];
  private readonly nonFiniteAt: number[] = [];

  constructor(private readonly dtype: Dtype) {
    const table = valueTable(dtype);
    if (!table) throw new RangeError(`${dtype} has too many values to count each`);
    this.table = table;
    this.counts = new Float64Array(table.length);
    const nonFiniteCodes: number[] = [];
    for (let code = 0; code < table.length; code++) {
      if (!Number.isFinite(table[code])) nonFiniteCodes.push(code);
    }
    this.nonFiniteCodes = nonFiniteCodes;
  }

  conclude(elementCount: number, rows: RowStatistics | undefined): ElementStatistics {
    const values = this.sortedValues();
    const statistics = { ...this.summarise(values, elementCount, rows), values };
    return { ...statistics, refinement: refineSorted(values.values, values.counts, statistics) };
  }

  /** Notes where codes of what is not finite are among `codes`, the first of which is `start`. */
  findNonFinite(codes: Uint8Array | Uint16Array, start: number): void {
    for (let i = 0; i < codes.length; i++) {
      if (this.nonFiniteAt.length >= maxNonFinitePositions) return;
      if (!Number.isFinite(this.table[codes[i]!])) this.nonFiniteAt.push(start + i);
    }
  }

  private countOf(matches: (value: number) => boolean, codes: Iterable<number>): number {
    let count = 0;
    for (const code of codes) {
      if (this.counts[code]! > 0 && matches(this.table[code]!)) count += this.counts[code]!;
    }
    return count;
  }

  /** Of a float type −0 is the sign bit alone. */
  private negativeZeros(): number {
    return dtypes[this.dtype].kind === 'float' ? this.counts[this.counts.length / 2]! : 0;
  }

  /** Codes in the order of their values; neighbours of equal value (−0 and 0, the codes of true) become one. */
  private sortedValues(): ValueCounts {
    const { table, counts } = this;
    const half = table.length / 2;
    const isFloat = dtypes[this.dtype].kind === 'float';
    const isSigned = isFloat || table[half]! < 0;
    const values: number[] = [];
    const times: number[] = [];
    for (let i = 0; i < table.length; i++) {
      // Negative floats descend with their codes, negative integers ascend.
      const code = !isSigned ? i : i >= half ? i - half : isFloat ? 2 * half - 1 - i : half + i;
      const count = counts[code]!;
      const value = table[code]!;
      if (count === 0 || !Number.isFinite(value)) continue;
      if (values.length > 0 && values[values.length - 1] === value) {
        times[times.length - 1]! += count;
      } else {
        values.push(value + 0);
        times.push(count);
      }
    }
    return { values: Float64Array.from(values), counts: Float64Array.from(times) };
  }

  private summarise(
    { values, counts }: ValueCounts,
    elementCount: number,
    rows: RowStatistics | undefined,
  ): ElementStatistics {
    const { max, minNormal, kind } = dtypes[this.dtype];
    const nonFinite = (matches: (value: number) => boolean) =>
      this.countOf(matches, this.nonFiniteCodes);
    const exponents = new ExponentCounts();
    let finiteCount = 0;
    let zeroCount = 0;
    let subnormalCount = 0;
    let saturatedCount = 0;
    let sum = 0;
    let sumAbs = 0;
    let sumSquares = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      const magnitude = Math.abs(value);
      const count = counts[i]!;
      finiteCount += count;
      sum += count * value;
      sumAbs += count * magnitude;
      sumSquares += count * value * value;
      if (magnitude === 0) zeroCount += count;
      else exponents.addValue(value, count);
      if (magnitude > 0 && magnitude < minNormal) subnormalCount += count;
      if (kind === 'float' && magnitude >= 0.98 * max) saturatedCount += count;
    }
    const mean = finiteCount > 0 ? sum / finiteCount : 0;
    const moments = centralSums(values, counts, mean);
    const min = values[0] ?? 0;
    const largest = values.at(-1) ?? 0;
    return {
      dtype: this.dtype,
      count: elementCount,
      finiteCount,
      nanCount: nonFinite(Number.isNaN),
      positiveInfinityCount: nonFinite((value) => value === Infinity),
      negativeInfinityCount: nonFinite((value) => value === -Infinity),
      nonFiniteAt: this.nonFiniteAt,
      zeroCount,
      negativeZeroCount: this.negativeZeros(),
      subnormalCount,
      saturatedCount,
      min: min + 0,
      max: largest + 0,
      sumAbs,
      mean,
      scale: 1,
      ...moments,
      l2: Math.sqrt(sumSquares),
      linf: Math.max(Math.abs(min), Math.abs(largest)),
      exponents: exponents.finish(),
      ...(rows && { rows }),
    };
  }
}

function centralSums(values: Float64Array, counts: Float64Array, mean: number) {
  let m2 = 0;
  let m3 = 0;
  let m4 = 0;
  for (let i = 0; i < values.length; i++) {
    const d = values[i]! - mean;
    const d2 = d * d;
    m2 += counts[i]! * d2;
    m3 += counts[i]! * d2 * d;
    m4 += counts[i]! * d2 * d2;
  }
  return { m2, m3, m4 };
}
