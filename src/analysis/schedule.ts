import type { PlanOptions } from '../protocol/workerApi';
import {
  assumedWorkPerSecond,
  comparesRows,
  estimateWork,
  heldElements,
  maxBytesInFlight,
  maxMatrixElements,
  previewFromSeconds,
  previewShare,
  spectrumSide,
  spectrumWork,
} from './cost';
import { leaveOut, leftOutPrefix, type LayerEntry } from './entry';
import { canEstimate, estimateMemoryOf } from './estimate';
import { hasRowPanels, memoryOf } from './matrices';
import type { SpectrumPrecision } from './measurer';

/** Smaller side of a matrix whose spectrum is computed when the user asks for it: 0.25 GiB for its Gram matrix. */
export const maxAskedSide = 8192;

/** Side up to which eigenvalues keep the planning thread for less than a tenth of a second. */
const maxSplitSide = 1024;
/** Rows from which parts are worth their way between threads. */
const minSplitRows = 8192;

/** Something that one measurer does at a time. */
export type Task =
  | { readonly kind: 'statistics'; readonly entry: LayerEntry }
  | { readonly kind: 'tensor'; readonly index: number }
  | {
      readonly kind: 'spectrum';
      readonly entry: LayerEntry;
      readonly precision: SpectrumPrecision;
      readonly bytes: number;
      readonly work: number;
      /** All measurers form its Gram matrix together: it is very tall, and nothing else waits. */
      readonly isSplit: boolean;
    };

/**
 * What is measured next: the layer that the user looks at, a large one in single precision first; then statistics of all tensors in
 * file order, then Gram matrices and spectra, the smallest first, until the budget is spent. Where it suffices for single precision
 * only, that is what is measured. What is left out says so, with what it would cost, and can be asked for.
 */
export class Schedule {
  private readonly running = new Set<Task>();
  private readonly bySize: readonly LayerEntry[];
  private waitingTensors: number[];
  private spentSeconds = 0;
  private measuredWork = 0;
  private preferred: LayerEntry | undefined;

  /** @param tensors indices of tensors that are no layer's weight and have statistics of their own */
  constructor(
    private readonly entries: readonly LayerEntry[],
    tensors: readonly number[],
    private readonly options: PlanOptions,
  ) {
    this.waitingTensors = [...tensors];
    this.bySize = [...entries].sort((a, b) => workOf(a) - workOf(b));
  }

  /** Tensors that wait for their statistics. */
  get tensors(): readonly number[] {
    return this.waitingTensors;
  }

  /** Tensors that are measured already. */
  passOver(isMeasured: (index: number) => boolean): void {
    this.waitingTensors = this.waitingTensors.filter((index) => !isMeasured(index));
  }

  /** The layer to measure before all others. */
  prefer(entry: LayerEntry): void {
    this.preferred = entry;
  }

  /** The next task; `wait` where there is one only after another has finished; undefined where all is done. */
  take(): Task | 'wait' | undefined {
    const task = this.next();
    if (task !== undefined && task !== 'wait') this.running.add(task);
    return task ?? (this.running.size > 0 ? 'wait' : undefined);
  }

  /** Takes a task that was asked for by hand, whatever the plan says. */
  takeNow(entry: LayerEntry): Task | undefined {
    const task = this.spectrumOf(entry, 'f64');
    if (task) this.running.add(task);
    return task;
  }

  /** @param seconds that a spectrum took */
  finish(task: Task, seconds = 0): void {
    this.running.delete(task);
    if (task.kind !== 'spectrum') return;
    this.spentSeconds += seconds;
    if (seconds > 0) this.measuredWork += task.work;
  }

  /** A task that was stopped waits again. */
  putBack(task: Task): void {
    this.running.delete(task);
    if (task.kind === 'tensor') this.waitingTensors.unshift(task.index);
  }

  isRunning(entry: LayerEntry): boolean {
    return [...this.running].some((task) => task.kind !== 'tensor' && task.entry === entry);
  }

  /** Why a layer that was asked for cannot be measured. */
  reasonAgainst(entry: LayerEntry): string | undefined {
    return this.limitOf(entry, maxAskedSide);
  }

  private next(): Task | 'wait' | undefined {
    const { preferred } = this;
    if (preferred && !this.isRunning(preferred)) {
      if (preferred.report.state === 'pending') return { kind: 'statistics', entry: preferred };
      if (this.isWaiting(preferred)) return this.within(preferred) ?? this.next();
    }
    const unread = this.entries.find(
      (entry) => entry.report.state === 'pending' && !this.isRunning(entry),
    );
    if (unread) return { kind: 'statistics', entry: unread };
    const index = this.waitingTensors.shift();
    if (index !== undefined) return { kind: 'tensor', index };
    for (const entry of this.bySize) {
      if (!this.isWaiting(entry) || this.isRunning(entry)) continue;
      const task = this.within(entry);
      if (task) return task;
    }
    return undefined;
  }

  /** The task where limits and budget allow it; otherwise the entry says why not. */
  private within(entry: LayerEntry): Task | 'wait' | undefined {
    const taken = this.takenSeconds;
    const { budgetSeconds } = this.options;
    const known = entry.report.precision;
    const fits = (work: number): boolean => taken + work / this.workPerSecond <= budgetSeconds;
    const beyond = this.limitOf(entry, this.options.maxSpectrumSide);
    const work = workOf(entry);
    if (beyond === undefined) {
      const isWatched = entry === this.preferred && work / this.workPerSecond > previewFromSeconds;
      if (fits(work)) return this.fitting(entry, isWatched && known === undefined ? 'f32' : 'f64');
      if (known === undefined && fits(previewShare * work)) return this.fitting(entry, 'f32');
    }
    const view = entry.layer.oriented?.view;
    const isCheap = view !== undefined && estimateWork(view) < work / 2;
    if (known === undefined && isCheap && canEstimate(view) && fits(estimateWork(view))) {
      return this.fitting(entry, 'estimate');
    }
    const seconds = Math.ceil(work / this.workPerSecond);
    leaveOut(
      entry,
      beyond ??
        `${leftOutPrefix}about ${seconds} s of computing, ${Math.floor(taken)} of ${budgetSeconds} s are spent`,
    );
    return undefined;
  }

  private isWaiting({ report, leftOut }: LayerEntry): boolean {
    return report.state === 'streamed' && leftOut === undefined;
  }

  /** The task where its memory fits beside that of the running ones. */
  private fitting(entry: LayerEntry, precision: SpectrumPrecision): Task | 'wait' {
    const task = this.spectrumOf(entry, precision);
    if (!task) return 'wait';
    let bytes = task.bytes;
    let others = 0;
    for (const other of this.running) {
      if (other.kind !== 'spectrum') continue;
      bytes += other.bytes;
      others += 1;
    }
    return others > 0 && bytes > maxBytesInFlight ? 'wait' : task;
  }

  private spectrumOf(
    entry: LayerEntry,
    precision: SpectrumPrecision,
  ): (Task & { kind: 'spectrum' }) | undefined {
    const { weight, oriented } = entry.layer;
    if (!oriented) return undefined;
    const { view } = oriented;
    if (precision === 'estimate') {
      const bytes = estimateMemoryOf(weight, view);
      return {
        kind: 'spectrum',
        entry,
        precision,
        bytes,
        work: estimateWork(view),
        isSplit: false,
      };
    }
    const bytes = memoryOf(weight, view, holdsMatrix(entry));
    const work = (precision === 'f32' ? previewShare : 1) * workOf(entry);
    const isSplit = this.running.size === 0 && this.isLast(entry) && isVeryTall(entry);
    return { kind: 'spectrum', entry, precision, bytes, work, isSplit };
  }

  private isLast(entry: LayerEntry): boolean {
    return this.entries.every((other) => other === entry || other.report.state === 'done');
  }

  /** Seconds that are spent, and those that the running tasks will take. */
  private get takenSeconds(): number {
    let seconds = this.spentSeconds;
    for (const task of this.running) {
      if (task.kind === 'spectrum') seconds += task.work / this.workPerSecond;
    }
    return seconds;
  }

  private limitOf(entry: LayerEntry, maxSide: number): string | undefined {
    const view = entry.layer.oriented?.view;
    if (!view) return undefined;
    const elements = heldElements(view);
    if (holdsMatrix(entry) && elements > maxMatrixElements) {
      return `${leftOutPrefix}${elements.toLocaleString('en')} elements to hold, the limit is ${maxMatrixElements.toLocaleString('en')}`;
    }
    const side = spectrumSide(view);
    if (side <= maxSide) return undefined;
    return `${leftOutPrefix}${side} singular values, the limit is ${maxSide}`;
  }

  /** What this machine has shown, once it has shown something. */
  private get workPerSecond(): number {
    return this.spentSeconds > 1 ? this.measuredWork / this.spentSeconds : assumedWorkPerSecond;
  }
}

/** A tall matrix whose rows are not compared is read in panels; every other is held. */
function holdsMatrix({ layer: { oriented, role } }: LayerEntry): boolean {
  if (!oriented) return false;
  const { view } = oriented;
  return view.rows <= view.columns || comparesRows(view, role) || !hasRowPanels(view);
}

/** Whether forming the Gram matrix takes nearly all of the time, and its rows can be read apart. */
function isVeryTall(entry: LayerEntry): boolean {
  const view = entry.layer.oriented?.view;
  return (
    view !== undefined &&
    !holdsMatrix(entry) &&
    view.axes[0]?.step === 1 &&
    view.columns <= maxSplitSide &&
    view.rows >= minSplitRows
  );
}

function workOf({ layer }: LayerEntry): number {
  return layer.oriented ? spectrumWork(layer.oriented.view, layer.role) : 0;
}
