import * as Plot from '@observablehq/plot';

import type { MetricDescriptor } from '../../src/core/metric';
import { colours, plot } from '../charts/plot';
import { formatMetric, plural } from '../format';
import type { Tabular } from '../tabular';
import { courseOf, followedLayer, pointIndex, type SeriesState } from './state';

/** More lines than this are a carpet; the table and the copy have all. */
const drawnLayers = 200;

interface Line {
  readonly name: string;
  readonly course: readonly (number | null)[];
}

/** The courses of a metric: of the followed layer, or of all. */
export function linesOf(state: SeriesState, metric: string): readonly Line[] {
  const followed = followedLayer(state);
  return (state.start?.layers ?? []).flatMap((name, index) => {
    if (followed !== undefined && name !== followed) return [];
    const course = courseOf(state, metric, index);
    return course.some((value) => value !== null) ? [{ name, course }] : [];
  });
}

/** What the run itself recorded of its quality. */
export function recordedLine(
  state: SeriesState,
  measure: 'loss' | 'accuracy' | 'score',
): Line | undefined {
  const course = (state.start?.points ?? []).map(({ mark }) => mark[measure] ?? null);
  return course.some((value) => value !== null) ? { name: measure, course } : undefined;
}

/** Courses over the run, a rule where the scrub bar stands, and dots where it has a value. */
export function linesChart(
  state: SeriesState,
  lines: readonly Line[],
  {
    width,
    unit,
    label,
  }: { readonly width: number; readonly unit: MetricDescriptor['unit']; readonly label: string },
): Element {
  const points = state.start?.points ?? [];
  const here = points[pointIndex(state)];
  const dots = lines.slice(0, drawnLayers).flatMap(({ name, course }) =>
    points.flatMap(({ x }, index) => {
      const y = course[index] ?? null;
      return y === null ? [] : [{ name, x, y }];
    }),
  );
  const single = lines.length === 1;
  const values = dots.map(({ y }) => y);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  // A course that hardly moves is drawn level.
  const margin = Math.max((high - low) * 0.08, Math.abs(high) * 0.01, 1e-12);
  const xs = points.map(({ x }) => x);
  const [from, to] = [Math.min(...xs), Math.max(...xs)];
  return plot({
    width,
    x: {
      label: axisLabel(state),
      domain: from < to ? [from, to] : [from - 1, to + 1],
      tickFormat: (value: number) => (Number.isInteger(value) ? String(value) : ''),
    },
    y: {
      label,
      domain: [low >= 0 ? Math.max(0, low - margin) : low - margin, high + margin],
      tickFormat: (value: number) => formatMetric(value, unit === 'count' ? 'none' : unit),
    },
    marks: [
      ...(here ? [Plot.ruleX([here.x], { stroke: colours.muted, strokeDasharray: '3 2' })] : []),
      Plot.line(dots, {
        x: 'x',
        y: 'y',
        z: 'name',
        stroke: colours.data,
        strokeWidth: single ? 1.75 : 1,
        strokeOpacity: single ? 1 : 0.4,
      }),
      Plot.dot(
        dots.filter(({ x }) => single || x === here?.x),
        { x: 'x', y: 'y', r: single ? 2.5 : 2, fill: colours.data },
      ),
    ],
  });
}

export function linesSummary(lines: readonly Line[], unit: MetricDescriptor['unit']): string {
  if (lines.length > 1) return `${plural(lines.length, 'layer')} over the run`;
  const known = (lines[0]?.course ?? []).filter((value) => value !== null);
  const [first] = known;
  const last = known.at(-1);
  if (first === undefined || last === undefined) return '';
  return `${lines[0]?.name ?? ''}: from ${formatMetric(first, unit)} to ${formatMetric(last, unit)}`;
}

export function linesTable(state: SeriesState, lines: readonly Line[]): Tabular {
  const points = state.start?.points ?? [];
  return {
    head: [axisLabel(state), ...lines.map(({ name }) => name)],
    rows: points.map(({ label }, index) => [
      label,
      ...lines.map(({ course }) => course[index] ?? '–'),
    ]),
  };
}

function axisLabel({ start }: SeriesState): string {
  switch (start?.axis) {
    case 'epoch':
    case 'step':
      return start.axis;
    case 'number':
      return 'number in the name';
    case 'time':
    case undefined:
      return 'checkpoint, by time';
  }
}
