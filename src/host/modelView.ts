import { basename } from 'node:path/posix';

import { commands, env, Uri, type WebviewPanel } from 'vscode';

import manifest from '../../package.json';
import { connect, serve } from '../protocol/rpc';
import type { HostApi, ViewApi, ViewStart } from '../protocol/viewApi';
import { compareCommand } from './contributions';
import { log } from './log';
import type { ModelDocument } from './modelDocument';
import { pageHtml } from './page';
import { panelPort } from './panelPort';
import type { TrainingCode } from './trainingCode';

export interface ModelViewOptions {
  readonly extensionUri: Uri;
  readonly code: TrainingCode;
  /** Layer to open with, by name. */
  readonly reveal: string | undefined;
}

const rowsPerPage = 200;
const tensorsPerPage = 500;

/** One panel's view of a checkpoint: answers its page and tells it what changes. */
export class ModelView {
  private readonly view: ViewApi;
  private readonly disposables: { dispose(): unknown }[] = [];
  private reveal: string | undefined;

  constructor(
    private readonly document: ModelDocument,
    panel: WebviewPanel,
    private readonly options: ModelViewOptions,
  ) {
    this.reveal = options.reveal;
    const port = panelPort(panel);
    const { api, dispose } = connect<ViewApi>(port);
    this.view = api;
    const stopServing = serve<HostApi>(port, this.hostApi());
    const { session } = document;
    const tell = (sent: Promise<void>): void => {
      // A hidden page is gone and asks anew when it is back.
      sent.catch(() => undefined);
    };
    this.disposables.push(
      { dispose },
      { dispose: stopServing },
      session.onDidRestart(() => tell(this.view.restarted(this.start()))),
      session.onDidProgress((overview) => tell(this.view.progressed(overview))),
      session.onDidChangeRows((rows) => tell(this.view.rowsChanged(rows))),
      session.onDidChangeFindings((findings) => tell(this.view.findingsChanged(findings))),
      session.onDidChangeOnDisk(() => tell(this.view.changedOnDisk())),
      options.code.onDidChangeLinks(() =>
        tell(this.view.linksChanged(this.links(), this.techniques())),
      ),
    );
    session.setVisible(panel, panel.visible);
    this.disposables.push(
      panel.onDidChangeViewState(() => session.setVisible(panel, panel.visible)),
      { dispose: () => session.setVisible(panel, undefined) },
    );
    panel.webview.html = pageHtml(panel.webview, options.extensionUri, 'inspector');
  }

  revealLayer(name: string): void {
    this.view.revealLayer(name).catch(() => undefined);
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  private start(): ViewStart {
    const { session, uri } = this.document;
    const reveal = this.reveal;
    this.reveal = undefined;
    return {
      fileName: basename(uri.path),
      catalogue: session.catalogue,
      ...(session.overview ? { overview: session.overview } : {}),
      ...(session.failure ? { failure: session.failure } : {}),
      links: this.links(),
      techniques: this.techniques(),
      findings: session.findings,
      ...(reveal === undefined ? {} : { reveal }),
    };
  }

  private links(): ViewStart['links'] {
    return this.options.code.linksOf(this.document.session);
  }

  private techniques(): ViewStart['techniques'] {
    return this.options.code.techniquesFor(this.document.session);
  }

  /** What the page may ask. Its messages are input: indices and lengths are checked here or below. */
  private hostApi(): HostApi {
    const { session, uri } = this.document;
    const { code } = this.options;
    return {
      start: async () => {
        await session.opened;
        return this.start();
      },
      rows: (start, end) =>
        Promise.resolve(session.rows.slice(start, Math.min(end, start + rowsPerPage))),
      detail: (layer) => session.detail(layer),
      tensors: (start, end) => session.tensors(start, Math.min(end, start + tensorsPerPage)),
      skipped: (start, end) => session.skipped(start, Math.min(end, start + tensorsPerPage)),
      measureNow: (layer) => session.measureNow(layer),
      cancel: () => session.cancel(),
      resume: () => session.resume(),
      copy: async (text) => {
        await env.clipboard.writeText(text);
      },
      openCode: (layer) => code.openDefinition(session, layer),
      addTechnique: (technique, layer) => code.addTechnique(session, technique, layer),
      compare: async () => {
        await commands.executeCommand(compareCommand, uri);
      },
      openAsText: async () => {
        await commands.executeCommand('vscode.openWith', uri, 'default');
      },
      reload: () => session.reload(),
      reportIssue: async () => {
        await env.openExternal(Uri.parse(manifest.bugs.url));
      },
      showLog: () => {
        log.show();
        return Promise.resolve();
      },
    };
  }
}
