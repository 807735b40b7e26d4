import type { Session } from '../session';
import type { Sessions } from '../sessions';
import { pointOf, type MeasuredPoint } from './measuredPoint';
import type { Recall } from './recall';
import type { SettledFile } from './runFiles';

/** Why a checkpoint could not be measured. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** Where checkpoints are measured, and where what was measured is found again. */
export interface MeasuringParts {
  readonly sessions: Sessions;
  readonly recall: Recall;
}

/** Measures a checkpoint once and lets it go. What was measured before comes from the cache. */
export async function measurePoint(
  { sessions, recall }: MeasuringParts,
  { uri }: SettledFile,
  signal: AbortSignal,
): Promise<MeasuredPoint> {
  const known = sessions.get(uri) ? undefined : await recall.look(uri);
  signal.throwIfAborted();
  if (known) return known;
  const { session, release } = sessions.acquire(uri, 'run');
  try {
    await session.opened;
    await finished(session, signal);
    const { failure, overview, rows, catalogue } = session;
    if (failure || !overview) throw new Unreadable(failure?.message ?? 'It was closed');
    const { findings } = await session.latestFindings();
    return pointOf(uri, { overview, rows, findings, catalogue });
  } finally {
    release();
  }
}

/** Settles when nothing more will be measured. */
async function finished(session: Session, signal: AbortSignal): Promise<void> {
  const isFinished = (): boolean => {
    const phase = session.overview?.progress.phase;
    return session.failure !== undefined || phase === 'done' || phase === 'cancelled';
  };
  await new Promise<void>((resolve) => {
    const subscriptions: { dispose(): unknown }[] = [];
    const end = (): void => {
      for (const subscription of subscriptions) subscription.dispose();
      signal.removeEventListener('abort', end);
      resolve();
    };
    if (signal.aborted || isFinished()) {
      resolve();
      return;
    }
    const look = (): void => {
      if (isFinished()) end();
    };
    subscriptions.push(session.onDidProgress(look), session.onDidRestart(look));
    signal.addEventListener('abort', end);
  });
  signal.throwIfAborted();
}
