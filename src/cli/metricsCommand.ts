import type { MetricDescriptor, MetricFamily } from '../core/metric';
import { metricCatalogue } from '../metrics';
import { flagsOf } from './arguments';
import type { Terminal } from './terminal';

const titles: Readonly<Record<MetricFamily, string>> = {
  integrity: 'Integrity',
  sparsity: 'Sparsity',
  norms: 'Norms',
  shape: 'Shape of the distribution',
  orthogonality: 'Orthogonality',
  spectrum: 'Spectrum',
  'marchenko-pastur': 'Marchenko–Pastur fit',
  'heavy-tail': 'Heavy tail',
  recurrent: 'Recurrent',
};

/** `reglens metrics`: what every number means, from the same records that the editor shows. */
export function metricsCommand(argv: readonly string[], terminal: Terminal): number {
  const { json } = flagsOf(argv, { json: { type: 'boolean' } });
  terminal.out(json ? `${JSON.stringify(metricCatalogue, null, 2)}\n` : metricsDocument());
  return 0;
}

/** The catalogue as a Markdown document: docs/metrics.md is this text. */
export function metricsDocument(): string {
  const families = Object.keys(titles) as MetricFamily[];
  const sections = families.flatMap((family) => {
    const metrics = metricCatalogue.filter((metric) => metric.family === family);
    return metrics.length > 0 ? [`## ${titles[family]}\n`, ...metrics.map(entryOf)] : [];
  });
  return [
    '# Metrics\n',
    'Written by `npm run docs` from the catalogue that the editor shows too. Ids are those of the JSON report; `W` is the layer as a matrix of m output units by k inputs,',
    'p = min(m, k), N = max(m, k), γ = p/N, σ its singular values, λ = σ², c the cosines between its rows.\n',
    ...sections,
  ].join('\n');
}

function entryOf({
  id,
  title,
  unit,
  meaning,
  formula,
  reading,
  baseline,
  source,
  array,
}: MetricDescriptor): string {
  const kind = array ? 'one value per item' : unit === 'none' ? 'number' : unit;
  return [
    `### \`${id}\` ${title}\n`,
    `${meaning} *(${kind})*\n`,
    `- Formula: ${code(formula)}`,
    `- How to read it: ${reading}`,
    `- By chance: ${baseline}`,
    `- Source: ${source}\n`,
  ].join('\n');
}

/** A formula may hold backticks as little as a code span may: none does, and this keeps it so. */
function code(formula: string): string {
  return `\`${formula.replaceAll('`', "'")}\``;
}
