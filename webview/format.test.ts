import { expect, it } from 'vitest';

import {
  formatBytes,
  formatCount,
  formatFraction,
  formatMetric,
  formatNumber,
  formatShape,
  plural,
} from './format';

it.each([
  [0, '0'],
  [-0, '0'],
  [1, '1'],
  [3.1, '3.1'],
  [3.14159, '3.14'],
  [99.96, '100'],
  [123.4, '123'],
  [1234.5, '1235'],
  [12_345, '12\u202f345'],
  [99_949, '99\u202f949'],
  [99_950, '1e5'],
  [123_456, '1.23e5'],
  [0.001, '0.001'],
  [0.000999, '9.99e−4'],
  [0.01234, '0.0123'],
  [-2.5, '−2.5'],
  [-1e-9, '−1e−9'],
  [Infinity, '–'],
  [NaN, '–'],
])('formatNumber(%d) = %s', (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

it.each([
  [0, '0 %'],
  [1, '100 %'],
  [0.61, '61 %'],
  [0.125, '12.5 %'],
  [0.0123, '1.2 %'],
  [0.9999, '> 99.9 %'],
  [1e-6, '< 0.001 %'],
  [0.99, '99 %'],
])('formatFraction(%d) = %s', (value, text) => {
  expect(formatFraction(value)).toBe(text);
});

it.each([
  [0.5, 'fraction', undefined, '50 %'],
  [12_345, 'count', undefined, '12\u202f345'],
  [2.5, 'count', undefined, '2.5'],
  [1, 'flag', undefined, 'yes'],
  [0, 'flag', undefined, 'no'],
  [1e5, 'ratio', 'lower', '≥ 1e5'],
  [2, 'weight', 'upper', '≤ 2'],
  [2, 'none', 'approximate', '≈ 2'],
] as const)('formatMetric(%d, %s, %s) = %s', (value, unit, bound, text) => {
  expect(formatMetric(value, unit, bound)).toBe(text);
});

it.each([
  [999, '999'],
  [9999, '9999'],
  [132_640, '133 K'],
  [1_234_567, '1.2 M'],
  [7e9, '7.0 G'],
])('formatCount(%d) = %s', (count, text) => {
  expect(formatCount(count)).toBe(text);
});

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [4_700_000, '4.7 MB'],
  [531e3, '531 KB'],
])('formatBytes(%d) = %s', (count, text) => {
  expect(formatBytes(count)).toBe(text);
});

it('formats shapes and plurals', () => {
  expect(formatShape([])).toBe('scalar');
  expect(formatShape([128, 1024])).toBe('128×1024');
  expect(plural(1, 'layer')).toBe('1 layer');
  expect(plural(3000, 'layer')).toBe('3000 layers');
  expect(plural(2, 'entry', 'entries')).toBe('2 entries');
});
