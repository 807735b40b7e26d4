import { expect, it } from 'vitest';

import { deriver } from './derive';
import { parseView } from './saved';
import * as states from './state';
import { layer } from './testing';

it.each([undefined, null, 3, 'x', [], {}])('starts afresh from %j', (saved) => {
  expect(parseView(saved)).toEqual(states.initialView);
});

it('reads back what it saved', () => {
  const view: states.ViewState = {
    tab: 'file',
    filter: 'zeros>0.5',
    sort: { column: 'l2', descending: true },
    columns: ['view', 'l2'],
    grouped: false,
    folded: ['group:features'],
    selected: 'features.0',
    split: 0.6,
    scroll: 440,
    filterOrder: 'natural',
    weightScale: 'log',
    tables: ['spectrum'],
    findingFilter: 'fc1',
    openFindings: ['B1:fc1'],
  };
  expect(parseView(JSON.parse(JSON.stringify(view)))).toEqual(view);
});

it.each([
  [{ split: 7 }, { split: states.splitLimits.high }],
  [{ split: 'x' }, { split: states.initialView.split }],
  [{ scroll: -1 }, { scroll: 0 }],
  [{ tab: 'secrets' }, { tab: 'layers' }],
  [{ columns: ['l2', 'l2'] }, { columns: ['l2'] }],
  [{ columns: ['l2', 3] }, { columns: states.initialView.columns }],
  [{ sort: { column: 3 } }, { sort: undefined }],
  [{ sort: 'l2' }, { sort: undefined }],
  [{ folded: 'all' }, { folded: [] }],
])('mends %j', (saved, fields) => {
  expect(parseView(saved)).toMatchObject(fields);
});

it('goes through the orders of a column and back to file order', () => {
  const first = states.nextSort(undefined, 'l2');
  expect(first).toEqual({ column: 'l2', descending: true });
  const second = states.nextSort(first, 'l2');
  expect(second).toEqual({ column: 'l2', descending: false });
  expect(states.nextSort(second, 'l2')).toBeUndefined();
  expect(states.nextSort(second, 'name')).toEqual({ column: 'name', descending: false });
});

it('puts rows in their places and keeps holes apart', () => {
  const state = states.withRows(states.initialState(states.initialView), [layer(2, 'c')]);
  expect(state.rows[0]).toBeUndefined();
  expect(states.knownRows(states.withRows(state, [layer(0, 'a')]).rows)).toHaveLength(2);
});

it('keeps the reader’s choices when the file is opened again, and forgets its data', () => {
  const view = { ...states.initialView, filter: 'fc', selected: 'fc1' };
  const before = states.withRows(states.initialState(view), [layer(0, 'a')]);
  const start = {
    fileName: 'x.pt',
    catalogue: [],
    links: [],
    techniques: [],
    findings: { findings: [], techniques: [] },
  };
  expect(states.withStart(before, start)).toMatchObject({ rows: [], view });
  expect(states.withStart(before, { ...start, reveal: 'fc2' }).view.selected).toBe('fc2');
});

it('keeps the last charts until those of the next layer come', () => {
  const detail = {
    index: 0,
    arrays: {},
    pairs: [],
    absent: {},
    histogram: {
      low: -1,
      high: 1,
      counts: [],
      below: 0,
      above: 0,
      zeros: 0,
      mean: 0,
      std: 0,
      meanAbs: 0,
      logLow: -6,
      logHigh: 0,
      logCounts: [],
    },
  };
  const empty = states.initialState(states.initialView);
  expect(states.withOpen(empty, 1).open?.detail).toEqual({ kind: 'loading' });
  const open = { ...empty, open: { index: 0, detail: { kind: 'ready', value: detail } as const } };
  const next = states.withOpen(open, 1);
  expect(next.open?.detail).toEqual({ kind: 'loading', previous: detail });
  expect(states.withOpen(next, 2).open?.detail).toEqual({ kind: 'loading', previous: detail });
});

it('puts sorted rows in order again no more than every two seconds while results stream in', () => {
  let now = 0;
  const derive = deriver(() => now);
  const overview = {
    checkpoint: {
      name: 'x',
      format: 'x',
      description: 'x',
      framework: 'pytorch',
      files: [],
      bytes: 0,
      optimizers: [],
      recorded: {},
      notices: [],
    },
    totals: { tensorCount: 2, parameterCount: 64, byteCount: 256, measuredLayerCount: 0 },
    highlights: [],
    skippedCount: 0,
    layerCount: 2,
    progress: { phase: 'spectra', done: 0, total: 2 },
  } as const;
  const started = states.withStart(
    states.initialState({ ...states.initialView, sort: { column: 'l2', descending: true } }),
    {
      fileName: 'x',
      catalogue: [],
      links: [],
      techniques: [],
      findings: { findings: [], techniques: [] },
      overview,
    },
  );
  const names = (state: states.PageState): string[] =>
    derive(state).items.map(({ label }) => label);
  const early = states.withRows(started, [layer(0, 'a', { l2: 1 }), layer(1, 'b')]);
  expect(names(early)).toEqual(['a', 'b']);
  const later = states.withRows(early, [layer(1, 'b', { l2: 2 })]);
  now = 1000;
  expect(names(later)).toEqual(['a', 'b']);
  now = 2000;
  expect(names(later)).toEqual(['b', 'a']);
  const last = states.withRows(later, [layer(0, 'a', { l2: 3 })]);
  const progress = { phase: 'done', done: 2, total: 2 } as const;
  expect(names(states.withOverview(last, { ...overview, progress }))).toEqual(['a', 'b']);
});
