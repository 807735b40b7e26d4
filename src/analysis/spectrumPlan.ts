import { measureLayer, mergeMeasured } from '../metrics';
import type { Kernels } from '../kernels';
import type { PlanOptions } from '../protocol/workerApi';
import { assumedWorkPerSecond, maxMatrixElements, spectrumSide, spectrumWork } from './cost';
import type { LayerEntry } from './entry';
import { throwIfStopped, type IsStopped } from './stop';
import { readMatrices } from './streaming';

/** Smaller side of a matrix whose spectrum is computed when the user asks for it: 0.5 GiB for its Gram matrix. */
const maxAskedSide = 8192;
/** Above so many filters their cosines are not compared: m² of them. */
const maxCosineRows = 8192;

export interface SpectrumPlanOptions extends PlanOptions {
  readonly kernels: Kernels;
  readonly now: () => number;
  readonly isStopped: IsStopped;
}

/**
 * Which Gram matrices and spectra are computed, and in which order: what the user looks at, then the smallest first, until the
 * budget is spent. What is left out says so, with what it would cost, and can be asked for.
 */
export class SpectrumPlan {
  private spentSeconds = 0;
  private measuredWork = 0;
  private preferred: number | undefined;

  constructor(private readonly options: SpectrumPlanOptions) {}

  /** The layer to measure before all others. */
  prefer(index: number): void {
    this.preferred = index;
  }

  /** The next layer to measure; decides on the way which are left out. */
  next(entries: readonly LayerEntry[]): LayerEntry | undefined {
    const waiting = entries.filter(
      ({ report, leftOut }) => report.state === 'streamed' && leftOut === undefined,
    );
    const preferred = waiting.find(({ index }) => index === this.preferred);
    return preferred ?? waiting.sort((a, b) => workOf(a) - workOf(b))[0];
  }

  /** Measures Gram matrix and spectrum of a layer, or notes why not. `asked` lifts the plan's limits up to what memory bears. */
  async measure(
    entry: LayerEntry,
    { asked }: { asked: boolean } = { asked: false },
  ): Promise<void> {
    const { layer, statistics } = entry;
    const view = layer.oriented?.view;
    if (!view || !statistics || (entry.report.state === 'done' && entry.leftOut === undefined))
      return;
    const { kernels, isStopped, maxSpectrumSide } = this.options;
    const leftOut = this.reasonToLeaveOut(entry, asked);
    if (leftOut !== undefined) {
      entry.leftOut = leftOut;
      this.finish(entry, [
        { family: 'orthogonality', reason: leftOut },
        { family: 'spectrum', reason: leftOut },
      ]);
      return;
    }
    const started = this.options.now();
    const blocks = await readMatrices(layer.weight, view, kernels, isStopped);
    const result = await measureLayer(
      blocks,
      {
        role: layer.role,
        dtype: layer.weight.dtype,
        view,
        ...(layer.weight.quantization?.step === undefined
          ? {}
          : { quantizationStep: layer.weight.quantization.step }),
      },
      kernels,
      {
        maxSpectrum: asked ? maxAskedSide : maxSpectrumSide,
        maxCosineRows,
        onStep: () => throwIfStopped(isStopped),
      },
    );
    this.spentSeconds += (this.options.now() - started) / 1000;
    this.measuredWork += spectrumWork(view);
    delete entry.leftOut;
    entry.pairs = result.pairs;
    const kept = {
      ...entry.report,
      missing: entry.report.missing.filter(({ reason }) => !isLeftOut(reason)),
    };
    entry.report = { ...kept, ...mergeMeasured(kept, result.measured), state: 'done' };
  }

  private reasonToLeaveOut({ layer }: LayerEntry, asked: boolean): string | undefined {
    const view = layer.oriented?.view;
    if (!view) return undefined;
    const side = spectrumSide(view);
    const elements = view.rows * view.columns;
    if (elements > maxMatrixElements) {
      return `left out: ${elements.toLocaleString('en')} elements a matrix, the limit is ${maxMatrixElements.toLocaleString('en')}`;
    }
    const limit = asked ? maxAskedSide : this.options.maxSpectrumSide;
    if (side > limit) return `left out: ${side} singular values, the limit is ${limit}`;
    const seconds = spectrumWork(view) / this.workPerSecond;
    const { budgetSeconds } = this.options;
    if (!asked && this.spentSeconds + seconds > budgetSeconds) {
      return `left out: about ${Math.ceil(seconds)} s of computing, ${Math.floor(this.spentSeconds)} of ${budgetSeconds} s are spent`;
    }
    return undefined;
  }

  /** What this machine has shown, once it has shown something. */
  private get workPerSecond(): number {
    return this.spentSeconds > 1 ? this.measuredWork / this.spentSeconds : assumedWorkPerSecond;
  }

  private finish(entry: LayerEntry, missing: LayerEntry['report']['missing']): void {
    const others = entry.report.missing.filter(({ reason }) => !isLeftOut(reason));
    entry.report = { ...entry.report, missing: [...others, ...missing], state: 'done' };
  }
}

function isLeftOut(reason: string): boolean {
  return reason.startsWith('left out:');
}

function workOf({ layer }: LayerEntry): number {
  return layer.oriented ? spectrumWork(layer.oriented.view) : 0;
}
