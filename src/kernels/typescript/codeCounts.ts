import { dtypes, type Dtype } from '../../core/dtype';
import type { ElementStatistics, RowStatistics, ValueCounts } from '../kernels';
import { maxNonFinitePositions } from './blockStatistics';
import { valueTable } from './decode';
import { ExponentCounts } from './exponentCounts';
import { refineSorted } from './refineSorted';

/** Codes that occur, ascending, and how often. */
export interface CountedCodes {
  readonly codes: ArrayLike<number>;
  readonly counts: Float64Array;
}

/** From one counter a code. */
export function occurring(counters: Float64Array): CountedCodes {
  const codes = Uint32Array.from(counters.keys()).filter((code) => counters[code]! > 0);
  return { codes, counts: counters.filter((count) => count > 0) };
}

interface CodeTable {
  readonly table: Float64Array;
  readonly nonFiniteCodes: readonly number[];
}

/** Checkpoints have thousands of tensors of one type. */
const tables = new Map<Dtype, CodeTable>();

function codeTable(dtype: Dtype): CodeTable {
  const known = tables.get(dtype);
  if (known) return known;
  const table = valueTable(dtype);
  if (!table) throw new RangeError(`${dtype} has too many values to count each`);
  const nonFiniteCodes: number[] = [];
  for (let code = 0; code < table.length; code++) {
    if (!Number.isFinite(table[code])) nonFiniteCodes.push(code);
  }
  const made = { table, nonFiniteCodes };
  tables.set(dtype, made);
  return made;
}

/** Everything that follows from how often each code of an 8- or 16-bit type occurs, exactly. */
export class CodeCounts {
  /** What each code means. */
  readonly table: Float64Array;
  readonly nonFiniteCodes: readonly number[];
  private readonly nonFiniteAt: number[] = [];

  constructor(private readonly dtype: Dtype) {
    ({ table: this.table, nonFiniteCodes: this.nonFiniteCodes } = codeTable(dtype));
  }

  conclude(
    counted: CountedCodes,
    elementCount: number,
    rows: RowStatistics | undefined,
  ): ElementStatistics {
    const values = this.sortedValues(counted);
    const statistics = {
      ...this.summarise(values, elementCount),
      ...this.countSpecial(counted),
      ...(rows && { rows }),
      values,
    };
    return { ...statistics, refinement: refineSorted(values.values, values.counts, statistics) };
  }

  /** Notes where codes of what is not finite are among `codes`, the first of which is `start`. */
  findNonFinite(codes: Uint8Array | Uint16Array, start: number): void {
    for (let i = 0; i < codes.length; i++) {
      if (this.nonFiniteAt.length >= maxNonFinitePositions) return;
      if (!Number.isFinite(this.table[codes[i]!])) this.nonFiniteAt.push(start + i);
    }
  }

  /** What values that are sorted and finite do not tell. Of a float type −0 is the sign bit alone. */
  private countSpecial({ codes, counts }: CountedCodes) {
    const negativeZero = dtypes[this.dtype].kind === 'float' ? this.table.length / 2 : -1;
    let nanCount = 0;
    let positiveInfinityCount = 0;
    let negativeInfinityCount = 0;
    let negativeZeroCount = 0;
    for (let i = 0; i < codes.length; i++) {
      const value = this.table[codes[i]!]!;
      if (Number.isNaN(value)) nanCount += counts[i]!;
      else if (value === Infinity) positiveInfinityCount += counts[i]!;
      else if (value === -Infinity) negativeInfinityCount += counts[i]!;
      else if (codes[i] === negativeZero) negativeZeroCount += counts[i]!;
    }
    return { nanCount, positiveInfinityCount, negativeInfinityCount, negativeZeroCount };
  }

  /** Codes in the order of their values; neighbours of equal value (−0 and 0, the codes of true) become one. */
  private sortedValues({ codes, counts: times }: CountedCodes): ValueCounts {
    const { table } = this;
    const { length } = codes;
    const half = table.length / 2;
    const isFloat = dtypes[this.dtype].kind === 'float';
    const isSigned = isFloat || table[half]! < 0;
    let first = 0;
    while (isSigned && first < length && codes[first]! < half) first++;
    const negatives = isSigned ? length - first : 0;
    const values = new Float64Array(length);
    const counts = new Float64Array(length);
    let used = 0;
    for (let i = 0; i < length; i++) {
      // Negative floats descend with their codes, negative integers ascend.
      const at = i >= negatives ? i - negatives : isFloat ? length - 1 - i : first + i;
      const value = table[codes[at]!]!;
      if (!Number.isFinite(value)) continue;
      if (used === 0 || values[used - 1] !== value) values[used++] = value + 0;
      counts[used - 1]! += times[at]!;
    }
    return { values: values.slice(0, used), counts: counts.slice(0, used) };
  }

  private summarise({ values, counts }: ValueCounts, elementCount: number) {
    const { max, minNormal, kind } = dtypes[this.dtype];
    const exponents = new ExponentCounts(this.dtype);
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
      nonFiniteAt: this.nonFiniteAt,
      zeroCount,
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
