import { counted } from '../core/words';
import type { MetricValue } from '../core/metric';
import type { Highlight, LayerReport } from '../core/report';

/** What is worth the summary line: at most one layer for each kind. */
interface Rule {
  readonly metric: string;
  /** How far the layer stands out; the largest wins, 0 or less is nothing. */
  strength(read: Read): number;
  text(layer: LayerReport, read: Read): string;
}

type Read = (metric: string) => number;

const percent = (fraction: number): string => `${Number((100 * fraction).toPrecision(2))} %`;
/** NaN and infinities together. */
const nonFinite = (read: Read): number => read('n_nan') + read('n_pinf') + read('n_ninf');

const times = (ratio: number): string => `${Number(ratio.toPrecision(2))}×`;

/** Orthogonality is judged where it is more than chance: z beyond ±5 on matrices of at least 8 × 8. */
const rules: readonly Rule[] = [
  {
    metric: 'n_nan',
    strength: nonFinite,
    text: ({ name }, read) => `${name}: ${counted(nonFinite(read), 'value')} not finite`,
  },
  {
    metric: 'zero.frac',
    strength: (read) => read('zero.frac') - 0.05,
    text: ({ name }, read) => `${name}: ${percent(read('zero.frac'))} zeros`,
  },
  {
    metric: 'row.zero',
    strength: (read) => read('row.zero'),
    text: ({ name }, read) => `${name}: ${counted(read('row.zero'), 'filter')} all zero`,
  },
  {
    metric: 'redundant(0.95)',
    strength: (read) => read('redundant(0.95)') - 1,
    text: ({ name }, read) =>
      `${name}: ${counted(read('redundant(0.95)'), 'near-duplicate filter')}`,
  },
  {
    metric: 'near.excess(1e-2)',
    strength: (read) => (read('near.excess(1e-2)') >= 3 ? read('near.excess(1e-2)') : 0),
    text: ({ name }, read) =>
      `${name}: ${times(read('near.excess(1e-2)'))} as many near-zero weights as chance`,
  },
  {
    metric: 'OI_small',
    strength: (read) => (read('oi.z') >= 5 && read('OI_small') <= 0.8 ? 1 - read('OI_small') : 0),
    text: ({ name }, read) => `most orthogonal: ${name} (${times(read('OI_small'))} chance)`,
  },
  {
    metric: 'OI_row',
    strength: (read) => (read('oi.z') <= -5 ? read('OI_row') - 1 : 0),
    text: ({ name }, read) => `least orthogonal: ${name} (${times(read('OI_row'))} chance)`,
  },
];

export function highlightsOf(layers: readonly LayerReport[]): readonly Highlight[] {
  return rules.flatMap((rule) => {
    let best: { layer: LayerReport; strength: number } | undefined;
    for (const layer of layers) {
      const strength = rule.strength(reader(layer.metrics));
      if (strength > (best?.strength ?? 0)) best = { layer, strength };
    }
    if (!best) return [];
    const read = reader(best.layer.metrics);
    return [
      {
        layer: best.layer.name,
        metric: rule.metric,
        value: read(rule.metric),
        text: rule.text(best.layer, read),
      },
    ];
  });
}

/** Scalars by id; 0 for what was not measured, which no rule takes for something. */
function reader(metrics: Readonly<Record<string, MetricValue>>): Read {
  return (metric) => {
    const value = Object.hasOwn(metrics, metric) ? metrics[metric] : undefined;
    return typeof value === 'number' ? value : 0;
  };
}
