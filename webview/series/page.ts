import { render } from 'lit';

import { connect, serve } from '../../src/protocol/rpc';
import type { SeriesHostApi, SeriesStart, SeriesViewApi } from '../../src/protocol/seriesApi';
import type { Surroundings } from '../port';
import { watcher } from '../watcher';
import { parseSeriesView } from './saved';
import * as states from './state';
import { seriesView, type SeriesActions } from './view';

const saveMs = 200;

/** Draws the page of a run into `root` and keeps it in step with the host. */
export function openSeriesPage(root: HTMLElement, { port, load, save }: Surroundings): void {
  const { api: host } = connect<SeriesHostApi>(port);
  let state = states.initialSeriesState(parseSeriesView(load()));
  let frame = 0;
  let saving: number | undefined;
  /** Raised at every question: answers to older ones are dropped. */
  let generation = 0;
  let asked = '';

  const draw = (): void => {
    frame = 0;
    render(seriesView(state, actions), root);
  };
  const set = (next: states.SeriesState): void => {
    state = next;
    if (frame === 0) frame = requestAnimationFrame(draw);
  };
  const report = (error: unknown): void => {
    set({ ...state, trouble: error instanceof Error ? error.message : String(error) });
  };
  /** Which run it is is kept too: after a reload of the window the host knows it from here. */
  const keep = (): void => {
    window.clearTimeout(saving);
    saving = window.setTimeout(() => {
      if (state.start) save({ ...state.view, runId: state.start.runId });
    }, saveMs);
  };
  const change = (view: Partial<states.SeriesPageView>): void => {
    set({ ...state, view: { ...state.view, ...view } });
    keep();
    look().catch(report);
  };
  /** Asks for the followed layer at the point of the scrub bar. */
  const look = async (): Promise<void> => {
    const layer = states.followedLayer(state);
    const point = states.pointIndex(state);
    const mine = `${layer ?? ''}\n${point}\n${state.start?.points.length ?? 0}`;
    if (mine === asked) return;
    asked = mine;
    const here = layer === undefined ? undefined : await host.layerAt(point, layer);
    if (mine === asked) set({ ...state, here });
  };
  const begin = async (start: SeriesStart): Promise<void> => {
    const before = state.start;
    set({ ...state, start, trouble: undefined });
    keep();
    const sameNumbers =
      before?.points.length === start.points.length &&
      before.layers.length === start.layers.length &&
      before.points.every(({ name, modifiedMs }, index) => {
        const now = start.points[index];
        return now?.name === name && now.modifiedMs === modifiedMs;
      });
    if (sameNumbers) return;
    const mine = ++generation;
    asked = '';
    const values = new Map<string, Float64Array>();
    for (const { id } of start.catalogue) {
      values.set(id, await host.values(id));
      if (mine !== generation) return;
    }
    set({ ...state, values });
    await look();
  };

  const actions: SeriesActions = {
    change,
    copy: (text) => {
      host.copy(text).catch(report);
    },
    follow: (layer) => change({ layer }),
    scrub: (next) => change(states.scrubbedTo(state, next(states.pointIndex(state)))),
    open: () => {
      host.openCheckpoint(states.pointIndex(state), states.followedLayer(state)).catch(report);
    },
    cancel: () => {
      host.cancel().catch(report);
    },
    resume: () => {
      host.resume().catch(report);
    },
    watch: watcher((box) => set({ ...state, width: Math.round(box.width) })),
  };

  serve<SeriesViewApi>(port, {
    changed: (start) => {
      begin(start).catch(report);
      return Promise.resolve();
    },
  });
  draw();
  host.start().then(begin).catch(report);
}
