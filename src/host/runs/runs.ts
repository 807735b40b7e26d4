import { EventEmitter, type Uri } from 'vscode';

import { alarmsOf, findRuns, seriesOf } from '../../analysis/runs';
import type { Alarm, Run, RunPoint, Series } from '../../core/series';
import { setting } from '../config';
import { log } from '../log';
import type { MeasuredPoint } from './measuredPoint';
import { measurePoint, Unreadable, type MeasuringParts } from './measurePoint';
import type { RunFiles, SettledFile } from './runFiles';
import { retryMs } from './settling';

/** Checkpoints that are in memory at once for the sake of runs. */
const atOnce = 2;
/** What is measured without being asked for: the course of the last points. */
const unasked = 20;
const bytesPerMB = 1e6;

/** What is known of a checkpoint. */
export type PointState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'measuring' }
  | { readonly kind: 'measured'; readonly value: MeasuredPoint }
  | { readonly kind: 'failed'; readonly reason: string; readonly failures: number };

/** `all`: somebody looks at the run. `latest`: its newest points are wanted, as far as they are small. */
type Want = 'all' | 'latest';

/** Something in a run that its user should look at, and the checkpoint that shows it. */
export interface RunAlarm {
  readonly run: Run;
  readonly alarm: Alarm;
  readonly uri: Uri;
}

/** The runs of the workspace, and what is measured of their checkpoints: each once, the newest first. */
export class Runs {
  private runs: readonly Run[] = [];
  private readonly states = new Map<string, PointState>();
  private readonly wants = new Map<string, Want>();
  private readonly stopped = new Set<string>();
  private readonly working = new Map<string, AbortController>();
  private readonly retries = new Map<string, NodeJS.Timeout>();
  private readonly series = new Map<string, { readonly key: string; readonly value: Series }>();
  private readonly changeEmitter = new EventEmitter<void>();
  private readonly measureEmitter = new EventEmitter<Run>();
  private readonly alarmEmitter = new EventEmitter<RunAlarm>();
  /** Runs or their checkpoints came or went. */
  readonly onDidChange = this.changeEmitter.event;
  /** A checkpoint of the run is being measured, was, or could not be. */
  readonly onDidMeasure = this.measureEmitter.event;
  readonly onDidAlarm = this.alarmEmitter.event;
  private readonly subscription: { dispose(): unknown };

  constructor(
    private readonly files: RunFiles,
    private readonly parts: MeasuringParts,
  ) {
    this.subscription = files.onDidChange(() => this.refresh());
  }

  get all(): readonly Run[] {
    return this.runs;
  }

  get(id: string): Run | undefined {
    return this.runs.find((run) => run.id === id);
  }

  /** The run that a checkpoint belongs to. */
  of(uri: Uri): Run | undefined {
    return this.runs.find(({ points }) => points.some(({ file }) => file.path === uri.path));
  }

  uriOf({ file }: RunPoint): Uri | undefined {
    return this.files.of(file.path)?.uri;
  }

  /** Measures the run's checkpoints, now and when new ones come. */
  want(run: Run, what: Want): void {
    const before = this.wants.get(run.id);
    if (before === what || before === 'all') return;
    this.wants.set(run.id, what);
    this.fill();
  }

  unwant({ id }: Run): void {
    if (this.wants.get(id) === 'all') this.wants.set(id, 'latest');
  }

  isStopped({ id }: Run): boolean {
    return this.stopped.has(id);
  }

  cancel(run: Run): void {
    this.stopped.add(run.id);
    for (const { file } of run.points) this.working.get(keyOf(file))?.abort();
    this.measureEmitter.fire(run);
  }

  resume(run: Run): void {
    this.stopped.delete(run.id);
    for (const { file } of run.points) {
      if (this.states.get(keyOf(file))?.kind === 'failed') this.states.delete(keyOf(file));
    }
    this.fill();
    this.measureEmitter.fire(run);
  }

  stateOf({ file }: RunPoint): PointState {
    const key = keyOf(file);
    // What is to be tried again is no failure yet.
    return (!this.retries.has(key) && this.states.get(key)) || { kind: 'waiting' };
  }

  /** The points of a run that are measured, in its order. */
  measured(run: Run): readonly { readonly point: RunPoint; readonly value: MeasuredPoint }[] {
    return run.points.flatMap((point) => {
      const state = this.stateOf(point);
      return state.kind === 'measured' ? [{ point, value: state.value }] : [];
    });
  }

  seriesOf(run: Run): Series {
    const measured = this.measured(run);
    const key = measured.map(({ point }) => keyOf(point.file)).join('\n');
    const known = this.series.get(run.id);
    if (known?.key === key) return known.value;
    const value = seriesOf(
      measured.map(({ point: { file, mark }, value: one }) => ({
        ...one,
        mark,
        modifiedMs: file.modifiedMs,
      })),
    );
    this.series.set(run.id, { key, value });
    return value;
  }

  dispose(): void {
    this.subscription.dispose();
    this.wants.clear();
    for (const controller of this.working.values()) controller.abort();
    for (const timer of this.retries.values()) clearTimeout(timer);
    this.changeEmitter.dispose();
    this.measureEmitter.dispose();
    this.alarmEmitter.dispose();
  }

  private refresh(): void {
    this.runs = findRuns(this.files.all);
    const known = new Set(this.files.all.map(keyOf));
    for (const key of this.states.keys()) {
      if (!known.has(key)) this.states.delete(key);
    }
    for (const run of this.runs) {
      const newest = run.points.at(-1);
      // A run that goes on while somebody works: its newest points are measured for the trend and for alarms.
      if (newest && this.files.of(newest.file.path)?.isNew) this.want(run, 'latest');
    }
    this.changeEmitter.fire();
    this.fill();
  }

  /** Starts what is wanted next, as long as there is room. */
  private fill(): void {
    while (this.working.size < atOnce) {
      const next = this.next();
      if (!next) return;
      void this.measure(next.run, next.file);
    }
  }

  private next(): { readonly run: Run; readonly file: SettledFile } | undefined {
    for (const want of ['all', 'latest'] as const) {
      for (const run of this.runs) {
        if (this.wants.get(run.id) !== want || this.stopped.has(run.id)) continue;
        const points = want === 'all' ? run.points : run.points.slice(-unasked);
        const point = points.findLast(
          (one) => this.stateOf(one).kind === 'waiting' && this.isSmallEnough(one, want),
        );
        const file = point && this.files.of(point.file.path);
        if (file && !this.retries.has(keyOf(file))) return { run, file };
      }
    }
    return undefined;
  }

  private isSmallEnough({ file }: RunPoint, want: Want): boolean {
    return want === 'all' || file.byteLength <= setting('codeLens.measureUpToMB') * bytesPerMB;
  }

  private async measure(run: Run, file: SettledFile): Promise<void> {
    const key = keyOf(file);
    const controller = new AbortController();
    const before = this.states.get(key);
    this.working.set(key, controller);
    this.states.set(key, { kind: 'measuring' });
    this.measureEmitter.fire(run);
    try {
      const value = await measurePoint(this.parts, file, controller.signal);
      this.states.set(key, { kind: 'measured', value });
      this.sound(run.id, file);
    } catch (error) {
      if (controller.signal.aborted) this.states.delete(key);
      else this.failed(run, file, { before, error });
    } finally {
      this.working.delete(key);
      this.measureEmitter.fire(this.get(run.id) ?? run);
      this.fill();
    }
  }

  /** A file that stands still may yet be half of one: it is tried again before anybody is told. */
  private failed(
    run: Run,
    file: SettledFile,
    { before, error }: { readonly before: PointState | undefined; readonly error: unknown },
  ): void {
    if (!(error instanceof Unreadable)) log.error(file.path, error);
    const key = keyOf(file);
    const failures = (before?.kind === 'failed' ? before.failures : 0) + 1;
    const reason = error instanceof Error ? error.message : String(error);
    this.states.set(key, { kind: 'failed', reason, failures });
    const inMs = file.isNew ? retryMs(failures) : undefined;
    if (inMs === undefined) return;
    this.retries.set(
      key,
      setTimeout(() => {
        this.retries.delete(key);
        // Written on meanwhile: then it has another key, and this one is of no file.
        const now = this.files.of(file.path);
        if (now && keyOf(now) === key && !this.stopped.has(run.id)) void this.measure(run, file);
      }, inMs),
    );
  }

  private sound(id: string, file: SettledFile): void {
    const run = this.get(id);
    if (!run || !file.isNew) return;
    const measured = this.measured(run);
    const at = measured.findIndex(({ point }) => point.file.path === file.path);
    for (const alarm of alarmsOf(measured.slice(0, at + 1).map(({ value }) => value))) {
      this.alarmEmitter.fire({ run, alarm, uri: file.uri });
    }
  }
}

/** The same file, written anew, is another checkpoint. */
function keyOf({ path, modifiedMs, byteLength }: RunPoint['file']): string {
  return `${path}\n${modifiedMs} ${byteLength}`;
}
