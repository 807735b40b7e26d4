import { Disposable, EventEmitter, type Uri } from 'vscode';

import { Session } from './session';

/** The sessions in use. Editors and code lenses of one checkpoint share one; the last to release it ends it. */
export class Sessions {
  private readonly entries = new Map<string, { readonly session: Session; users: number }>();
  private readonly openEmitter = new EventEmitter<void>();
  private readonly measureEmitter = new EventEmitter<void>();
  /** A session was opened, opened anew or ended. */
  readonly onDidOpen = this.openEmitter.event;
  /** Layers of a session were measured. */
  readonly onDidMeasure = this.measureEmitter.event;

  constructor(private readonly workerFile: string) {}

  acquire(uri: Uri): { readonly session: Session; readonly release: () => void } {
    const key = uri.toString();
    let entry = this.entries.get(key);
    if (!entry) {
      const session = new Session(uri, this.workerFile);
      session.onDidRestart(() => this.openEmitter.fire());
      session.onDidChangeRows(() => this.measureEmitter.fire());
      entry = { session, users: 0 };
      this.entries.set(key, entry);
    }
    entry.users += 1;
    const held = entry;
    const release = new Disposable(() => {
      held.users -= 1;
      if (held.users > 0) return;
      this.entries.delete(key);
      held.session.dispose();
      this.openEmitter.fire();
    });
    let released = false;
    return {
      session: held.session,
      release: () => {
        if (released) return;
        released = true;
        release.dispose();
      },
    };
  }

  get(uri: Uri): Session | undefined {
    return this.entries.get(uri.toString())?.session;
  }

  get all(): readonly Session[] {
    return [...this.entries.values()].map(({ session }) => session);
  }

  dispose(): void {
    for (const { session } of this.entries.values()) session.dispose();
    this.entries.clear();
    this.openEmitter.dispose();
    this.measureEmitter.dispose();
  }
}
