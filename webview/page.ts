import { render } from 'lit';

import type { LayerDetail, LayerRow } from '../src/protocol/layers';
import { connect, serve } from '../src/protocol/rpc';
import type { HostApi, ViewApi, ViewStart } from '../src/protocol/viewApi';
import type { Actions } from './actions';
import { isTextField } from './controls';
import { deriver } from './derive';
import { loadDetails, loadPages } from './loading';
import { moveFor, neighbour, scrollToShow, typeAhead } from './navigation';
import type { Surroundings } from './port';
import { parseView } from './saved';
import * as states from './state';
import { listenToPopovers } from './views/popover';
import { pageView } from './views/page';
import { headerHeight, rowHeight } from './views/table';
import { watcher } from './watcher';

/** Typed letters belong to one word when they follow each other within this time. */
const typeAheadMs = 800;
const saveMs = 200;

/** Draws the page into `root` and keeps it in step with the host. */
export function openPage(root: HTMLElement, { port, load, save }: Surroundings): void {
  const { api: host } = connect<HostApi>(port);
  const derive = deriver(() => performance.now());
  let state = states.initialState(parseView(load()));
  let frame = 0;
  let focusWanted = false;
  let saving: number | undefined;
  /** Raised at every start: answers to questions about an older file are dropped. */
  let generation = 0;
  let word = { text: '', at: -Infinity };

  const draw = (): void => {
    frame = 0;
    render(pageView(state, derive(state), actions), root);
    restoreScroll();
    if (focusWanted) focusCursor();
    focusWanted = false;
  };
  const set = (next: states.PageState): void => {
    state = next;
    if (frame === 0) frame = requestAnimationFrame(draw);
  };
  const report = (error: unknown): void => {
    set({ ...state, trouble: error instanceof Error ? error.message : String(error) });
  };

  const details = loadDetails({
    detail: (layer) => host.detail(layer),
    loaded: (index: number, detail: states.Loaded<LayerDetail>) => {
      if (state.open?.index === index) set({ ...state, open: { index, detail } });
    },
  });

  const actions: Actions = {
    change: (view) => {
      set(states.changeView(state, view));
      window.clearTimeout(saving);
      saving = window.setTimeout(() => save(state.view), saveMs);
    },
    show: (ui) => set(states.changeUi(state, ui)),
    openLayer: (index) => {
      const name = index === undefined ? undefined : state.rows[index]?.name;
      actions.change({ selected: name });
      if (index === undefined) {
        set({ ...state, open: undefined });
        focusWanted = true;
        return;
      }
      if (state.open?.index === index) return;
      set(states.changeUi(states.withOpen(state, index), { pair: undefined }));
      details(index);
    },
    openLayerNamed: (name) => {
      const row = states.knownRows(state.rows).find((one) => one.name === name);
      if (!row) return;
      actions.change({ tab: 'layers' });
      actions.openLayer(row.index);
      const at = derive(state).items.findIndex((item) => item.key === `layer:${row.index}`);
      if (at >= 0) actions.moveTo(at);
    },
    step: (step) => {
      if (!state.open) return;
      const { items } = derive(state);
      const next = neighbour(items, state.open.index, step);
      if (next === undefined) return;
      actions.openLayer(next);
      const at = items.findIndex((item) => item.key === `layer:${next}`);
      actions.show({ cursor: items[at]?.key });
      scrollTo(at);
    },
    ask: (call) => {
      call(host).catch(report);
    },
    copy: (text) => actions.ask((api) => api.copy(text)),
    moveTo: (index) => {
      const item = derive(state).items[index];
      if (!item) return;
      actions.show({ cursor: item.key });
      scrollTo(index);
      focusWanted = true;
      // An open layer follows the keyboard, so that going through the table pages through layers.
      if (state.open && item.kind === 'layer' && state.ui.pageWidth >= states.narrowWidth) {
        actions.openLayer(item.row.index);
      }
    },
    typed: (key) => {
      const { items } = derive(state);
      const at = Math.max(
        0,
        items.findIndex((item) => item.key === state.ui.cursor),
      );
      const pageSize = Math.max(1, Math.floor(state.ui.tableHeight / rowHeight) - 1);
      const move = moveFor(key, items, at, pageSize);
      if (move?.kind === 'go') actions.moveTo(move.index);
      if (move?.kind === 'fold' || move?.kind === 'unfold') {
        actions.change({ folded: states.toggled(state.view.folded, move.key) });
        focusWanted = true;
      }
      if (move?.kind === 'open') {
        const item = items[move.index];
        if (item?.kind === 'layer') actions.openLayer(item.row.index);
      }
      if (move || key.length !== 1) return;
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
    layer: watcher((box) => actions.show({ layerWidth: Math.floor(box.width) })),
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
  const scrollTo = (index: number): void => {
    const element = scroller();
    if (!element || index < 0) return;
    const box = { scroll: element.scrollTop, height: state.ui.tableHeight, rowHeight };
    const scroll = scrollToShow(index, box);
    if (scroll === element.scrollTop) return;
    actions.change({ scroll });
    // The rows' container has its full height already, so the browser does not clamp this.
    element.scrollTop = scroll;
  };
  const focusCursor = (): void => {
    const row = root.querySelector('.table-scroller [role="row"][tabindex="0"]');
    if (row instanceof HTMLElement) row.focus({ preventScroll: true });
  };

  const begin = async (start: ViewStart): Promise<void> => {
    const mine = ++generation;
    const current = (): boolean => mine === generation;
    set(states.withStart(state, start));
    if (!start.overview) return;
    const { layerCount, totals, skippedCount } = start.overview;
    const rows = (async (): Promise<void> => {
      for await (const page of loadPages(layerCount, 200, (from, to) => host.rows(from, to))) {
        if (!current()) return;
        set(states.withRows(state, page));
      }
      const wanted = state.view.selected;
      if (current() && wanted !== undefined) actions.openLayerNamed(wanted);
    })();
    const tensors = (async (): Promise<void> => {
      const list = [];
      for await (const page of loadPages(totals.tensorCount, 500, (from, to) =>
        host.tensors(from, to),
      )) {
        list.push(...page);
      }
      if (current()) set({ ...state, tensors: { kind: 'ready', value: list } });
    })();
    const skipped = (async (): Promise<void> => {
      const list = [];
      for await (const page of loadPages(skippedCount, 500, (from, to) => host.skipped(from, to))) {
        list.push(...page);
      }
      if (current()) set({ ...state, skipped: list });
    })();
    await Promise.all([rows, tensors, skipped]);
  };

  const changeRows = (rows: readonly LayerRow[]): void => {
    const open = rows.find((row) => row.index === state.open?.index);
    const grown = open && hasGrown(state.rows[open.index], open);
    set(states.withRows(state, rows));
    if (open && grown) details(open.index);
  };

  serve<ViewApi>(port, {
    restarted: (start) => done(() => begin(start).catch(report)),
    progressed: (overview) => done(() => set(states.withOverview(state, overview))),
    rowsChanged: (rows) => done(() => changeRows(rows)),
    linksChanged: (links, techniques) =>
      done(() => set(states.withLinks(state, links, techniques))),
    findingsChanged: (findings) => done(() => set(states.withFindings(state, findings))),
    revealLayer: (name) => done(() => actions.openLayerNamed(name)),
    changedOnDisk: () => done(() => set({ ...state, changedOnDisk: true })),
  });

  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || isTextField(event.target)) return;
    const filter = root.querySelector<HTMLElement>('#filter');
    if (!filter) return;
    event.preventDefault();
    filter.focus();
  });
  listenToPopovers(root, () => ({
    catalogue: state.start?.catalogue ?? [],
    row: state.open && state.rows[state.open.index],
  }));
  new MutationObserver(() => actions.show({ theme: state.ui.theme + 1 })).observe(document.body, {
    attributes: true,
    attributeFilter: ['class', 'data-vscode-theme-id'],
  });
  draw();
  host.start().then(begin).catch(report);
}

/** Whether charts may have come with a row: more numbers, or other reasons for missing ones. */
function hasGrown(before: LayerRow | undefined, after: LayerRow): boolean {
  return (
    before?.state !== after.state ||
    before.precision !== after.precision ||
    before.missing.length !== after.missing.length ||
    Object.keys(before.metrics).length !== Object.keys(after.metrics).length
  );
}

function done(work: () => unknown): Promise<void> {
  work();
  return Promise.resolve();
}
