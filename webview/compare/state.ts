import type { ComparedLayer, FindingsChange } from '../../src/core/comparison';
import type { CompareOverview, PairDetail, PairRow } from '../../src/protocol/compareApi';
import type { CompareStart, Side } from '../../src/protocol/compareViewApi';
import type { Sort } from '../rows';
import type { Loaded } from '../state';

export const compareTabs = ['layers', 'unmatched', 'findings'] as const;
export type CompareTab = (typeof compareTabs)[number];

/** What is remembered while the page is hidden, and over a reload of the window. */
export interface CompareView {
  readonly tab: CompareTab;
  readonly filter: string;
  readonly sort: Sort | undefined;
  /** Name in B of the layer that is open. */
  readonly selected: string | undefined;
  /** Share of the width that the table keeps. */
  readonly split: number;
  readonly scroll: number;
  readonly filterOrder: 'natural' | 'similarity';
  /** Charts that are shown as tables. */
  readonly tables: readonly string[];
  readonly openFindings: readonly string[];
}

/** What need not outlive the page. */
export interface CompareUi {
  /** Pair that has the keyboard, by its index. */
  readonly cursor: number | undefined;
  readonly pageWidth: number;
  readonly tableHeight: number;
  readonly pairWidth: number;
  /** Raised when the colours of the editor change: canvases must be painted again. */
  readonly theme: number;
}

export interface OpenPair {
  readonly index: number;
  readonly detail: Loaded<PairDetail>;
}

export interface CompareState {
  /** Undefined until the host has answered. */
  readonly start: CompareStart | undefined;
  /** By index; holes where a page has not come yet. */
  readonly rows: readonly (PairRow | undefined)[];
  readonly unmatched: Readonly<Record<Side, readonly ComparedLayer[]>>;
  readonly open: OpenPair | undefined;
  /** File that changed on disk. */
  readonly changed: string | undefined;
  /** A call to the host that failed. */
  readonly trouble: string | undefined;
  readonly view: CompareView;
  readonly ui: CompareUi;
}

export const initialCompareView: CompareView = {
  tab: 'layers',
  filter: '',
  sort: undefined,
  selected: undefined,
  split: 0.5,
  scroll: 0,
  filterOrder: 'natural',
  tables: [],
  openFindings: [],
};

const initialUi: CompareUi = {
  cursor: undefined,
  pageWidth: 1000,
  tableHeight: 400,
  pairWidth: 500,
  theme: 0,
};

export function initialCompareState(view: CompareView, ui: CompareUi = initialUi): CompareState {
  return {
    start: undefined,
    rows: [],
    unmatched: { a: [], b: [] },
    open: undefined,
    changed: undefined,
    trouble: undefined,
    view,
    ui,
  };
}

/** The files were opened or opened again. What the reader had chosen stays. */
export function withStart(state: CompareState, start: CompareStart): CompareState {
  return { ...initialCompareState(state.view, state.ui), start };
}

export function withOverview(state: CompareState, overview: CompareOverview): CompareState {
  return state.start ? { ...state, start: { ...state.start, overview } } : state;
}

export function withFindings(state: CompareState, findings: FindingsChange): CompareState {
  return state.start ? { ...state, start: { ...state.start, findings } } : state;
}

/** Puts rows in their places. */
export function withRows(state: CompareState, changed: readonly PairRow[]): CompareState {
  const rows = [...state.rows];
  for (const row of changed) rows[row.index] = row;
  return { ...state, rows };
}

/** Opens a pair; the charts of the one before stay until its own come. */
export function withOpen(state: CompareState, index: number): CompareState {
  const before = state.open?.detail;
  const previous =
    before?.kind === 'ready'
      ? before.value
      : before?.kind === 'loading'
        ? before.previous
        : undefined;
  return {
    ...state,
    open: { index, detail: previous ? { kind: 'loading', previous } : { kind: 'loading' } },
  };
}

export function knownPairs(rows: readonly (PairRow | undefined)[]): readonly PairRow[] {
  return rows.filter((row) => row !== undefined);
}

/** The pair of a layer by its name in B, else by that in A: a finding that went names layers of A. */
export function pairNamed(
  rows: readonly (PairRow | undefined)[],
  name: string,
): PairRow | undefined {
  return rows.find((row) => row?.b.name === name) ?? rows.find((row) => row?.a.name === name);
}

export function isComparing(overview: CompareOverview | undefined): boolean {
  const phase = overview?.progress.phase;
  return phase === 'opening' || phase === 'changes' || phase === 'measuring';
}

/** Largest first → smallest first → file order. Names start with A. */
export function nextPairSort(sort: Sort | undefined, column: string): Sort | undefined {
  // Of cosines and of confidence the low ones are worth a look.
  const first = !['name', 'match', 'change.cosine'].includes(column);
  if (sort?.column !== column) return { column, descending: first };
  return sort.descending === first ? { column, descending: !first } : undefined;
}
