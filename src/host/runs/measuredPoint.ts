import { basename } from 'node:path/posix';

import type { Uri } from 'vscode';

import { seriesMetrics } from '../../analysis/runs';
import type { Finding } from '../../core/finding';
import type { Json } from '../../core/json';
import type { MetricDescriptor } from '../../core/metric';
import type { LayerRow } from '../../protocol/layers';
import type { LayerAtPoint } from '../../protocol/seriesApi';
import type { Overview } from '../../protocol/viewApi';

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

/** What an analysis has of a checkpoint when it is done. */
export interface MeasuredCheckpoint {
  readonly overview: Overview;
  readonly rows: readonly LayerRow[];
  readonly findings: readonly Finding[];
  readonly catalogue: readonly MetricDescriptor[];
}

/** What a run keeps of it. */
export function pointOf(
  uri: Uri,
  { overview, rows, findings, catalogue }: MeasuredCheckpoint,
): MeasuredPoint {
  return {
    name: basename(uri.path),
    recorded: overview.checkpoint.recorded,
    findings,
    catalogue: catalogue.filter(({ id }) => seriesMetrics.includes(id)),
    layers: rows.map(({ name, view, metrics, baselines, sparkline }) => ({
      name,
      ...(view && { view }),
      metrics: kept(metrics),
      baselines: kept(baselines),
      ...(sparkline && { sparkline }),
    })),
  };
}

function kept(values: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(values).filter(([id]) => keptMetrics.has(id)));
}
