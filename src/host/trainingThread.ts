import { Worker } from 'node:worker_threads';

import { connect } from '../protocol/rpc';
import { threadPort } from '../protocol/threadPort';
import type { TrainingApi } from '../training';
import { log } from './log';

/** The thread that reads training code, started when the first script is seen and again after it has died. */
export class TrainingThread {
  private running: { readonly worker: Worker; readonly api: TrainingApi; end(): void } | undefined;

  /** @param file the built thread */
  constructor(private readonly file: string) {}

  get api(): TrainingApi {
    return (this.running ??= this.start()).api;
  }

  dispose(): void {
    this.running?.end();
  }

  private start(): { readonly worker: Worker; readonly api: TrainingApi; end(): void } {
    const worker = new Worker(this.file, { resourceLimits: { maxOldGenerationSizeMb: 1024 } });
    const { api, dispose } = connect<TrainingApi>(threadPort(worker));
    const started = {
      worker,
      api,
      end: () => {
        if (this.running === started) this.running = undefined;
        dispose('The reader of training code was ended');
        void worker.terminate();
      },
    };
    worker.on('error', (error) => {
      log.error('Reading training code failed', error);
      started.end();
    });
    worker.on('exit', () => started.end());
    // It waits for questions: the editor may close without it.
    worker.unref();
    return started;
  }
}
