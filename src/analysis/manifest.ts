import type { Finding } from '../core/finding';
import { printable } from '../core/printable';
import type { LayerReport, Report } from '../core/report';
import { metricCatalogue } from '../metrics';

/** What a person asks first about a layer, in this order. */
const mainMetrics = [
  'zero.frac',
  'near.excess(1e-2)',
  'l2',
  'linf',
  'mean',
  'std',
  'sigma1',
  'cond',
  'erank_sigma',
  'OI_row',
] as const;

/**
 * A checkpoint as plain text, one fact a line, in the order of the file: the same report always gives the same text, so that a text
 * diff of two says what has changed, and a screen reader reads it from top to bottom. Numbers are rounded to three digits: what
 * differs by less is the same line.
 */
export function manifestOf(report: Report): string {
  const { checkpoint, totals, layers, skipped, findings } = report;
  const lines = [
    `checkpoint ${printable(checkpoint.name)}`,
    `format: ${printable(checkpoint.description)}`,
    `framework: ${checkpoint.framework}`,
    `tensors: ${totals.tensorCount}`,
    `layers: ${layers.length}`,
    `parameters: ${totals.parameterCount}`,
    ...(totals.zeroFraction === undefined ? [] : [`zeros: ${rounded(totals.zeroFraction)}`]),
    ...(totals.l2 === undefined ? [] : [`norm: ${rounded(totals.l2)}`]),
    ...checkpoint.notices.map(({ severity, message }) => `${severity}: ${printable(message)}`),
    ...layers.flatMap((layer) => ['', ...layerLines(layer)]),
  ];
  if (skipped.length > 0) {
    lines.push('', 'without numbers');
    for (const { name, reason } of skipped)
      lines.push(`  ${printable(name)}: ${printable(reason)}`);
  }
  for (const finding of findings) lines.push('', ...findingLines(finding));
  return `${lines.join('\n')}\n`;
}

function layerLines(layer: LayerReport): readonly string[] {
  const { name, role, type, tensor, dtype, shape, view, parameterCount, missing } = layer;
  return [
    `layer ${printable(name)}`,
    `  role: ${role}${type === undefined ? '' : ` (${printable(type)})`}`,
    `  tensor: ${printable(tensor)}`,
    `  stored: ${shape.join(' by ')}, ${dtype}`,
    ...(view ? [`  matrix: ${view.join(' by ')}`] : []),
    `  parameters: ${parameterCount}`,
    ...mainMetrics.flatMap((id) => {
      const value = layer.metrics[id];
      if (typeof value !== 'number') return [];
      return [`  ${titles.get(id) ?? id}: ${boundOf(layer, id)}${rounded(value)}`];
    }),
    ...missing
      .filter(({ family }) => family === 'integrity')
      .map(({ reason }) => `  problem: ${printable(reason)}`),
  ];
}

function findingLines(finding: Finding): readonly string[] {
  const { rule, name, severity, confidence, layers, message, suggestion } = finding;
  return [
    `finding ${rule} ${name}`,
    `  severity: ${severity}`,
    `  confidence: ${confidence}`,
    ...(layers.length > 0 ? [`  layers: ${layers.map(printable).join(', ')}`] : []),
    `  ${printable(message)}`,
    ...(suggestion === undefined ? [] : [`  suggestion: ${printable(suggestion)}`]),
  ];
}

const titles: ReadonlyMap<string, string> = new Map(
  metricCatalogue.map(({ id, title }) => [id, title.toLowerCase()]),
);

const boundWords = { lower: 'at least ', upper: 'at most ', approximate: 'about ' } as const;

function boundOf({ bounds }: LayerReport, id: string): string {
  const bound = Object.hasOwn(bounds, id) ? bounds[id] : undefined;
  return bound === undefined ? '' : boundWords[bound];
}

/** Three significant digits; a whole number below a million as it is. */
function rounded(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
  return String(Number(value.toPrecision(3)));
}
