import type { WorkerApi, WorkerEvents } from '../protocol/workerApi';
import { startWorkerThread, type WorkerThread, type WorkerThreadOptions } from './workerThread';

/** The thread that reads and measures one checkpoint. */
export type AnalysisThread = WorkerThread<WorkerApi>;

/** Starts the thread that opens and measures one checkpoint. */
export function startAnalysisThread(
  file: string,
  options: Omit<WorkerThreadOptions, 'role'>,
  events: WorkerEvents,
  onDied: (reason: string) => void,
): AnalysisThread {
  return startWorkerThread<WorkerApi, WorkerEvents>(
    file,
    { ...options, role: 'analysis' },
    events,
    onDied,
  );
}
