import type { MetricDescriptor, MetricFamily } from '../../core/metric';

/** A descriptor without its family, in the order of the catalogue's tables. */
export type Row = readonly [
  id: string,
  title: string,
  unit: MetricDescriptor['unit'],
  meaning: string,
  formula: string,
  reading: string,
  baseline: string,
  source: string,
  kind?: 'array',
];

export function describe(family: MetricFamily, rows: readonly Row[]): MetricDescriptor[] {
  return rows.map(([id, title, unit, meaning, formula, reading, baseline, source, kind]) => ({
    id,
    title,
    family,
    unit,
    meaning,
    formula,
    reading,
    baseline,
    source,
    ...(kind && { array: true }),
  }));
}

/** The same row for each of several parameters: `%` stands for the parameter. */
export function forEach(parameters: readonly (string | number)[], row: Row): Row[] {
  const [id, title, unit, meaning, formula, reading, baseline, source] = row;
  return parameters.map((parameter) => {
    const fill = (text: string) => text.replaceAll('%', String(parameter));
    return [
      fill(id),
      fill(title),
      unit,
      fill(meaning),
      fill(formula),
      fill(reading),
      fill(baseline),
      source,
    ];
  });
}
