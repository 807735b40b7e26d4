import type { Uri } from 'vscode';

import type { PlanOptions } from '../protocol/workerApi';
import { setting, table } from './config';

/** How much is measured of a checkpoint, and on what the rules turn, as the settings have it for its place. */
export function planFor(uri: Uri): PlanOptions {
  return {
    maxSpectrumSide: setting('analysis.maxSpectrumSide', uri),
    budgetSeconds: setting('analysis.budgetSeconds', uri),
    threads: setting('analysis.threads', uri),
    thresholds: table('findings.thresholds', uri),
  };
}

/** How many bytes of results are kept. */
export function cacheBytes(): number {
  return setting('cache.maxMB') * 2 ** 20;
}
