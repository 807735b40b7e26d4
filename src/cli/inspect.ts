import { printable } from '../core/printable';
import type { Report } from '../core/report';
import { metricCatalogue } from '../metrics';
import { csvOf } from './csv';
import { globToRegExp } from './glob';
import { markdownOf } from './markdown';
import { fileMeasurer, messageOf } from './measure';
import { inspectOptions, type InspectOptions } from './inspectOptions';
import { write } from './output';
import { tableOf } from './table';
import type { Terminal } from './terminal';
import { usage } from './usage';

/** `reglens inspect`: every readable file is reported, also when another one is not. */
export async function inspect(argv: readonly string[], terminal: Terminal): Promise<number> {
  const options = inspectOptions(argv, new Set(metricCatalogue.map(({ id }) => id)));
  if (options.help) {
    terminal.out(usage);
    return 0;
  }
  const measurer = await fileMeasurer(options, terminal);
  const reports: Report[] = [];
  for (const file of options.files) {
    try {
      const report = await measurer.measure(file);
      for (const { severity, message } of report.checkpoint.notices) {
        if (severity === 'problem') terminal.err(`${file}: ${printable(message)}\n`);
      }
      reports.push(selected(report, options));
    } catch (error) {
      const message = messageOf(error);
      if (message === undefined) throw error;
      terminal.err(`${file}: ${message}\n`);
    }
  }
  const text = reports.length > 0 ? render(reports, options, terminal) : '';
  if (options.output === undefined) {
    terminal.out(text);
  } else if (reports.length > 0) {
    await write(options.output, text);
  }
  return reports.length === options.files.length ? 0 : 1;
}

function selected(report: Report, { layers, metrics }: InspectOptions): Report {
  const pattern = layers === undefined ? undefined : globToRegExp(layers);
  return {
    ...report,
    layers: report.layers
      .filter(({ name, tensor }) => !pattern || pattern.test(name) || pattern.test(tensor))
      .map((layer) => {
        if (!metrics) return layer;
        const keep = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
          Object.fromEntries(Object.entries(record).filter(([id]) => metrics.includes(id)));
        return {
          ...layer,
          metrics: keep(layer.metrics),
          baselines: keep(layer.baselines),
          bounds: keep(layer.bounds),
        };
      }),
  };
}

function render(reports: readonly Report[], options: InspectOptions, terminal: Terminal): string {
  switch (options.format) {
    case 'json':
      return `${JSON.stringify(reports.length === 1 ? reports[0] : reports, null, 2)}\n`;
    case 'markdown':
      return reports.map((report) => markdownOf(report, options.metrics)).join('\n');
    case 'csv':
      return csvOf(reports, options.metrics);
    case 'table': {
      const colours = terminal.hasColours && options.output === undefined;
      return reports
        .map((report) =>
          tableOf(report, { metrics: options.metrics, colours, width: terminal.columns }),
        )
        .join('\n');
    }
  }
}
