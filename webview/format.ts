import type { MetricDescriptor } from '../src/core/metric';

export type Bound = 'lower' | 'upper' | 'approximate';
type Unit = MetricDescriptor['unit'];

const minus = '−';
const boundSigns: Readonly<Record<Bound, string>> = { lower: '≥ ', upper: '≤ ', approximate: '≈ ' };

/** Three significant digits; powers of ten outside 0.001 … 99 999. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  const sign = value < 0 ? minus : '';
  if (size >= 99_950 || size < 0.001) {
    const [mantissa = '', exponent = ''] = size.toExponential(2).split('e');
    return `${sign}${trimmed(mantissa)}e${exponent.replace('+', '').replace('-', minus)}`;
  }
  if (size >= 1000) return `${sign}${grouped(Math.round(size))}`;
  return `${sign}${trimmed(size.toPrecision(3))}`;
}

/** A fraction in per cent: 0 and 1 only where they are exact. */
export function formatFraction(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const percent = value * 100;
  if (value > 0 && percent < 0.001) return '< 0.001 %';
  if (value < 1 && percent > 99.95) return '> 99.9 %';
  return `${trimmed(percent.toPrecision(Math.abs(percent) < 10 ? 2 : 3))} %`;
}

/** A metric's value in its unit, with the sign of its bound. */
export function formatMetric(value: number, unit: Unit, bound?: Bound): string {
  return `${bound ? boundSigns[bound] : ''}${inUnit(value, unit)}`;
}

function inUnit(value: number, unit: Unit): string {
  switch (unit) {
    case 'fraction':
      return formatFraction(value);
    case 'count':
    case 'elements':
      return Number.isInteger(value) && Math.abs(value) < 1e9
        ? grouped(value)
        : formatNumber(value);
    case 'flag':
      return value === 0 ? 'no' : 'yes';
    case 'weight':
    case 'weight²':
    case 'ratio':
    case 'none':
      return formatNumber(value);
  }
}

/** Counts for reading at a glance: `1.2 M`. */
export function formatCount(count: number): string {
  return scaled(count, ['', ' K', ' M', ' G', ' T'], 10_000);
}

/** Bytes in powers of 1000, as file managers count them. */
export function formatBytes(count: number): string {
  return scaled(count, [' B', ' KB', ' MB', ' GB', ' TB'], 1000);
}

function scaled(count: number, units: readonly string[], from: number): string {
  if (count < from) return `${grouped(count)}${units[0] ?? ''}`;
  const step = Math.min(units.length - 1, Math.floor(Math.log10(count) / 3));
  const scaledCount = count / 1000 ** step;
  const digits = scaledCount < 99.5 ? scaledCount.toPrecision(2) : scaledCount.toFixed(0);
  return `${digits}${units[step] ?? ''}`;
}

/** Digits in groups of three, apart by a thin no-break space, from five digits on. */
export function grouped(value: number): string {
  const digits = String(Math.abs(value));
  const sign = value < 0 ? minus : '';
  if (digits.length < 5 || !/^\d+$/.test(digits)) return `${sign}${digits}`;
  return sign + digits.replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** `1 layer`, `2 layers`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** `128 × 1 024`. */
export function formatShape(shape: readonly number[]): string {
  return shape.length === 0 ? 'scalar' : shape.map(grouped).join('×');
}

/** 3.10 → 3.1, 3.00 → 3: in a column of mixed sizes a trailing zero says nothing. */
function trimmed(digits: string): string {
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
}
