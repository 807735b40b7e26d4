import { printable } from '../../core/printable';

/** Where an annotation points and what it is called; lines and columns from 1. */
export interface AnnotationPlace {
  readonly file: string;
  readonly line?: number;
  readonly col?: number;
  readonly title: string;
}

/**
 * A workflow command of GitHub Actions, one line.
 *
 * @see https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export function annotation(
  level: 'error' | 'warning' | 'notice',
  { file, line, col, title }: AnnotationPlace,
  message: string,
): string {
  const properties = [
    `file=${escapeProperty(file)}`,
    ...(line === undefined ? [] : [`line=${line}`]),
    ...(col === undefined ? [] : [`col=${col}`]),
    `title=${escapeProperty(title)}`,
  ];
  return `::${level} ${properties.join(',')}::${escapeData(message)}\n`;
}

/** A line break would end the command, and what follows could be one of its own. */
export function escapeData(text: string): string {
  return printableLines(text)
    .replaceAll('%', '%25')
    .replaceAll('\r', '%0D')
    .replaceAll('\n', '%0A');
}

export function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

function printableLines(text: string): string {
  return text.split(/\r?\n/).map(printable).join('\n');
}
