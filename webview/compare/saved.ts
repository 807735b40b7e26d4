import { clampSplit } from '../state';
import { compareTabs, initialCompareView, type CompareView } from './state';

/** Reads what `getState` returned. An older or a broken state loses only the fields that do not fit. */
export function parseCompareView(saved: unknown): CompareView {
  if (typeof saved !== 'object' || saved === null) return initialCompareView;
  const field = (name: keyof CompareView): unknown =>
    Object.hasOwn(saved, name) ? (Reflect.get(saved, name) as unknown) : undefined;
  const { tab, split, scroll } = initialCompareView;
  const [filter, selected, order] = [field('filter'), field('selected'), field('filterOrder')];
  return {
    tab: compareTabs.find((one) => one === field('tab')) ?? tab,
    filter: typeof filter === 'string' ? filter : '',
    sort: parseSort(field('sort')),
    selected: typeof selected === 'string' ? selected : undefined,
    split: clampSplit(finite(field('split'), split)),
    scroll: Math.max(0, finite(field('scroll'), scroll)),
    filterOrder: order === 'similarity' ? 'similarity' : 'natural',
    tables: strings(field('tables')),
    openFindings: strings(field('openFindings')),
  };
}

function parseSort(value: unknown): CompareView['sort'] {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('column' in value) || typeof value.column !== 'string') return undefined;
  return {
    column: value.column,
    descending: 'descending' in value && value.descending === true,
  };
}

function strings(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  const list: readonly unknown[] = value;
  return list.every((item) => typeof item === 'string') ? list : [];
}

function finite(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : otherwise;
}
