import type { MetricDescriptor } from '../src/core/metric';
import type { LayerRow } from '../src/protocol/layers';
import { formatMetric } from './format';

/** A number as a cell shows it: text, or why there is none. */
export interface CellText {
  readonly kind: 'value' | 'pending' | 'missing';
  readonly text: string;
  /** Why it is missing. */
  readonly reason?: string;
}

/** Text of a metric of a layer. A dot for what is still to come; a dash, with the reason, for what will not come. */
export function cellText(row: LayerRow, descriptor: MetricDescriptor, running: boolean): CellText {
  const value = Object.hasOwn(row.metrics, descriptor.id) ? row.metrics[descriptor.id] : undefined;
  if (value !== undefined && Number.isFinite(value)) {
    const bound = Object.hasOwn(row.bounds, descriptor.id) ? row.bounds[descriptor.id] : undefined;
    return { kind: 'value', text: formatMetric(value, descriptor.unit, bound) };
  }
  const missing = row.missing.find(({ family }) => family === descriptor.family);
  if (missing) return { kind: 'missing', text: '–', reason: missing.reason };
  if (row.state !== 'done') {
    return running
      ? { kind: 'pending', text: '…' }
      : { kind: 'missing', text: '–', reason: 'Not measured: the analysis was stopped before it' };
  }
  return { kind: 'missing', text: '–', reason: 'Does not apply to this layer' };
}
