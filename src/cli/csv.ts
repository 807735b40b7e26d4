import type { Report } from '../core/report';
import { metricCatalogue } from '../metrics';

/** One line a layer, all scalar metrics in full precision (RFC 4180). */
export function csvOf(reports: readonly Report[], metrics: readonly string[] | undefined): string {
  const ids = metrics ?? metricCatalogue.filter(({ array }) => array !== true).map(({ id }) => id);
  const heading = ['file', 'layer', 'role', 'dtype', 'rows', 'columns', 'parameters', ...ids];
  const lines = reports.flatMap(({ checkpoint, layers }) =>
    layers.map((layer) => [
      checkpoint.name,
      layer.name,
      layer.role,
      layer.dtype,
      layer.view?.[0] ?? '',
      layer.view?.[1] ?? '',
      layer.parameterCount,
      ...ids.map((id) => {
        const value = Object.hasOwn(layer.metrics, id) ? layer.metrics[id] : undefined;
        return typeof value === 'number' ? value : (value?.join(' ') ?? '');
      }),
    ]),
  );
  return [heading, ...lines].map((cells) => `${cells.map(cell).join(',')}\r\n`).join('');
}

/** A text that a spreadsheet would take for a formula is kept as text. */
export function cell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
