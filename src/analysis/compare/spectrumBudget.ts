import { assumedWorkPerSecond } from '../cost';
import { leftOutPrefix } from '../entry';

/** Seconds that spectra of differences may take together; the rate is what this machine has shown. */
export class SpectrumBudget {
  private spentSeconds = 0;
  private doneWork = 0;

  constructor(
    private readonly budgetSeconds: number,
    /** Milliseconds. */
    private readonly now: () => number,
  ) {}

  /** Why so much work is not begun; undefined where it may be. */
  refusal(work: number): string | undefined {
    const rate = this.spentSeconds > 1 ? this.doneWork / this.spentSeconds : assumedWorkPerSecond;
    const seconds = work / rate;
    if (this.spentSeconds + seconds <= this.budgetSeconds) return undefined;
    return `${leftOutPrefix}about ${Math.ceil(seconds)} s of computing, ${Math.floor(this.spentSeconds)} of ${this.budgetSeconds} s are spent`;
  }

  /** Begins something; what is returned is called with its work when it is done. */
  start(): (work: number) => void {
    const started = this.now();
    return (work) => {
      this.spentSeconds += (this.now() - started) / 1000;
      this.doneWork += work;
    };
  }
}
