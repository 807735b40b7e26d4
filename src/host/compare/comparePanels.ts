import { Uri, ViewColumn, window, type WebviewPanel, type WebviewPanelSerializer } from 'vscode';

import { compareViewType } from '../contributions';
import type { Build } from '../session';
import { CompareSession } from './compareSession';
import { CompareView } from './compareView';
import { parseSavedState } from './savedState';

interface Shown {
  readonly panel: WebviewPanel;
  session: CompareSession;
  view: CompareView;
}

/** The panels that compare two checkpoints: one a pair of files, and back again after the window was loaded anew. */
export class ComparePanels implements WebviewPanelSerializer {
  private readonly shown = new Set<Shown>();

  constructor(
    private readonly extensionUri: Uri,
    private readonly build: Build,
  ) {}

  /** Shows the comparison of two files, A the earlier one. */
  open(a: Uri, b: Uri): void {
    const existing = [...this.shown].find(
      ({ session }) =>
        session.a.toString() === a.toString() && session.b.toString() === b.toString(),
    );
    if (existing) {
      existing.panel.reveal();
      return;
    }
    const panel = window.createWebviewPanel(compareViewType, '', ViewColumn.Active);
    this.fill(panel, a, b);
  }

  deserializeWebviewPanel(panel: WebviewPanel, state: unknown): Promise<void> {
    const saved = parseSavedState(state);
    try {
      if (saved) this.fill(panel, Uri.parse(saved.a, true), Uri.parse(saved.b, true));
      else panel.dispose();
    } catch {
      // Not the text of a URI after all: there is nothing to show.
      panel.dispose();
    }
    return Promise.resolve();
  }

  dispose(): void {
    for (const { panel } of [...this.shown]) panel.dispose();
  }

  private fill(panel: WebviewPanel, a: Uri, b: Uri): void {
    panel.webview.options = {
      enableScripts: true,
      localResourceRoots: [
        Uri.joinPath(this.extensionUri, 'dist'),
        Uri.joinPath(this.extensionUri, 'media'),
      ],
    };
    const viewOf = (session: CompareSession): CompareView =>
      new CompareView(session, panel, {
        extensionUri: this.extensionUri,
        swap: () => swap(),
      });
    const session = new CompareSession(a, b, this.build);
    const one: Shown = { panel, session, view: viewOf(session) };
    const swap = (): void => {
      const before = one.session;
      one.view.dispose();
      before.dispose();
      one.session = new CompareSession(before.b, before.a, this.build);
      one.view = viewOf(one.session);
    };
    this.shown.add(one);
    panel.onDidDispose(() => {
      this.shown.delete(one);
      one.view.dispose();
      one.session.dispose();
    });
  }
}
