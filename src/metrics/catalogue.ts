import type { MetricDescriptor } from '../core/metric';

/** Every metric, in the order in which a reader meets them. */
export const metricCatalogue: readonly MetricDescriptor[] = [];
