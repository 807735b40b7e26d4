import { EventEmitter, RelativePattern, Uri, workspace, type Disposable } from 'vscode';

import type { CheckpointPath } from '../training';

const maxMatches = 200;
/** What PyTorch scripts save. */
const savedFiles = '**/*.{pt,pth,bin,ckpt,safetensors}';

export interface SavedFile {
  readonly uri: Uri;
  readonly mtime: number;
  readonly size: number;
}

/** Finds what scripts have saved; looks on the disk again only when a checkpoint was written or removed. */
export class SavedCheckpoints {
  private readonly found = new Map<string, Promise<readonly SavedFile[]>>();
  private readonly changeEmitter = new EventEmitter<void>();
  readonly onDidChange = this.changeEmitter.event;
  private readonly subscriptions: Disposable[];

  constructor() {
    const watcher = workspace.createFileSystemWatcher(savedFiles);
    const forget = (): void => {
      this.found.clear();
      this.changeEmitter.fire();
    };
    this.subscriptions = [
      watcher,
      watcher.onDidCreate(forget),
      watcher.onDidChange(forget),
      watcher.onDidDelete(forget),
    ];
  }

  /** Files that a script saves to, the newest first: paths are taken relative to its folder and to the workspace's. */
  of(script: Uri, paths: readonly CheckpointPath[]): Promise<readonly SavedFile[]> {
    const key = [script.toString(), ...paths.map(({ pattern }) => pattern)].join('\n');
    let found = this.found.get(key);
    if (!found) {
      found = findSaved(script, paths);
      this.found.set(key, found);
    }
    return found;
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.changeEmitter.dispose();
  }
}

async function findSaved(
  script: Uri,
  paths: readonly CheckpointPath[],
): Promise<readonly SavedFile[]> {
  const folder = workspace.getWorkspaceFolder(script);
  if (!folder) return [];
  const bases = [Uri.joinPath(script, '..'), folder.uri];
  const patterns = paths
    .map(({ pattern }) => pattern.replaceAll('\\', '/').replace(/^\.\//, ''))
    .filter((pattern) => pattern !== '' && !pattern.startsWith('/') && !pattern.includes('..'));
  const found = new Map<string, Uri>();
  for (const base of bases) {
    for (const pattern of patterns) {
      const files = await workspace.findFiles(new RelativePattern(base, pattern), null, maxMatches);
      for (const uri of files) found.set(uri.toString(), uri);
    }
  }
  const stated = await Promise.all(
    [...found.values()].map(async (uri): Promise<SavedFile[]> => {
      try {
        const { mtime, size } = await workspace.fs.stat(uri);
        return [{ uri, mtime, size }];
      } catch {
        // Gone since it was listed.
        return [];
      }
    }),
  );
  return stated.flat().sort((a, b) => b.mtime - a.mtime || b.uri.path.localeCompare(a.uri.path));
}

/** Whether a file is one that a pattern of the script names, whatever the folder it runs in. */
export function isSavedAs(file: Uri, paths: readonly CheckpointPath[]): boolean {
  return paths.some(({ pattern }) => {
    const parts = pattern
      .replaceAll('\\', '/')
      .split('/')
      .filter((part) => part !== '' && part !== '.');
    const names = file.path.split('/').slice(-parts.length);
    return parts.length > 0 && parts.every((part, index) => matches(part, names[index] ?? ''));
  });
}

function matches(pattern: string, name: string): boolean {
  const source = pattern.replace(/[.+^${}()|[\]\\?]/g, '\\$&').replace(/\*+/g, '.*');
  return new RegExp(`^${source}$`).test(name);
}
