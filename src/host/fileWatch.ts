import { basename, dirname } from 'node:path/posix';

import { RelativePattern, workspace, type Disposable, type Uri } from 'vscode';

/** Trainers rewrite a checkpoint in place: it is read again only when size and time have stood still this long. */
const stableMs = 1000;

/** Tells when a file has changed and is no longer being written. */
export class FileWatch {
  private readonly subscriptions: Disposable[];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly uri: Uri,
    private readonly onChanged: () => void,
  ) {
    const folder = uri.with({ path: dirname(uri.path) });
    const watcher = workspace.createFileSystemWatcher(
      new RelativePattern(folder, basename(uri.path)),
    );
    const check = (): void => {
      clearTimeout(this.timer);
      void this.waitUntilStable(undefined);
    };
    this.subscriptions = [watcher, watcher.onDidChange(check), watcher.onDidCreate(check)];
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private async waitUntilStable(before: string | undefined): Promise<void> {
    const now = await this.state();
    // Gone for the moment: some trainers delete and rename; the creation will be told.
    if (now === undefined) return;
    if (now === before) {
      this.onChanged();
      return;
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.waitUntilStable(now), stableMs);
  }

  private async state(): Promise<string | undefined> {
    try {
      const { size, mtime } = await workspace.fs.stat(this.uri);
      return `${size} ${mtime}`;
    } catch {
      // A file that is not there has no state; any other fault shows itself when it is read.
      return undefined;
    }
  }
}
