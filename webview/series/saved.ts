import { initialSeriesView, type SeriesPageView } from './state';

/** Reads what `getState` returned. A broken state loses only the fields that do not fit. */
export function parseSeriesView(saved: unknown): SeriesPageView {
  if (typeof saved !== 'object' || saved === null) return initialSeriesView;
  const layer = 'layer' in saved && typeof saved.layer === 'string' ? saved.layer : undefined;
  const x = 'x' in saved && typeof saved.x === 'number' ? saved.x : undefined;
  const tables: readonly unknown[] =
    'tables' in saved && Array.isArray(saved.tables) ? saved.tables : [];
  return {
    layer,
    x: x !== undefined && Number.isFinite(x) ? x : undefined,
    tables: tables.filter((one) => typeof one === 'string'),
  };
}
