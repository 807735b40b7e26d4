import {
  commands,
  EventEmitter,
  ProgressLocation,
  Uri,
  window,
  workspace,
  type CancellationToken,
  type TextDocumentContentProvider,
} from 'vscode';

import { manifestScheme } from '../contributions';
import type { Session } from '../session';
import type { Sessions } from '../sessions';
import { labelsOf } from './labels';

/** Checkpoints as text, for VS Code's own diff. */
export class Manifests implements TextDocumentContentProvider {
  private readonly changeEmitter = new EventEmitter<Uri>();
  readonly onDidChange = this.changeEmitter.event;

  constructor(private readonly sessions: Sessions) {}

  /** Measures both, which can be cancelled, and shows their manifests side by side. */
  async diff(a: Uri, b: Uri): Promise<void> {
    const [labelOfA, labelOfB] = labelsOf(a.path, b.path);
    const held = [a, b].map((uri) => this.sessions.acquire(uri, 'script'));
    try {
      const options = { location: ProgressLocation.Notification, cancellable: true };
      const measured = await window.withProgress(
        { ...options, title: `Measuring ${labelOfA} and ${labelOfB}` },
        async (_progress, token) => {
          for (const { session } of held) await measuredSession(session, token);
          return !token.isCancellationRequested;
        },
      );
      if (!measured) return;
      const [uriOfA, uriOfB] = [manifestUri(a), manifestUri(b)];
      // Texts of an earlier diff that is still open are those of the files as they were then.
      for (const uri of [uriOfA, uriOfB]) this.changeEmitter.fire(uri);
      const title = `${labelOfA} ↔ ${labelOfB} (manifests)`;
      await commands.executeCommand('vscode.diff', uriOfA, uriOfB, title);
    } catch (error) {
      void window.showErrorMessage(error instanceof Error ? error.message : String(error));
    } finally {
      for (const { release } of held) release();
    }
  }

  async provideTextDocumentContent(uri: Uri, token: CancellationToken): Promise<string> {
    const { session, release } = this.sessions.acquire(Uri.parse(uri.query, true), 'script');
    try {
      await measuredSession(session, token);
      return await session.manifest();
    } finally {
      release();
    }
  }

  dispose(): void {
    this.changeEmitter.dispose();
  }
}

/** The address of a checkpoint's manifest: a text file of its name, so that tabs and screen readers say what it is. */
function manifestUri(uri: Uri): Uri {
  return Uri.from({ scheme: manifestScheme, path: `${uri.path}.txt`, query: uri.toString() });
}

/** Resolves when a session has nothing more to measure or nobody waits for it; rejects where the file cannot be read. */
async function measuredSession(session: Session, token: CancellationToken): Promise<void> {
  await session.opened;
  await new Promise<void>((resolve) => {
    const look = (): void => {
      const phase = session.overview?.progress.phase;
      const isOver = session.failure !== undefined || phase === 'done' || phase === 'cancelled';
      if (!isOver && !token.isCancellationRequested) return;
      for (const subscription of subscriptions) subscription.dispose();
      resolve();
    };
    const subscriptions = [
      session.onDidProgress(look),
      session.onDidRestart(look),
      token.onCancellationRequested(look),
    ];
    look();
  });
  const { failure, uri } = session;
  if (failure) throw new Error(`${workspace.asRelativePath(uri)}: ${failure.message}`);
}
