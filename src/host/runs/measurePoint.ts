import { basename } from 'node:path/posix';

import type { Finding } from '../../core/finding';
import type { MetricDescriptor } from '../../core/metric';
import type { Json } from '../../core/json';
import { seriesMetrics } from '../../analysis/runs';
import type { LayerAtPoint } from '../../protocol/seriesApi';
import type { Session } from '../session';
import type { Sessions } from '../sessions';
import type { SettledFile } from './runFiles';

/** What is kept of each layer at each point: a run of hundreds of checkpoints stays in some megabytes. */
const keptMetrics = new Set([
  ...seriesMetrics,
  ...[
    'n_nan',
    'n_pinf',
    'n_ninf',
    'row.zero',
    'cond',
    'srank',
    'redundant(0.95)',
    'rms',
    'mp.edge',
  ],
]);

export interface MeasuredLayer extends LayerAtPoint {
  readonly name: string;
}

/** A checkpoint of a run, measured. */
export interface MeasuredPoint {
  readonly name: string;
  readonly recorded: { readonly [key: string]: Json };
  readonly layers: readonly MeasuredLayer[];
  readonly findings: readonly Finding[];
  /** Of the metrics that a series follows. */
  readonly catalogue: readonly MetricDescriptor[];
}

/** Why a checkpoint could not be measured. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** Measures a checkpoint once and lets it go. What was measured before comes from the cache. */
export async function measurePoint(
  sessions: Sessions,
  { uri }: SettledFile,
  signal: AbortSignal,
): Promise<MeasuredPoint> {
  const { session, release } = sessions.acquire(uri, 'run');
  try {
    await session.opened;
    await finished(session, signal);
    const { failure, overview } = session;
    if (failure || !overview) throw new Unreadable(failure?.message ?? 'It was closed');
    const { findings } = await session.latestFindings();
    return {
      name: basename(uri.path),
      recorded: overview.checkpoint.recorded,
      findings,
      catalogue: session.catalogue.filter(({ id }) => seriesMetrics.includes(id)),
      layers: session.rows.map(({ name, view, metrics, baselines, sparkline }) => ({
        name,
        ...(view && { view }),
        metrics: kept(metrics),
        baselines: kept(baselines),
        ...(sparkline && { sparkline }),
      })),
    };
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

function kept(values: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(values).filter(([id]) => keptMetrics.has(id)));
}
