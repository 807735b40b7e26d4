import { Uri, ViewColumn, window, type WebviewPanel, type WebviewPanelSerializer } from 'vscode';

import type { Run } from '../../core/series';
import { seriesViewType } from '../contributions';
import type { Runs } from './runs';
import { savedRunId } from './savedRun';
import { SeriesView } from './seriesView';

/** The panels that show a run over time: one a run, and back again after the window was loaded anew. */
export class SeriesPanels implements WebviewPanelSerializer {
  private readonly shown = new Map<WebviewPanel, SeriesView>();

  constructor(
    private readonly extensionUri: Uri,
    private readonly runs: Runs,
  ) {}

  open({ id, name }: Run): void {
    for (const [panel, view] of this.shown) {
      if (view.runId !== id) continue;
      panel.reveal();
      return;
    }
    const title = `${name}: series`;
    this.fill(window.createWebviewPanel(seriesViewType, title, ViewColumn.Active), id);
  }

  deserializeWebviewPanel(panel: WebviewPanel, state: unknown): Promise<void> {
    const id = savedRunId(state);
    if (id === undefined) panel.dispose();
    else this.fill(panel, id);
    return Promise.resolve();
  }

  dispose(): void {
    for (const panel of [...this.shown.keys()]) panel.dispose();
  }

  private fill(panel: WebviewPanel, id: string): void {
    panel.webview.options = {
      enableScripts: true,
      localResourceRoots: [
        Uri.joinPath(this.extensionUri, 'dist'),
        Uri.joinPath(this.extensionUri, 'media'),
      ],
    };
    const view = new SeriesView(this.runs, id, panel, this.extensionUri);
    this.shown.set(panel, view);
    panel.onDidDispose(() => {
      this.shown.delete(panel);
      view.dispose();
    });
  }
}
