import { clampSplit, initialView, tabs, type ViewState } from './state';

/** Reads what `getState` returned. An older or a broken state loses only the fields that do not fit. */
export function parseView(saved: unknown): ViewState {
  if (typeof saved !== 'object' || saved === null) return initialView;
  const field = (name: keyof ViewState): unknown =>
    Object.hasOwn(saved, name) ? (Reflect.get(saved, name) as unknown) : undefined;
  const { tab, filter, grouped, selected, split, scroll, filterOrder, weightScale } = initialView;
  const columns = strings(field('columns'), initialView.columns);
  return {
    tab: oneOf(field('tab'), tabs, tab),
    filter: typeof field('filter') === 'string' ? String(field('filter')) : filter,
    sort: parseSort(field('sort')),
    columns: [...new Set(columns)],
    grouped: typeof field('grouped') === 'boolean' ? field('grouped') === true : grouped,
    folded: strings(field('folded'), []),
    selected: typeof field('selected') === 'string' ? String(field('selected')) : selected,
    split: clampSplit(finite(field('split'), split)),
    scroll: Math.max(0, finite(field('scroll'), scroll)),
    filterOrder: oneOf(field('filterOrder'), ['natural', 'similarity'], filterOrder),
    weightScale: oneOf(field('weightScale'), ['linear', 'log'], weightScale),
    tables: strings(field('tables'), []),
    findingFilter: typeof field('findingFilter') === 'string' ? String(field('findingFilter')) : '',
    openFindings: strings(field('openFindings'), []),
  };
}

function parseSort(value: unknown): ViewState['sort'] {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('column' in value) || typeof value.column !== 'string') return undefined;
  return {
    column: value.column,
    descending: 'descending' in value && value.descending === true,
  };
}

function strings(value: unknown, otherwise: readonly string[]): readonly string[] {
  if (!Array.isArray(value)) return otherwise;
  const list: readonly unknown[] = value;
  return list.every((item) => typeof item === 'string') ? list : otherwise;
}

function finite(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : otherwise;
}

function oneOf<T extends string>(value: unknown, allowed: readonly T[], otherwise: T): T {
  return allowed.find((one) => one === value) ?? otherwise;
}
