/** Red, green and blue, 0…255. */
export type Rgb = readonly [number, number, number];

/** A straight way between two colours. */
export function mix(from: Rgb, to: Rgb, share: number): Rgb {
  const part = Math.max(0, Math.min(1, share));
  const channel = (at: 0 | 1 | 2): number => Math.round(from[at] + (to[at] - from[at]) * part);
  return [channel(0), channel(1), channel(2)];
}

/** Negative → middle → positive. Small values are lifted: a cosine of 0.2 must be seen against 0. */
export function diverging(value: number, ends: { low: Rgb; middle: Rgb; high: Rgb }): Rgb {
  const strength = Math.abs(Math.max(-1, Math.min(1, value))) ** 0.7;
  return mix(ends.middle, value < 0 ? ends.low : ends.high, strength);
}

/** Reads `#rgb`, `#rrggbb`, `rgb(…)` and `rgba(…)`, the ways in which a browser hands out a computed colour. */
export function parseColour(text: string): Rgb | undefined {
  const hex = /^#([\da-f]{3}|[\da-f]{6})(?:[\da-f]{2})?$/i.exec(text.trim())?.[1];
  if (hex !== undefined) {
    const wide = hex.length === 3 ? hex.replace(/./g, '$&$&') : hex;
    const channel = (at: number): number => Number.parseInt(wide.slice(at, at + 2), 16);
    return [channel(0), channel(2), channel(4)];
  }
  const [red, green, blue] = (/^rgba?\(([^)]+)\)/.exec(text.trim())?.[1] ?? '')
    .split(/[\s,/]+/)
    .map(Number);
  if (red === undefined || green === undefined || blue === undefined) return undefined;
  return [red, green, blue].every(Number.isFinite) ? [red, green, blue] : undefined;
}
