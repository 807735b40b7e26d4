import type { Measured, MetricFamily, MetricValue } from '../core/metric';

/** Collects measured values; what does not exist as a finite number is left out. */
export class MeasuredBuilder {
  private readonly result: Measured = { metrics: {}, baselines: {}, bounds: {}, missing: [] };

  /** Sets a metric if its value exists, and its baseline if that does. */
  set(id: string, value: number | undefined, baseline?: number): this {
    if (value === undefined || !Number.isFinite(value)) return this;
    this.result.metrics[id] = value;
    if (baseline !== undefined && Number.isFinite(baseline)) this.result.baselines[id] = baseline;
    return this;
  }

  setArray(id: string, values: Float64Array | readonly number[]): this {
    if (values.every(Number.isFinite)) this.result.metrics[id] = Array.from(values);
    return this;
  }

  bound(id: string, kind: 'lower' | 'upper' | 'approximate'): this {
    if (this.has(id)) this.result.bounds[id] = kind;
    return this;
  }

  absent(family: MetricFamily, reason: string): this {
    if (!this.result.missing.some((one) => one.family === family && one.reason === reason)) {
      this.result.missing.push({ family, reason });
    }
    return this;
  }

  has(id: string): boolean {
    return Object.hasOwn(this.result.metrics, id);
  }

  get(id: string): MetricValue | undefined {
    return this.has(id) ? this.result.metrics[id] : undefined;
  }

  add(other: Measured): this {
    Object.assign(this.result.metrics, other.metrics);
    Object.assign(this.result.baselines, other.baselines);
    Object.assign(this.result.bounds, other.bounds);
    for (const { family, reason } of other.missing) this.absent(family, reason);
    return this;
  }

  build(): Measured {
    return this.result;
  }
}

/** One record out of several, later ones over earlier ones. */
export function mergeMeasured(...parts: readonly Measured[]): Measured {
  const builder = new MeasuredBuilder();
  for (const part of parts) builder.add(part);
  return builder.build();
}
