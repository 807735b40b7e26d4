import { Disposable, EventEmitter, type Uri } from 'vscode';

import { setting } from './config';
import { FileWatch } from './fileWatch';
import { Session, type Build } from './session';

/** Who uses a session: an editor that shows it, a script whose layers carry its numbers, or the run that it is a point of. */
type Use = 'editor' | 'script' | 'run';

interface Entry {
  readonly session: Session;
  readonly watch: FileWatch;
  readonly users: Record<Use, number>;
}

/** The sessions in use. Editors and code lenses of one checkpoint share one; the last to release it ends it. */
export class Sessions {
  private readonly entries = new Map<string, Entry>();
  private readonly openEmitter = new EventEmitter<void>();
  private readonly measureEmitter = new EventEmitter<void>();
  /** A session was opened, opened anew or ended. */
  readonly onDidOpen = this.openEmitter.event;
  /** Layers of a session were measured. */
  readonly onDidMeasure = this.measureEmitter.event;

  constructor(private readonly build: Build) {}

  acquire(uri: Uri, use: Use): { readonly session: Session; readonly release: () => void } {
    const key = uri.toString();
    let entry = this.entries.get(key);
    if (!entry) {
      const session = new Session(uri, this.build);
      session.onDidRestart(() => this.openEmitter.fire());
      session.onDidChangeRows(() => this.measureEmitter.fire());
      entry = { session, watch: watchOf(session), users: { editor: 0, script: 0, run: 0 } };
      this.entries.set(key, entry);
    }
    entry.users[use] += 1;
    entry.session.isNeededUnseen = isNeededUnseen(entry);
    const held = entry;
    const release = new Disposable(() => {
      held.users[use] -= 1;
      held.session.isNeededUnseen = isNeededUnseen(held);
      if (Object.values(held.users).some((count) => count > 0)) return;
      this.entries.delete(key);
      held.watch.dispose();
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

  /** Those that an editor shows, the latest first. */
  get shown(): readonly Session[] {
    return [...this.entries.values()]
      .filter(({ users }) => users.editor > 0)
      .map(({ session }) => session)
      .reverse();
  }

  dispose(): void {
    for (const { session, watch } of this.entries.values()) {
      watch.dispose();
      session.dispose();
    }
    this.entries.clear();
    this.openEmitter.dispose();
    this.measureEmitter.dispose();
  }
}

function isNeededUnseen({ users }: Entry): boolean {
  return users.script + users.run > 0;
}

/** Reads the checkpoint again when it was written anew, or says that it was. */
function watchOf(session: Session): FileWatch {
  return new FileWatch(session.uri, () => {
    if (setting('analysis.reloadOnChange', session.uri)) void session.reload();
    else session.noteChange();
  });
}
