import { EventEmitter, workspace, type Disposable, type Uri } from 'vscode';

import { isCheckpointName } from '../../analysis/runs';
import type { RunFile } from '../../core/series';
import { log } from '../log';
import { settling, type FileLook } from './settling';

const pattern =
  '**/*.{safetensors,pt,pth,bin,ckpt,keras,h5,hdf5,npz,onnx,gguf,msgpack,tar,index,json,metadata}';
const excluded = '**/{node_modules,.venv,venv,site-packages,.git,__pycache__}/**';
const maxFiles = 5000;
/** Files that are written together are told together. */
const gatherMs = 200;

export interface SettledFile extends RunFile {
  readonly uri: Uri;
  /** Whether it came while somebody was watching, and is not from an earlier session. */
  readonly isNew: boolean;
}

/** The checkpoints of the workspace, each as it was when it was last whole. Nothing is opened here, so nothing is locked. */
export class RunFiles {
  private readonly files = new Map<string, SettledFile>();
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly changeEmitter = new EventEmitter<void>();
  readonly onDidChange = this.changeEmitter.event;
  private readonly subscriptions: Disposable[];
  private telling: NodeJS.Timeout | undefined;
  private isDisposed = false;

  constructor() {
    const watcher = workspace.createFileSystemWatcher(pattern);
    const look = (uri: Uri): void => {
      if (isCheckpointName(uri.path)) void this.look(uri, undefined, true);
    };
    this.subscriptions = [
      watcher,
      watcher.onDidCreate(look),
      watcher.onDidChange(look),
      watcher.onDidDelete((uri) => this.forget(uri)),
    ];
    this.list().catch((error: unknown) => log.error('Looking for checkpoints failed', error));
  }

  get all(): readonly SettledFile[] {
    return [...this.files.values()];
  }

  of(path: string): SettledFile | undefined {
    return this.files.get(path);
  }

  dispose(): void {
    this.isDisposed = true;
    clearTimeout(this.telling);
    for (const timer of this.timers.values()) clearTimeout(timer);
    for (const subscription of this.subscriptions) subscription.dispose();
    this.changeEmitter.dispose();
  }

  private async list(): Promise<void> {
    const found = await workspace.findFiles(pattern, excluded, maxFiles);
    await Promise.all(
      found
        .filter(({ path }) => isCheckpointName(path))
        .map((uri) => this.look(uri, undefined, false)),
    );
  }

  private async look(uri: Uri, before: FileLook | undefined, isNew: boolean): Promise<void> {
    const key = uri.path;
    clearTimeout(this.timers.get(key));
    this.timers.delete(key);
    let now: FileLook;
    try {
      now = await workspace.fs.stat(uri);
    } catch {
      // Gone since it was told of: trainers write, rename and rotate.
      this.forget(uri);
      return;
    }
    if (this.isDisposed) return;
    const known = this.files.get(key);
    if (known?.byteLength === now.size && known.modifiedMs === now.mtime) return;
    const next = settling(before, now, Date.now());
    if (next.kind === 'look') {
      // A later event of the same file starts anew, and this look with it.
      clearTimeout(this.timers.get(key));
      const seen = { size: now.size, mtime: now.mtime };
      this.timers.set(
        key,
        setTimeout(() => void this.look(uri, seen, isNew), next.inMs),
      );
      return;
    }
    this.files.set(key, {
      uri,
      path: key,
      modifiedMs: now.mtime,
      byteLength: now.size,
      isNew,
    });
    this.tell();
  }

  private forget(uri: Uri): void {
    clearTimeout(this.timers.get(uri.path));
    this.timers.delete(uri.path);
    if (this.files.delete(uri.path)) this.tell();
  }

  private tell(): void {
    if (this.isDisposed) return;
    this.telling ??= setTimeout(() => {
      this.telling = undefined;
      this.changeEmitter.fire();
    }, gatherMs);
  }
}
