import type { Skipped } from '../src/core/checkpoint';
import type { TensorReport } from '../src/core/report';
import type { LayerDetail, LayerRow } from '../src/protocol/layers';
import type {
  CodeLink,
  FindingsView,
  Overview,
  TechniqueOffer,
  ViewStart,
} from '../src/protocol/viewApi';
import { defaultColumns } from './columns';
import type { Sort } from './rows';

export const tabs = ['layers', 'findings', 'techniques', 'file'] as const;
export type Tab = (typeof tabs)[number];

/** What is remembered while the view is hidden. Small, and free of data from the file but names. */
export interface ViewState {
  readonly tab: Tab;
  readonly filter: string;
  readonly sort: Sort | undefined;
  readonly columns: readonly string[];
  readonly grouped: boolean;
  readonly folded: readonly string[];
  /** Name of the layer that is open. */
  readonly selected: string | undefined;
  /** Share of the width that the table keeps. */
  readonly split: number;
  readonly scroll: number;
  readonly filterOrder: 'natural' | 'similarity';
  readonly weightScale: 'linear' | 'log';
  /** Charts that are shown as tables. */
  readonly tables: readonly string[];
  readonly findingFilter: string;
  /** Findings that are opened to their evidence. */
  readonly openFindings: readonly string[];
}

/** What need not outlive the view: sizes, focus, what is popped up. */
export interface Ui {
  /** Key of the line that has the keyboard. */
  readonly cursor: string | undefined;
  readonly pageWidth: number;
  readonly tableHeight: number;
  readonly layerWidth: number;
  /** Id of the menu that is open. */
  readonly menu: string | undefined;
  readonly columnSearch: string;
  /** Raised when the colours of the editor change: canvases must be painted again. */
  readonly theme: number;
  /** Pair of filters that is marked in the heat map. */
  readonly pair: readonly [number, number] | undefined;
}

/** `previous` keeps the last layer's charts in place until the next ones come, so that paging does not flicker. */
export type Loaded<T> =
  | { readonly kind: 'loading'; readonly previous?: T }
  | { readonly kind: 'ready'; readonly value: T }
  | { readonly kind: 'failed'; readonly message: string };

export interface OpenLayer {
  readonly index: number;
  readonly detail: Loaded<LayerDetail>;
}

export interface PageState {
  /** Undefined until the host has answered. */
  readonly start: ViewStart | undefined;
  /** By layer index; holes where a page has not come yet. */
  readonly rows: readonly (LayerRow | undefined)[];
  readonly tensors: Loaded<readonly TensorReport[]>;
  readonly skipped: readonly Skipped[];
  readonly open: OpenLayer | undefined;
  readonly changedOnDisk: boolean;
  /** A call to the host that failed, for the status line. */
  readonly trouble: string | undefined;
  readonly view: ViewState;
  readonly ui: Ui;
}

/** Width under which the layer slides over the table. */
export const narrowWidth = 900;

/** Limits of the split: neither side may vanish. */
export const splitLimits = { low: 0.25, high: 0.8 } as const;

export const initialView: ViewState = {
  tab: 'layers',
  filter: '',
  sort: undefined,
  columns: defaultColumns,
  grouped: true,
  folded: [],
  selected: undefined,
  split: 0.42,
  scroll: 0,
  filterOrder: 'similarity',
  weightScale: 'linear',
  tables: [],
  findingFilter: '',
  openFindings: [],
};

const initialUi: Ui = {
  cursor: undefined,
  pageWidth: 1000,
  tableHeight: 400,
  layerWidth: 500,
  menu: undefined,
  columnSearch: '',
  theme: 0,
  pair: undefined,
};

export function initialState(view: ViewState, ui: Ui = initialUi): PageState {
  return {
    start: undefined,
    rows: [],
    tensors: { kind: 'loading' },
    skipped: [],
    open: undefined,
    changedOnDisk: false,
    trouble: undefined,
    view,
    ui,
  };
}

/** A file was opened or opened again. What the reader had chosen stays. */
export function withStart(state: PageState, start: ViewStart): PageState {
  return {
    ...initialState(state.view, state.ui),
    start,
    view: start.reveal === undefined ? state.view : { ...state.view, selected: start.reveal },
  };
}

export function withOverview(state: PageState, overview: Overview): PageState {
  return state.start ? { ...state, start: { ...state.start, overview } } : state;
}

export function withLinks(
  state: PageState,
  links: readonly CodeLink[],
  techniques: readonly TechniqueOffer[],
): PageState {
  return state.start ? { ...state, start: { ...state.start, links, techniques } } : state;
}

export function withFindings(state: PageState, findings: FindingsView): PageState {
  return state.start ? { ...state, start: { ...state.start, findings } } : state;
}

/** Puts rows in their places. */
export function withRows(state: PageState, changed: readonly LayerRow[]): PageState {
  const rows = [...state.rows];
  for (const row of changed) rows[row.index] = row;
  return { ...state, rows };
}

/** Opens a layer; the charts of the one before stay until its own come. */
export function withOpen(state: PageState, index: number): PageState {
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

/** The rows that have come, in file order. */
export function knownRows(rows: readonly (LayerRow | undefined)[]): readonly LayerRow[] {
  return rows.filter((row) => row !== undefined);
}

export function changeView(state: PageState, change: Partial<ViewState>): PageState {
  return { ...state, view: { ...state.view, ...change } };
}

export function changeUi(state: PageState, change: Partial<Ui>): PageState {
  return { ...state, ui: { ...state.ui, ...change } };
}

/** File order → largest first → smallest first → file order. Names start with A. */
export function nextSort(sort: Sort | undefined, column: string): Sort | undefined {
  const first = column !== 'name' && column !== 'dtype';
  if (sort?.column !== column) return { column, descending: first };
  return sort.descending === first ? { column, descending: !first } : undefined;
}

export function toggled(list: readonly string[], item: string): readonly string[] {
  return list.includes(item) ? list.filter((other) => other !== item) : [...list, item];
}

export function clampSplit(share: number): number {
  return Math.max(splitLimits.low, Math.min(splitLimits.high, share));
}

/** Whether the analysis still runs. */
export function isRunning(overview: Overview | undefined): boolean {
  const phase = overview?.progress.phase;
  return phase === 'opening' || phase === 'statistics' || phase === 'spectra';
}
