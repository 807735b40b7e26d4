import { describe, expect, it } from 'vitest';

import { spectrumImage } from './spectrumImage';

const decoded = (image: string | undefined): string =>
  Buffer.from((image ?? '').replace('data:image/svg+xml;base64,', ''), 'base64').toString();

describe('the spectrum of the hover card', () => {
  it.each<[string, readonly number[]]>([
    ['nothing', []],
    ['one value', [1]],
    ['zeros', [0, 0, 0]],
    ['values that are no numbers', [NaN, Infinity, 1]],
  ])('is left out for %s', (_, values) => {
    expect(spectrumImage(values, undefined, 'dark')).toBeUndefined();
  });

  it('goes from the upper left to the lower right', () => {
    const svg = decoded(spectrumImage([10, 1, 0.1], undefined, 'light'));
    expect(svg).toContain('points="3.0,3.0 120.0,30.0 237.0,57.0"');
    expect(svg).not.toContain('<line');
  });

  it('shows six decades', () => {
    const svg = decoded(spectrumImage([1, 1e-12], undefined, 'light'));
    expect(svg).toContain('237.0,57.0');
  });

  it('marks the edge, also above the largest value', () => {
    const svg = decoded(spectrumImage([1, 0.5], 2, 'contrast-dark'));
    expect(svg).toContain('y1="3.0"');
    expect(svg).toContain('#f38518');
  });

  it('stays small for large layers', () => {
    const values = Array.from({ length: 20_000 }, (_, i) => 1 / (1 + i));
    expect(spectrumImage(values, 0.01, 'dark')?.length).toBeLessThan(6000);
  });
});
