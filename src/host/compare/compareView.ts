import { commands, env, Uri, ViewColumn, type WebviewPanel } from 'vscode';

import manifest from '../../../package.json';
import { connect, serve } from '../../protocol/rpc';
import type {
  CompareHostApi,
  CompareStart,
  CompareViewApi,
  Side,
} from '../../protocol/compareViewApi';
import { diffManifestsCommand, openLayerCommand, viewType } from '../contributions';
import { log } from '../log';
import { pageHtml } from '../page';
import { panelPort } from '../panelPort';
import type { CompareSession } from './compareSession';
import { labelsOf } from './labels';

export interface CompareViewOptions {
  readonly extensionUri: Uri;
  /** Shows the comparison the other way round in the same panel. */
  readonly swap: () => void;
}

const rowsPerPage = 200;
const layersPerPage = 500;

/** One panel's view of a comparison: answers its page and tells it what changes. */
export class CompareView {
  private readonly view: CompareViewApi;
  private readonly disposables: { dispose(): unknown }[];

  constructor(
    private readonly session: CompareSession,
    panel: WebviewPanel,
    private readonly options: CompareViewOptions,
  ) {
    const port = panelPort(panel);
    const { api, dispose } = connect<CompareViewApi>(port);
    this.view = api;
    const stopServing = serve<CompareHostApi>(port, this.hostApi());
    const tell = (sent: Promise<void>): void => {
      // A hidden page is gone and asks anew when it is back.
      sent.catch(() => undefined);
    };
    this.disposables = [
      { dispose },
      { dispose: stopServing },
      session.onDidRestart(() => tell(this.view.restarted(this.start()))),
      session.onDidProgress((overview) => tell(this.view.progressed(overview))),
      session.onDidChangeRows((rows) => tell(this.view.rowsChanged(rows))),
      session.onDidFindFindings((findings) => tell(this.view.findingsChanged(findings))),
      session.onDidChangeOnDisk((side) => tell(this.view.changedOnDisk(this.start()[side].label))),
    ];
    const { a, b } = this.start();
    panel.title = `${a.label} ↔ ${b.label}`;
    panel.webview.html = pageHtml(panel.webview, options.extensionUri, 'compare');
  }

  dispose(): void {
    for (const disposable of this.disposables) disposable.dispose();
  }

  private start(): CompareStart {
    const { a, b, catalogue, overview, failure, findings } = this.session;
    const [labelOfA, labelOfB] = labelsOf(a.path, b.path);
    return {
      a: { label: labelOfA, uri: a.toString() },
      b: { label: labelOfB, uri: b.toString() },
      catalogue,
      ...(overview ? { overview } : {}),
      ...(failure ? { failure } : {}),
      ...(findings ? { findings } : {}),
    };
  }

  /** What the page may ask. Its messages are input: sides and lengths are checked here, indices where they are used. */
  private hostApi(): CompareHostApi {
    const { session } = this;
    return {
      start: async () => {
        await session.opened;
        return this.start();
      },
      rows: (start, end) =>
        Promise.resolve(session.rows.slice(start, Math.min(end, start + rowsPerPage))),
      unmatched: (side, start, end) =>
        session.unmatched(sideOf(side), start, Math.min(end, start + layersPerPage)),
      detail: (pair) => session.detail(pair),
      cancel: () => session.cancel(),
      resume: () => session.resume(),
      reload: () => session.reload(),
      swap: () => {
        this.options.swap();
        return Promise.resolve();
      },
      openCheckpoint: async (side, layer) => {
        const uri = session[sideOf(side)];
        if (layer === undefined) {
          await commands.executeCommand('vscode.openWith', uri, viewType, ViewColumn.Beside);
        } else {
          await commands.executeCommand(openLayerCommand, uri, layer);
        }
      },
      diffManifests: async () => {
        await commands.executeCommand(diffManifestsCommand, session.a, session.b);
      },
      copy: async (text) => {
        await env.clipboard.writeText(text);
      },
      showLog: () => {
        log.show();
        return Promise.resolve();
      },
      reportIssue: async () => {
        await env.openExternal(Uri.parse(manifest.bugs.url));
      },
    };
  }
}

function sideOf(side: unknown): Side {
  if (side !== 'a' && side !== 'b') throw new Error(`No side ${String(side)}: there are a and b`);
  return side;
}
