import type { MetricDescriptor } from '../../src/core/metric';
import type { LayerAtPoint, SeriesStart } from '../../src/protocol/seriesApi';

/** What is remembered while the view is hidden. */
export interface SeriesPageView {
  /** Name of the layer that is followed; undefined shows all. */
  readonly layer: string | undefined;
  /** Place on the axis that the scrub bar stands at; undefined follows the newest. */
  readonly x: number | undefined;
  /** Charts that are shown as tables. */
  readonly tables: readonly string[];
}

export interface SeriesState {
  /** Undefined until the host has answered. */
  readonly start: SeriesStart | undefined;
  /** By metric id, layer by layer over the points. */
  readonly values: ReadonlyMap<string, Float64Array>;
  /** The followed layer at the point of the scrub bar. */
  readonly here: LayerAtPoint | undefined;
  /** A call to the host that failed. */
  readonly trouble: string | undefined;
  readonly view: SeriesPageView;
  readonly width: number;
}

export const initialSeriesView: SeriesPageView = { layer: undefined, x: undefined, tables: [] };

export function initialSeriesState(view: SeriesPageView): SeriesState {
  return {
    start: undefined,
    values: new Map(),
    here: undefined,
    trouble: undefined,
    view,
    width: 900,
  };
}

/** Index of the point that the scrub bar stands at, −1 where there is none. It stays at its epoch while others come. */
export function pointIndex({ start, view }: SeriesState): number {
  const points = start?.points ?? [];
  if (view.x === undefined) return points.length - 1;
  let nearest = -1;
  let distance = Infinity;
  for (const [index, { x }] of points.entries()) {
    const here = Math.abs(x - view.x);
    if (here > distance) continue;
    nearest = index;
    distance = here;
  }
  return nearest;
}

/** The view with the scrub bar at a point; at the last one it goes on with the run. */
export function scrubbedTo({ start, view }: SeriesState, index: number): SeriesPageView {
  const points = start?.points ?? [];
  const at = Math.max(0, Math.min(points.length - 1, index));
  return { ...view, x: at === points.length - 1 ? undefined : points[at]?.x };
}

/** The layer that is followed, if the run has it. */
export function followedLayer({ start, view }: SeriesState): string | undefined {
  return view.layer !== undefined && start?.layers.includes(view.layer) ? view.layer : undefined;
}

/** One layer's values of a metric, null where there is none. */
export function courseOf(
  { start, values }: SeriesState,
  metric: string,
  layer: number,
): readonly (number | null)[] {
  const all = values.get(metric);
  const count = start?.points.length ?? 0;
  // Points have come that these values do not have yet.
  if (!start || all?.length !== count * start.layers.length) return [];
  return Array.from(all.subarray(layer * count, (layer + 1) * count), (value) =>
    Number.isFinite(value) ? value : null,
  );
}

export function descriptorOf(state: SeriesState, metric: string): MetricDescriptor | undefined {
  return state.start?.catalogue.find(({ id }) => id === metric);
}
