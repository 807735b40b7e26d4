import * as Plot from '@observablehq/plot';

/** Heights and margins that all charts share, so that paging through layers changes only the data. */
export const chartHeight = 236;

export const colours = {
  data: 'var(--data)',
  reference: 'var(--reference)',
  muted: 'var(--muted)',
} as const;

interface Axes {
  readonly width: number;
  readonly x: Plot.ScaleOptions;
  readonly y: Plot.ScaleOptions;
  readonly marks: Plot.Markish[];
}

/** A plot in the editor's look, as an SVG without interaction; its text is in the figure around it. */
export function plot({ width, x, y, marks }: Axes): Element {
  const element = Plot.plot({
    width,
    height: chartHeight,
    marginLeft: 48,
    marginRight: 16,
    marginTop: 20,
    marginBottom: 36,
    style: {
      background: 'transparent',
      color: 'var(--vscode-editor-foreground)',
      fontFamily: 'inherit',
      fontSize: '11px',
      fontVariant: 'tabular-nums',
    },
    x: { ticks: Math.max(3, Math.floor(width / 80)), labelArrow: 'none', ...x },
    y: { ticks: 5, labelArrow: 'none', ...y },
    marks,
  });
  element.setAttribute('aria-hidden', 'true');
  return element;
}

/** Powers of ten, or 1, 2 and 5 times them where there would be fewer than three: a log axis needs few ticks, all labelled. */
export function logTicks([low, high]: readonly [number, number]): number[] {
  const from = Math.floor(Math.log10(low));
  const to = Math.ceil(Math.log10(high));
  const ticksOf = (steps: readonly number[]): number[] =>
    Array.from({ length: to - from + 1 }, (_, step) => from + step)
      .flatMap((power) => steps.map((step) => step * 10 ** power))
      .filter((tick) => tick >= low && tick <= high);
  const decades = ticksOf([1]);
  return decades.length >= 3 ? decades : ticksOf([1, 2, 5]);
}
