import { metricCatalogue } from '../metrics';
import { printable } from '../core/printable';
import type { LayerReport, Report } from '../core/report';

export { printable };

/** A column of a table for people. */
export interface Column {
  readonly heading: string;
  readonly align: 'left' | 'right';
  cell(layer: LayerReport): string;
}

/** What a person looks at first. */
const defaultMetrics = [
  'zero.frac',
  'near.excess(1e-2)',
  'l2',
  'sigma1',
  'OI_row',
  'cond',
  'erank_sigma',
];

const headings: Readonly<Record<string, string>> = {
  'zero.frac': 'zeros',
  'near.excess(1e-2)': 'near 0',
  l2: '‖W‖F',
  sigma1: 'σ₁',
  OI_row: 'correlation',
  erank_sigma: 'eff. rank',
};

export function columnsOf(metrics: readonly string[] | undefined): readonly Column[] {
  const ids = metrics ?? defaultMetrics;
  return [
    { heading: 'layer', align: 'left', cell: ({ name }) => printable(name) },
    { heading: 'role', align: 'left', cell: ({ role }) => role },
    {
      heading: 'shape',
      align: 'right',
      cell: ({ view, shape }) => (view ? view.join('×') : shape.join('×')),
    },
    ...ids.map((id): Column => ({
      heading: metrics ? id : (headings[id] ?? id),
      align: 'right',
      cell: (layer) => valueText(layer, id),
    })),
  ];
}

/** One line that says what the checkpoint is. */
export function titleOf({ checkpoint, totals }: Report): string {
  return [
    printable(checkpoint.name),
    printable(checkpoint.description),
    `${totals.tensorCount} tensors`,
    `${totals.parameterCount.toLocaleString('en')} parameters`,
    `${(totals.byteCount / 1e6).toPrecision(3)} MB`,
  ].join(' · ');
}

/** The second line: sums over the weights, then what stands out. */
export function summaryLines({
  totals,
  highlights,
  skipped,
  checkpoint,
}: Report): readonly string[] {
  const zeros = totals.zeroFraction;
  const sums =
    zeros === undefined || totals.l2 === undefined
      ? []
      : [`${percent(zeros)} zeros · ‖W‖ ${threeDigits(totals.l2)}`];
  return [
    ...sums,
    ...highlights.map(({ text }) => `• ${printable(text)}`),
    ...checkpoint.notices.map(({ severity, message }) => `${severity}: ${printable(message)}`),
    ...(skipped.length > 0 ? [`${skipped.length} tensors without numbers; --json says why`] : []),
  ];
}

export function valueText({ metrics, bounds }: LayerReport, id: string): string {
  const value = Object.hasOwn(metrics, id) ? metrics[id] : undefined;
  if (value === undefined) return '–';
  if (typeof value !== 'number') return `[${value.length}]`;
  const sign = { lower: '≥', upper: '≤', approximate: '≈' } as const;
  const bound = Object.hasOwn(bounds, id) ? bounds[id] : undefined;
  const text = unitOf(id) === 'fraction' ? percent(value) : threeDigits(value);
  return (bound ? `${sign[bound]} ` : '') + text;
}

function unitOf(id: string): string | undefined {
  return metricCatalogue.find((metric) => metric.id === id)?.unit;
}

/** A share in percent. */
export function percent(fraction: number): string {
  // More digits than anyone asks of a share of zeros.
  return fraction > 0 && fraction < 1e-5 ? '< 0.001 %' : `${threeDigits(100 * fraction)} %`;
}

/** Three significant digits; a whole number below a million as it is. */
export function threeDigits(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
  const text = value.toPrecision(3);
  return text.includes('e') ? text : String(Number(text));
}
