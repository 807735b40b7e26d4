import type { Finding } from '../../core/finding';
import type { Json } from '../../core/json';
import type { MetricValue } from '../../core/metric';
import {
  seriesVersion,
  type LayerSeries,
  type PointChanges,
  type RunMark,
  type Series,
  type SeriesChange,
  type SeriesPoint,
} from '../../core/series';
import { axisOf, labelOf } from './findRuns';
import { joinedMark, recordedMark } from './recordedMark';

/** A measured checkpoint, as a report has it, and what its name says. */
export interface SeriesInput {
  readonly name: string;
  readonly mark: RunMark;
  readonly modifiedMs?: number;
  readonly recorded: { readonly [key: string]: Json };
  readonly layers: readonly {
    readonly name: string;
    readonly metrics: Readonly<Record<string, MetricValue>>;
  }[];
  readonly findings: readonly Finding[];
}

export interface SeriesOptions {
  /** Ids of the metrics to follow. */
  readonly metrics: readonly string[];
}

/** Shown in lens, page and command line where nothing else is asked for. */
export const seriesMetrics: readonly string[] = [
  'zero.frac',
  'near.excess(1e-2)',
  'l2',
  'sigma1',
  'OI_row',
  'erank_sigma',
];
/** Changes of one point that are kept. */
const keptChanges = 20;
/** Smaller ones are the daily bread of training. */
const smallestChange = 0.05;

/** Layers are the same where their names are. The inputs are in the order of the run. */
export function seriesOf(
  inputs: readonly SeriesInput[],
  { metrics }: SeriesOptions = { metrics: seriesMetrics },
): Series {
  const points = pointsOf(inputs);
  const maps = inputs.map(({ layers }) => new Map(layers.map((layer) => [layer.name, layer])));
  const names = [...new Set(inputs.toReversed().flatMap(({ layers }) => layers.map(nameOf)))];
  const valueAt = (point: number, layer: string, metric: string): number | null => {
    const found = maps[point]?.get(layer)?.metrics;
    const value = found && Object.hasOwn(found, metric) ? found[metric] : undefined;
    return typeof value === 'number' && Number.isFinite(value) ? value : null;
  };
  const layers = names.map((name): LayerSeries => ({
    name,
    values: Object.fromEntries(
      metrics.map((metric) => [metric, inputs.map((_, point) => valueAt(point, name, metric))]),
    ),
  }));
  const changes = inputs.slice(1).map((after, index): PointChanges => {
    const before = inputs[index];
    const point = index + 1;
    const had = maps[index] ?? new Map<string, unknown>();
    const has = maps[point] ?? new Map<string, unknown>();
    return {
      point,
      changes: largest(
        layers.flatMap(({ name, values }) =>
          metrics.flatMap((metric) => changeOf(name, metric, values[metric] ?? [], point)),
        ),
      ),
      ...findingsDifference(before?.findings ?? [], after.findings),
      newLayers: [...has.keys()].filter((name) => !had.has(name)),
      lostLayers: [...had.keys()].filter((name) => !has.has(name)),
    };
  });
  return {
    version: seriesVersion,
    axis: axisOf(points.map(({ mark }) => mark)),
    points,
    layers,
    changes,
  };
}

function pointsOf(inputs: readonly SeriesInput[]): readonly SeriesPoint[] {
  const marks = inputs.map(({ mark, recorded }) => joinedMark(mark, recordedMark(recorded)));
  const axis = axisOf(marks);
  return inputs.map(({ name, modifiedMs }, index): SeriesPoint => {
    const mark = marks[index] ?? {};
    return {
      name,
      label: labelOf(mark, axis, name),
      ...(modifiedMs !== undefined && { modifiedMs }),
      mark,
      // Without a mark of its own a checkpoint stands at its turn: times are uneven, and pauses would fill the picture.
      x: axis === 'time' ? index + 1 : (mark[axis] ?? index),
    };
  });
}

function changeOf(
  layer: string,
  metric: string,
  values: readonly (number | null)[],
  point: number,
): SeriesChange[] {
  const before = values[point - 1] ?? null;
  const after = values[point] ?? null;
  if (before === null || after === null || before === after) return [];
  const relative = (after - before) / Math.max(Math.abs(before), Math.abs(after));
  return Math.abs(relative) < smallestChange ? [] : [{ layer, metric, before, after, relative }];
}

function largest(changes: readonly SeriesChange[]): readonly SeriesChange[] {
  return [...changes]
    .sort((a, b) => Math.abs(b.relative) - Math.abs(a.relative))
    .slice(0, keptChanges);
}

/** A finding stays where the same rule fires, on whatever layers: those wander from step to step. */
function findingsDifference(
  before: readonly Finding[],
  after: readonly Finding[],
): Pick<PointChanges, 'appeared' | 'gone'> {
  const rulesOf = (findings: readonly Finding[]): ReadonlySet<string> =>
    new Set(findings.map(({ rule }) => rule));
  const [had, has] = [rulesOf(before), rulesOf(after)];
  return {
    appeared: after.filter(({ rule }) => !had.has(rule)),
    gone: before.filter(({ rule }) => !has.has(rule)),
  };
}

function nameOf({ name }: { readonly name: string }): string {
  return name;
}
