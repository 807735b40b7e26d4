import { expect, it } from 'vitest';

import { diverging, mix, parseColour, type Rgb } from './colour';

it.each([
  ['#fff', [255, 255, 255]],
  ['#1a85ff', [26, 133, 255]],
  ['#1a85ff80', [26, 133, 255]],
  ['rgb(1, 2, 3)', [1, 2, 3]],
  ['rgba(1, 2, 3, 0.5)', [1, 2, 3]],
  ['rgb(1 2 3 / 50%)', [1, 2, 3]],
])('reads %s', (text, rgb) => {
  expect(parseColour(text)).toEqual(rgb);
});

it.each(['', 'red', 'rgb()', 'rgb(a, b, c)', '#12'])('does not read “%s”', (text) => {
  expect(parseColour(text)).toBeUndefined();
});

it('goes from one colour to another and no further', () => {
  const black: Rgb = [0, 0, 0];
  const white: Rgb = [255, 255, 255];
  expect(mix(black, white, 0.5)).toEqual([128, 128, 128]);
  expect(mix(black, white, 2)).toEqual(white);
  expect(mix(black, white, -1)).toEqual(black);
});

it('is the background at 0, the ends at ±1, and stronger with every step', () => {
  const ends = { low: [200, 100, 0], middle: [0, 0, 0], high: [0, 100, 255] } as const;
  expect(diverging(0, ends)).toEqual(ends.middle);
  expect(diverging(1, ends)).toEqual(ends.high);
  expect(diverging(-3, ends)).toEqual(ends.low);
  const blues = [0, 0.1, 0.2, 0.5, 0.9, 1].map((value) => diverging(value, ends)[2]);
  expect(blues).toEqual([...blues].sort((a, b) => a - b));
});
