import type { LayerReport } from '../core/report';
import type { Role } from '../core/tensor';
import type { FilterPair } from '../metrics';
import { scalarsOf, type LayerRow } from '../protocol/layers';
import { parameterCountOf, type Layer } from './layers';
import type { TensorStatistics } from './streaming';

/** A layer and what is known of it so far. */
export interface LayerEntry {
  readonly index: number;
  readonly layer: Layer;
  report: LayerReport;
  statistics?: TensorStatistics;
  pairs: readonly FilterPair[];
  /** Why Gram matrix and spectrum were left out, where the plan did so: they can be asked for. */
  leftOut?: string;
}

export function newEntry(
  index: number,
  layer: Layer,
  roles: ReadonlyMap<string, Role>,
): LayerEntry {
  const { weight, oriented } = layer;
  const view = oriented?.view;
  return {
    index,
    layer,
    pairs: [],
    report: {
      name: layer.name,
      role: layer.role,
      ...(layer.type === undefined ? {} : { type: layer.type }),
      tensor: weight.name,
      tensors: [weight, ...layer.companions].map(({ name }) => name),
      dtype: weight.dtype,
      shape: weight.shape,
      parameterCount: parameterCountOf(layer, roles),
      ...(view ? { view: [view.blocks * view.rows, view.columns] } : {}),
      blocks: view?.blocks ?? 1,
      orientation: oriented?.orientation ?? 'known',
      state: 'pending',
      metrics: {},
      baselines: {},
      bounds: {},
      missing: [],
    },
  };
}

const sparklinePoints = 32;

/** The entry as a row of the table. */
export function rowOf({ index, report }: LayerEntry): LayerRow {
  const sparkline = sparklineOf(report.metrics['singular_values']);
  return {
    ...report,
    index,
    metrics: scalarsOf(report.metrics),
    ...(sparkline ? { sparkline } : {}),
  };
}

function sparklineOf(
  values: LayerReport['metrics'][string] | undefined,
): readonly number[] | undefined {
  if (!Array.isArray(values)) return undefined;
  const sigmas = values as readonly number[];
  const largest = sigmas[0];
  if (largest === undefined || !(largest > 0)) return undefined;
  const count = Math.min(sparklinePoints, sigmas.length);
  return Array.from({ length: count }, (_, i) => {
    const rank = count === 1 ? 0 : Math.round((i * (sigmas.length - 1)) / (count - 1));
    return Number((sigmas[rank]! / largest).toPrecision(4));
  });
}
