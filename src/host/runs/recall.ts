import type { Uri } from 'vscode';

import type { LayerRow } from '../../protocol/layers';
import { startAnalysisThread, type AnalysisThread } from '../analysisThread';
import { log } from '../log';
import { cacheBytes, planFor } from '../plan';
import type { Build } from '../session';
import { threadSettings } from '../threadSettings';
import { pointOf, type MeasuredPoint } from './measuredPoint';

const rowsPerPage = 200;
/** A run is looked up in one go; after it the thread is of no use. */
const lingerMs = 5000;

/**
 * Looks checkpoints up among the results that were kept, all in one thread: to start one takes ten times as long as to read what was
 * measured of a checkpoint.
 */
export class Recall {
  private thread: AnalysisThread | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** The thread has one checkpoint open at a time. */
  private last: Promise<unknown> = Promise.resolve();
  private isDisposed = false;

  constructor(private readonly build: Build) {}

  /** What is known of the checkpoint, if it was measured completely before; undefined where something is left to do. */
  async look(uri: Uri): Promise<MeasuredPoint | undefined> {
    if (uri.scheme !== 'file' || cacheBytes() === 0) return undefined;
    const looking = this.last.then(() => this.read(uri));
    this.last = looking;
    return await looking;
  }

  dispose(): void {
    this.isDisposed = true;
    this.end();
  }

  private async read(uri: Uri): Promise<MeasuredPoint | undefined> {
    clearTimeout(this.timer);
    if (this.isDisposed) return undefined;
    try {
      const { api } = (this.thread ??= this.start(uri));
      const overview = await api.open({ kind: 'path', path: uri.fsPath }, planFor(uri));
      const { done, total } = overview.progress;
      if (done < total) return undefined;
      const rows: LayerRow[] = [];
      while (rows.length < overview.layerCount) {
        const page = await api.rows(rows.length, rows.length + rowsPerPage);
        if (page.length === 0) break;
        rows.push(...page);
      }
      const { findings } = await api.findings();
      return pointOf(uri, { overview, rows, findings, catalogue: await api.catalogue() });
    } catch {
      // Whoever measures the checkpoint finds the same fault, and tells it.
      return undefined;
    } finally {
      this.endLater();
    }
  }

  private endLater(): void {
    if (!this.isDisposed) this.timer = setTimeout(() => this.end(), lingerMs);
  }

  private end(): void {
    clearTimeout(this.timer);
    this.thread?.dispose();
    this.thread = undefined;
  }

  private start(uri: Uri): AnalysisThread {
    const { cacheFolder: folder, version, workerFile } = this.build;
    const thread = startAnalysisThread(
      workerFile,
      {
        settings: threadSettings(uri),
        cache: { folder, maxBytes: cacheBytes(), version },
      },
      { progressed: () => Promise.resolve(), rowsChanged: () => Promise.resolve() },
      (reason) => {
        log.error(`Looking up kept results: ${reason}`);
        if (this.thread === thread) this.thread = undefined;
      },
    );
    return thread;
  }
}
