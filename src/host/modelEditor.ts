import { Uri, type CustomReadonlyEditorProvider, type WebviewPanel } from 'vscode';

import type { TrainingCode } from './trainingCode';
import { ModelDocument } from './modelDocument';
import { ModelView } from './modelView';
import type { Sessions } from './sessions';

/** Opens checkpoints: one document a file, one view a panel. */
export class ModelEditor implements CustomReadonlyEditorProvider<ModelDocument> {
  private readonly views = new Map<string, ModelView[]>();
  /** Layers to show in editors that are about to open, by document. */
  private readonly pendingReveals = new Map<string, string>();

  constructor(
    private readonly extensionUri: Uri,
    private readonly sessions: Sessions,
    private readonly code: TrainingCode,
  ) {}

  openCustomDocument(uri: Uri): ModelDocument {
    return new ModelDocument(uri, this.sessions);
  }

  resolveCustomEditor(document: ModelDocument, panel: WebviewPanel): void {
    const key = document.uri.toString();
    panel.webview.options = {
      enableScripts: true,
      localResourceRoots: [
        Uri.joinPath(this.extensionUri, 'dist'),
        Uri.joinPath(this.extensionUri, 'media'),
      ],
    };
    const view = new ModelView(document, panel, {
      extensionUri: this.extensionUri,
      code: this.code,
      reveal: this.takeReveal(key),
    });
    const views = this.views.get(key) ?? [];
    views.push(view);
    this.views.set(key, views);
    panel.onDidDispose(() => {
      view.dispose();
      const left = (this.views.get(key) ?? []).filter((other) => other !== view);
      if (left.length > 0) this.views.set(key, left);
      else this.views.delete(key);
    });
  }

  /** Shows a layer in the document's editor, now or when it opens. */
  revealLayer(uri: Uri, layer: string): void {
    const view = this.views.get(uri.toString())?.[0];
    if (view) view.revealLayer(layer);
    else this.pendingReveals.set(uri.toString(), layer);
  }

  private takeReveal(key: string): string | undefined {
    const layer = this.pendingReveals.get(key);
    this.pendingReveals.delete(key);
    return layer;
  }
}
