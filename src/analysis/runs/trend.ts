const steps = '▁▂▃▄▅▆▇█';
/** Characters of a sparkline: a lens is one short line. */
const longest = 10;
/** Changes below this share of the range that a reader would notice are no trend. */
const flat = 0.02;

/** Values over a run as a few characters and an arrow: `▁▂▅▇ ↑`. Empty where there are fewer than two. */
export function trendText(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null);
  const first = known[0];
  const last = known.at(-1);
  if (first === undefined || last === undefined || known.length < 2) return '';
  const shown = thinned(known);
  const low = Math.min(...known);
  const high = Math.max(...known);
  const range = high - low;
  // A number that hardly moves is drawn as a level line, not as a mountain of noise.
  const isFlat = range <= flat * Math.max(Math.abs(low), Math.abs(high));
  const line = shown
    .map((value) => steps[isFlat ? 0 : Math.round(((value - low) / range) * (steps.length - 1))])
    .join('');
  const arrow = isFlat || Math.abs(last - first) <= 0.1 * range ? '→' : last > first ? '↑' : '↓';
  return `${line} ${arrow}`;
}

/** At most `longest` of them, evenly spaced, the first and the last among them. */
function thinned(values: readonly number[]): readonly number[] {
  if (values.length <= longest) return values;
  return Array.from(
    { length: longest },
    (_, index) => values[Math.round((index * (values.length - 1)) / (longest - 1))] ?? 0,
  );
}
