import type { Checkpoint, Skipped } from '../core/checkpoint';
import { isFloat } from '../core/dtype';
import type { MetricValue } from '../core/metric';
import type { TensorReport } from '../core/report';
import { elementCountOf, type Role, type Tensor } from '../core/tensor';
import { partsOf } from './effective';
import type { LayerEntry } from './entry';

/** A tensor as the report lists it. */
export function tensorReportOf(
  { name, dtype, shape, sameAs }: Tensor,
  role: Role,
  metrics: Readonly<Record<string, MetricValue>> | undefined,
): TensorReport {
  return {
    name,
    dtype,
    shape,
    role,
    ...(sameAs === undefined ? {} : { sameAs }),
    ...(metrics === undefined ? {} : { metrics }),
  };
}

/** Every tensor that has no numbers of its own, each with the reason: what the reader left out, then what the analysis did. */
export function skippedOf(
  checkpoint: Checkpoint,
  roles: ReadonlyMap<string, Role>,
  entries: readonly LayerEntry[],
  unreadable: ReadonlyMap<string, string>,
): readonly Skipped[] {
  const measured = new Set(entries.map(({ layer }) => layer.weight.name));
  const parts = partsOf(checkpoint.tensors);
  const isPart = new Set(parts.map(({ name }) => name));
  const skipped: Skipped[] = [...checkpoint.skipped, ...parts];
  for (const tensor of checkpoint.tensors) {
    if (isPart.has(tensor.name)) continue;
    const reason =
      unreadable.get(tensor.name) ??
      (measured.has(tensor.name) ? undefined : reasonOf(tensor, roles.get(tensor.name)));
    if (reason !== undefined) skipped.push({ name: tensor.name, reason });
  }
  return skipped;
}

/** Whether element statistics are taken of a tensor that is no layer's weight. */
export function hasElementStatistics(tensor: Tensor, role: Role | undefined): boolean {
  return reasonOf(tensor, role) === undefined;
}

function reasonOf(tensor: Tensor, role: Role | undefined): string | undefined {
  if (tensor.sameAs !== undefined) return `shares the storage of ${tensor.sameAs}, measured there`;
  if (elementCountOf(tensor.shape) === 0) return 'has no elements';
  if (role === 'aux') {
    return isFloat(tensor.dtype)
      ? 'is a buffer (mask, counter or scale), not a weight'
      : `holds ${tensor.dtype} values without a known scale: a buffer, not a weight`;
  }
  return undefined;
}
