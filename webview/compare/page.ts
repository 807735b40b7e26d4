import { render } from 'lit';

import type { ComparedLayer } from '../../src/core/comparison';
import type { PairDetail, PairRow } from '../../src/protocol/compareApi';
import type {
  CompareHostApi,
  CompareStart,
  CompareViewApi,
  Side,
} from '../../src/protocol/compareViewApi';
import { connect, serve } from '../../src/protocol/rpc';
import { isTextField } from '../controls';
import { loadDetails, loadPages } from '../loading';
import { scrollToShow, typeAhead } from '../navigation';
import type { Surroundings } from '../port';
import { narrowWidth, type Loaded } from '../state';
import { listenToPopovers } from '../views/popover';
import { headerHeight, rowHeight } from '../views/table';
import { watcher } from '../watcher';
import type { CompareActions } from './actions';
import { pairDeriver } from './derive';
import { changeDescriptors } from './explained';
import { rowFor } from './keys';
import { parseCompareView } from './saved';
import * as states from './state';
import { compareView } from './view';

/** Typed letters belong to one word when they follow each other within this time. */
const typeAheadMs = 800;
const saveMs = 200;

/** Draws the page of a comparison into `root` and keeps it in step with the host. */
export function openComparePage(root: HTMLElement, { port, load, save }: Surroundings): void {
  const { api: host } = connect<CompareHostApi>(port);
  const derive = pairDeriver(() => performance.now());
  let state = states.initialCompareState(parseCompareView(load()));
  let frame = 0;
  let focusWanted = false;
  let saving: number | undefined;
  /** Raised at every start: answers to questions about older files are dropped. */
  let generation = 0;
  let word = { text: '', at: -Infinity };

  const draw = (): void => {
    frame = 0;
    render(compareView(state, derive(state), actions), root);
    restoreScroll();
    if (focusWanted) focusCursor();
    focusWanted = false;
  };
  const set = (next: states.CompareState): void => {
    state = next;
    if (frame === 0) frame = requestAnimationFrame(draw);
  };
  const report = (error: unknown): void => {
    set({ ...state, trouble: error instanceof Error ? error.message : String(error) });
  };
  /** Which files they are is kept too: after a reload of the window the host knows it from here. */
  const keep = (): void => {
    const { start, view } = state;
    if (start) save({ ...view, uris: { a: start.a.uri, b: start.b.uri } });
  };
  const details = loadDetails({
    detail: (pair) => host.detail(pair),
    loaded: (index: number, detail: Loaded<PairDetail>) => {
      if (state.open?.index === index) set({ ...state, open: { index, detail } });
    },
  });
  const lineOf = (index: number): number =>
    derive(state).items.findIndex((item) => item.row.index === index);

  const actions: CompareActions = {
    change: (view) => {
      set({ ...state, view: { ...state.view, ...view } });
      window.clearTimeout(saving);
      saving = window.setTimeout(keep, saveMs);
    },
    show: (ui) => set({ ...state, ui: { ...state.ui, ...ui } }),
    openPair: (index) => {
      const name = index === undefined ? undefined : state.rows[index]?.b.name;
      actions.change({ selected: name });
      if (index === undefined) {
        set({ ...state, open: undefined });
        focusWanted = true;
        return;
      }
      if (state.open?.index === index) return;
      set(states.withOpen(state, index));
      details(index);
    },
    openLayerNamed: (name) => {
      const row = states.pairNamed(state.rows, name);
      if (!row) return;
      actions.change({ tab: 'layers' });
      actions.openPair(row.index);
      const at = lineOf(row.index);
      if (at >= 0) actions.moveTo(at);
    },
    step: (step) => {
      if (!state.open) return;
      const { items } = derive(state);
      const at = lineOf(state.open.index);
      const next = items[at < 0 ? 0 : at + step];
      if (!next) return;
      actions.openPair(next.row.index);
      actions.show({ cursor: next.row.index });
      scrollTo(lineOf(next.row.index));
    },
    ask: (call) => {
      call(host).catch(report);
    },
    copy: (text) => actions.ask((api) => api.copy(text)),
    moveTo: (line) => {
      const item = derive(state).items[line];
      if (!item) return;
      actions.show({ cursor: item.row.index });
      scrollTo(line);
      focusWanted = true;
      // An open pair follows the keyboard, so that going through the table pages through pairs.
      if (state.open && state.ui.pageWidth >= narrowWidth) actions.openPair(item.row.index);
    },
    typed: (key) => {
      const { items } = derive(state);
      const at = Math.max(0, lineOf(state.ui.cursor ?? -1));
      if (key === 'Enter' || key === ' ') {
        const item = items[at];
        if (item) actions.openPair(item.row.index);
        return;
      }
      const pageSize = Math.max(1, Math.floor(state.ui.tableHeight / rowHeight) - 1);
      const target = rowFor(key, items.length, at, pageSize);
      if (target !== undefined) actions.moveTo(target);
      if (target !== undefined || key.length !== 1) return;
      const now = performance.now();
      word = { text: now - word.at < typeAheadMs ? word.text + key : key, at: now };
      const found = typeAhead(items, at, word.text);
      if (found !== undefined) actions.moveTo(found);
    },
    watch: (what) => watchers[what],
  };

  const watchers = {
    page: watcher((box) => actions.show({ pageWidth: Math.round(box.width) })),
    table: watcher((box) => actions.show({ tableHeight: box.height - headerHeight })),
    pair: watcher((box) => actions.show({ pairWidth: Math.floor(box.width) })),
  };

  const scroller = (): Element | null => root.querySelector('.table-scroller');
  let restored = false;
  /** The scroll position of a rebuilt page can be set only once its rows are there. */
  const restoreScroll = (): void => {
    const element = scroller();
    if (restored || !element || state.view.scroll === 0 || state.rows.length === 0) return;
    if (element.scrollHeight <= element.clientHeight) return;
    element.scrollTop = state.view.scroll;
    restored = true;
  };
  const scrollTo = (line: number): void => {
    const element = scroller();
    if (!element || line < 0) return;
    const box = { scroll: element.scrollTop, height: state.ui.tableHeight, rowHeight };
    const scroll = scrollToShow(line, box);
    if (scroll === element.scrollTop) return;
    actions.change({ scroll });
    element.scrollTop = scroll;
  };
  const focusCursor = (): void => {
    const row = root.querySelector('.table-scroller [role="row"][tabindex="0"]');
    if (row instanceof HTMLElement) row.focus({ preventScroll: true });
  };

  const begin = async (start: CompareStart): Promise<void> => {
    const mine = ++generation;
    const current = (): boolean => mine === generation;
    set(states.withStart(state, start));
    keep();
    if (!start.overview) return;
    const { pairCount, unmatchedA, unmatchedB } = start.overview.totals;
    for await (const page of loadPages(pairCount, 200, (from, to) => host.rows(from, to))) {
      if (!current()) return;
      set(states.withRows(state, page));
    }
    const wanted = state.view.selected;
    if (wanted !== undefined && state.view.tab === 'layers') actions.openLayerNamed(wanted);
    const listOf = async (side: Side, count: number): Promise<readonly ComparedLayer[]> => {
      const list = [];
      for await (const page of loadPages(count, 500, (from, to) =>
        host.unmatched(side, from, to),
      )) {
        list.push(...page);
      }
      return list;
    };
    const unmatched = { a: await listOf('a', unmatchedA), b: await listOf('b', unmatchedB) };
    if (current()) set({ ...state, unmatched });
  };

  const changeRows = (rows: readonly PairRow[]): void => {
    const open = rows.find((row) => row.index === state.open?.index);
    const grown = open && hasGrown(state.rows[open.index], open);
    set(states.withRows(state, rows));
    if (open && grown) details(open.index);
  };

  serve<CompareViewApi>(port, {
    restarted: (start) => done(() => begin(start).catch(report)),
    progressed: (overview) => done(() => set(states.withOverview(state, overview))),
    rowsChanged: (rows) => done(() => changeRows(rows)),
    findingsChanged: (findings) => done(() => set(states.withFindings(state, findings))),
    changedOnDisk: (label) => done(() => set({ ...state, changed: label })),
  });

  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || isTextField(event.target)) return;
    const filter = root.querySelector<HTMLElement>('#filter');
    if (!filter) return;
    event.preventDefault();
    filter.focus();
  });
  listenToPopovers(root, () => ({
    catalogue: [...changeDescriptors, ...(state.start?.catalogue ?? [])],
  }));
  new MutationObserver(() => actions.show({ theme: state.ui.theme + 1 })).observe(document.body, {
    attributes: true,
    attributeFilter: ['class', 'data-vscode-theme-id'],
  });
  draw();
  host.start().then(begin).catch(report);
}

/** Whether charts may have come with a row: its change, or numbers of either side. */
function hasGrown(before: PairRow | undefined, after: PairRow): boolean {
  return (
    before?.state !== after.state ||
    Object.keys(before.metrics).length !== Object.keys(after.metrics).length
  );
}

function done(work: () => unknown): Promise<void> {
  work();
  return Promise.resolve();
}
