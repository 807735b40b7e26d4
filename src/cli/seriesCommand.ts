import { seriesMetrics, seriesOf, type SeriesInput } from '../analysis/runs';
import type { LayerReport, Report } from '../core/report';
import type { RunPoint, Series } from '../core/series';
import { metricCatalogue } from '../metrics';
import { globToRegExp } from './glob';
import { fileMeasurer, messageOf } from './measure';
import { runAt } from './seriesFiles';
import { seriesOptions, type SeriesOptions } from './seriesOptions';
import { seriesCsv, seriesMarkdown, seriesTable } from './seriesText';
import { say } from './output';
import type { Terminal } from './terminal';
import { usage, UsageError } from './usage';

const metricIds: ReadonlySet<string> = new Set(
  metricCatalogue.filter(({ array }) => array !== true).map(({ id }) => id),
);

/** `reglens series`: layers over the checkpoints of a run. 1 where one of them cannot be read; the others are shown. */
export async function seriesCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  const options = seriesOptions(argv, metricIds);
  if (options.help) {
    terminal.out(usage);
    return 0;
  }
  let run;
  try {
    run = await runAt(options.paths);
  } catch (error) {
    const message = error instanceof UsageError ? undefined : messageOf(error);
    if (message === undefined) throw error;
    terminal.err(`${message}\n`);
    return 1;
  }
  const measurer = await fileMeasurer(options, terminal);
  const inputs: SeriesInput[] = [];
  for (const point of run.points) {
    try {
      inputs.push(inputOf(point, await measurer.measure(point.file.path), options));
    } catch (error) {
      const message = messageOf(error);
      if (message === undefined) throw error;
      terminal.err(`${point.file.path}: ${message}\n`);
    }
  }
  const series = seriesOf(inputs, { metrics: options.metrics ?? seriesMetrics });
  const text = render(series, run.name, options);
  await say(text, options.output, terminal);
  return inputs.length === run.points.length ? 0 : 1;
}

function inputOf(
  { file, mark }: RunPoint,
  report: Report,
  { layers: glob }: SeriesOptions,
): SeriesInput {
  const pattern = glob === undefined ? undefined : globToRegExp(glob);
  const isWanted = ({ name, tensor }: LayerReport): boolean =>
    !pattern || pattern.test(name) || pattern.test(tensor);
  return {
    name: file.path.split('/').at(-1) ?? file.path,
    mark,
    modifiedMs: file.modifiedMs,
    recorded: report.checkpoint.recorded,
    layers: report.layers.filter(isWanted),
    findings: report.findings,
  };
}

function render(series: Series, name: string, { format }: SeriesOptions): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(series, null, 2)}\n`;
    case 'csv':
      return seriesCsv(series);
    case 'markdown':
      return seriesMarkdown(series, name);
    case 'table':
      return seriesTable(series, name);
  }
}
