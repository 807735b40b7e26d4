import { trendText } from '../analysis/runs';
import type { PointChanges, Series, SeriesPoint } from '../core/series';
import { metricCatalogue } from '../metrics';
import { percent, printable, threeDigits } from './columns';
import { cell } from './csv';
import { escaped } from './markdown';
import { pad, widthOf } from './table';

/** What is said of one point. */
const shownChanges = 3;

/** For a terminal: a line a layer and metric, with its course, then what changed at each step. */
export function seriesTable(series: Series, name: string): string {
  const head = ['layer', 'metric', 'first', 'last', 'course'];
  const rows = [head, ...rowsOf(series)];
  const widths = head.map((_, column) =>
    Math.max(...rows.map((row) => widthOf(row[column] ?? ''))),
  );
  const lines = rows.map((row) =>
    row
      .map((text, column) =>
        pad(text, widths[column] ?? 0, column === 2 || column === 3 ? 'right' : 'left'),
      )
      .join('  ')
      .trimEnd(),
  );
  const changes = changeLines(series);
  return [
    `${printable(name)} · ${series.points.length} checkpoints · ${rangeOf(series)}`,
    '',
    ...lines,
    ...(changes.length > 0 ? ['', 'What changed', ...changes.map((line) => `  ${line}`)] : []),
    '',
  ].join('\n');
}

/** The same as Markdown. */
export function seriesMarkdown(series: Series, name: string): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`;
  const changes = changeLines(series);
  return [
    `### ${escaped(printable(name))}`,
    '',
    `${series.points.length} checkpoints, ${escaped(rangeOf(series))}`,
    '',
    line(['layer', 'metric', 'first', 'last', 'course']),
    '| --- | --- | ---: | ---: | --- |',
    ...rowsOf(series).map(line),
    ...(changes.length > 0
      ? ['', '**What changed**', '', ...changes.map((text) => `- ${escaped(text)}`)]
      : []),
    '',
  ].join('\n');
}

/** A line for every point, layer and metric, in full precision (RFC 4180). */
export function seriesCsv({ points, layers }: Series): string {
  const heading = ['file', 'epoch', 'step', 'loss', 'accuracy', 'layer', 'metric', 'value'];
  const lines = points.flatMap((point, index) =>
    layers.flatMap(({ name, values }) =>
      Object.entries(values).flatMap(([metric, course]) => {
        const value = course[index] ?? null;
        const { epoch = '', step = '', loss = '', accuracy = '' } = point.mark;
        return value === null
          ? []
          : [[point.name, epoch, step, loss, accuracy, name, metric, value]];
      }),
    ),
  );
  return [heading, ...lines].map((cells) => `${cells.map(cell).join(',')}\r\n`).join('');
}

function rowsOf({ layers }: Series): readonly (readonly string[])[] {
  return layers.flatMap(({ name, values }) =>
    Object.entries(values).flatMap(([metric, course]) => {
      const known = course.filter((value) => value !== null);
      const [first] = known;
      const last = known.at(-1);
      if (first === undefined || last === undefined) return [];
      const text = (value: number): string => valueText(metric, value);
      return [[printable(name), metric, text(first), text(last), trendText(course)]];
    }),
  );
}

function changeLines({ points, changes }: Series): readonly string[] {
  return changes.flatMap((change) => {
    const parts = partsOf(change);
    const point = points[change.point];
    return parts.length > 0 && point ? [`${printable(point.label)}: ${parts.join('; ')}`] : [];
  });
}

function partsOf({ changes, appeared, gone, newLayers, lostLayers }: PointChanges): string[] {
  const layers = (word: string, names: readonly string[]): string[] =>
    names.length > 0 ? [`${names.length} layers ${word}`] : [];
  return [
    ...changes
      .slice(0, shownChanges)
      .map(
        ({ layer, metric, before, after }) =>
          `${printable(layer)} ${metric} ${valueText(metric, before)} → ${valueText(metric, after)}`,
      ),
    ...appeared.map(({ rule, title }) => `+ ${rule} ${title}`),
    ...gone.map(({ rule, title }) => `− ${rule} ${title}`),
    ...layers('new', newLayers),
    ...layers('gone', lostLayers),
  ];
}

/** From where to where, and the last figures that are recorded. */
function rangeOf({ points }: Series): string {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return 'none';
  const { loss, accuracy } = last.mark;
  return [
    `${printable(first.label)} to ${printable(last.label)}`,
    ...(loss === undefined ? [] : [`loss ${lossesOf(points)}`]),
    ...(accuracy === undefined ? [] : [`accuracy ${percent(accuracy)}`]),
  ].join(' · ');
}

function lossesOf(points: readonly SeriesPoint[]): string {
  const losses = points.map(({ mark }) => mark.loss ?? null);
  return `${threeDigits(points.at(-1)?.mark.loss ?? 0)} ${trendText(losses)}`.trim();
}

function valueText(metric: string, value: number): string {
  const unit = metricCatalogue.find(({ id }) => id === metric)?.unit;
  return unit === 'fraction' ? percent(value) : threeDigits(value);
}
