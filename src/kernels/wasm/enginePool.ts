import { Layout, type Engine } from './engine';
import { binCount } from './fineBins';

/** Idle instances that are kept: as many as passes that take turns. */
const maxIdle = 2;

/**
 * Instances for passes that keep their state in memory from call to call. A pass takes one for itself and gives it back when it is
 * finished; one that is never finished leaves its instance to the garbage collector.
 */
export class EnginePool {
  /** Offset of the bins, which are the first thing in every instance, and empty whenever it is idle. */
  readonly binsAt: number;
  private readonly end: number;
  private readonly idle: Engine[] = [];

  /** @param source an instance for what does not outlive a call */
  constructor(readonly source: Engine) {
    const layout = new Layout();
    this.binsAt = layout.take(8 * binCount);
    this.end = layout.size;
  }

  /** An instance's memory behind the bins. */
  layout(): Layout {
    return new Layout(this.end);
  }

  take(): Engine {
    return this.idle.pop() ?? this.source.another();
  }

  give(engine: Engine): void {
    if (this.idle.length >= maxIdle) return;
    engine.release();
    this.idle.push(engine);
  }
}
