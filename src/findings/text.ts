import type { Evidence } from '../core/finding';

/** `12 %`, `0.4 %`. */
export function percent(fraction: number): string {
  return `${digits(100 * fraction, 2)} %`;
}

/** A number with so many significant digits, and an exponent only for the very large and very small. */
export function digits(value: number, count = 3): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
  return String(Number(value.toPrecision(count)));
}

/** A number with the limit that it crossed. */
export function evidence(name: string, value: number, threshold?: string): Evidence {
  return { name, value, ...(threshold === undefined ? {} : { threshold }) };
}

export const atLeast = (limit: number): string => `≥ ${digits(limit)}`;
export const atMost = (limit: number): string => `≤ ${digits(limit)}`;
