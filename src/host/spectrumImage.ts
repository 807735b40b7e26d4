/** Points drawn: more than pixels would be invisible. */
const maxPoints = 240;

/** Theme kinds of an image: its background is the hover's own. */
export type ImageTheme = 'light' | 'dark' | 'contrast-light' | 'contrast-dark';

const inks: Readonly<Record<ImageTheme, { readonly line: string; readonly edge: string }>> = {
  light: { line: '#1a6fc4', edge: '#6b6b6b' },
  dark: { line: '#59a4f9', edge: '#9d9d9d' },
  'contrast-light': { line: '#0f4a85', edge: '#292929' },
  'contrast-dark': { line: '#ffffff', edge: '#f38518' },
};

const width = 240;
const height = 60;
const margin = 3;

/**
 * Singular values against their rank on a logarithmic axis, as an SVG image for a hover: largest left, with the edge of the
 * Marchenko–Pastur bulk as a dashed line where it is known. Undefined where there is nothing to draw.
 */
export function spectrumImage(
  singularValues: readonly number[],
  edge: number | undefined,
  theme: ImageTheme,
): string | undefined {
  const values = singularValues.filter((value) => value > 0 && Number.isFinite(value));
  const [first] = values;
  const last = values.at(-1);
  if (values.length < 2 || first === undefined || last === undefined) return undefined;
  const high = Math.log10(Math.max(first, edge ?? first));
  // Six decades at most: what is numerically zero would press the rest together.
  const low = Math.max(Math.log10(last), high - 6);
  const span = Math.max(high - low, 0.05);
  const yOf = (value: number): number =>
    margin +
    (height - 2 * margin) * (1 - Math.max(0, Math.min(1, (Math.log10(value) - low) / span)));
  const step = Math.max(1, (values.length - 1) / (maxPoints - 1));
  const points: string[] = [];
  for (let at = 0; at < values.length; at += step) {
    const index = Math.min(values.length - 1, Math.round(at));
    const x = margin + ((width - 2 * margin) * index) / (values.length - 1);
    points.push(`${x.toFixed(1)},${yOf(values[index] ?? last).toFixed(1)}`);
  }
  const { line, edge: edgeInk } = inks[theme];
  const edgeLine =
    edge !== undefined && edge > 0
      ? `<line x1="0" x2="${width}" y1="${yOf(edge).toFixed(1)}" y2="${yOf(edge).toFixed(1)}" stroke="${edgeInk}" stroke-dasharray="3 3"/>`
      : '';
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${edgeLine}<polyline points="${points.join(' ')}" fill="none" stroke="${line}" stroke-width="1.5"/></svg>`;
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
}
