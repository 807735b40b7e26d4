import type { CustomDocument, Uri } from 'vscode';

import type { Session } from './session';
import type { Sessions } from './sessions';

/** A checkpoint that is open in one or more editors. */
export class ModelDocument implements CustomDocument {
  readonly session: Session;
  private readonly release: () => void;
  /** Layer that the next page to start should show, by name. */
  reveal: string | undefined;

  constructor(
    readonly uri: Uri,
    sessions: Sessions,
  ) {
    const { session, release } = sessions.acquire(uri, 'editor');
    this.session = session;
    this.release = release;
  }

  dispose(): void {
    this.release();
  }
}
