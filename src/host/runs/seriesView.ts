import { commands, env, type Uri, ViewColumn, type WebviewPanel } from 'vscode';

import type { Run } from '../../core/series';
import { connect, serve } from '../../protocol/rpc';
import type { SeriesHostApi, SeriesStart, SeriesViewApi } from '../../protocol/seriesApi';
import { openLayerCommand, viewType } from '../contributions';
import { pageHtml } from '../page';
import { panelPort } from '../panelPort';
import type { Runs } from './runs';

const tellMs = 250;

/** One panel's view of a run: answers its page and tells it when a checkpoint was measured. */
export class SeriesView {
  private readonly disposables: { dispose(): unknown }[];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly runs: Runs,
    readonly runId: string,
    private readonly panel: WebviewPanel,
    extensionUri: Uri,
  ) {
    const port = panelPort(panel);
    const { api: view, dispose } = connect<SeriesViewApi>(port);
    const stopServing = serve<SeriesHostApi>(port, this.hostApi());
    const tellSoon = (): void => {
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        this.wantAll();
        // A hidden page is gone and asks anew when it is back.
        view.changed(this.start()).catch(() => undefined);
      }, tellMs);
    };
    this.disposables = [
      { dispose },
      { dispose: stopServing },
      runs.onDidChange(tellSoon),
      runs.onDidMeasure(({ id }) => {
        if (id === runId) tellSoon();
      }),
    ];
    this.wantAll();
    panel.webview.html = pageHtml(panel.webview, extensionUri, 'series');
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const disposable of this.disposables) disposable.dispose();
    const { run } = this;
    if (run) this.runs.unwant(run);
  }

  private get run(): Run | undefined {
    return this.runs.get(this.runId);
  }

  /** Files are found after a panel that comes back with the window. */
  private wantAll(): void {
    const { run } = this;
    if (!run) return;
    this.panel.title = `${run.name}: series`;
    this.runs.want(run, 'all');
  }

  private start(): SeriesStart {
    const { run, runs, runId } = this;
    if (!run) {
      const progress = { done: 0, total: 0, isRunning: true, failed: [] };
      const none = { points: [], layers: [], changes: [], catalogue: [], progress };
      return { runId, name: '', folder: '', axis: 'time', ...none };
    }
    const { axis, points, layers, changes } = runs.seriesOf(run);
    const states = run.points.map((point) => ({ point, state: runs.stateOf(point) }));
    const current = states.find(({ state }) => state.kind === 'measuring')?.point.label;
    const failed = states.flatMap(({ point, state }) =>
      state.kind === 'failed' ? [{ label: point.label, reason: state.reason }] : [],
    );
    return {
      runId,
      name: run.name,
      folder: run.folder,
      axis,
      catalogue: runs.measured(run).at(-1)?.value.catalogue ?? [],
      points,
      layers: layers.map(({ name }) => name),
      changes,
      progress: {
        done: points.length,
        total: run.points.length,
        isRunning: !runs.isStopped(run) && points.length + failed.length < run.points.length,
        ...(current === undefined ? {} : { current }),
        failed,
      },
    };
  }

  /** What the page may ask. Its messages are input: an index that there is not finds nothing. */
  private hostApi(): SeriesHostApi {
    const measuredAt = (point: number) => {
      const { run } = this;
      return run && this.runs.measured(run)[point];
    };
    return {
      start: () => Promise.resolve(this.start()),
      values: (metric) => Promise.resolve(this.values(metric)),
      layerAt: (point, layer) =>
        Promise.resolve(measuredAt(point)?.value.layers.find(({ name }) => name === layer)),
      openCheckpoint: async (point, layer) => {
        const found = measuredAt(point);
        const uri = found && this.runs.uriOf(found.point);
        if (!uri) return;
        if (typeof layer === 'string') await commands.executeCommand(openLayerCommand, uri, layer);
        else await commands.executeCommand('vscode.openWith', uri, viewType, ViewColumn.Beside);
      },
      cancel: () => {
        if (this.run) this.runs.cancel(this.run);
        return Promise.resolve();
      },
      resume: () => {
        if (this.run) this.runs.resume(this.run);
        return Promise.resolve();
      },
      copy: async (text) => {
        await env.clipboard.writeText(text);
      },
    };
  }

  private values(metric: string): Float64Array {
    const { run } = this;
    const layers = run ? this.runs.seriesOf(run).layers : [];
    return Float64Array.from(
      layers.flatMap(({ values }) => (Object.hasOwn(values, metric) ? (values[metric] ?? []) : [])),
      (value: number | null) => value ?? NaN,
    );
  }
}
