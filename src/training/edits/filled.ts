import type { TextRange } from '../textEdit';

/**
 * Text with the places that a user may want to change: `filled('p=${1:0.5}')` is `p=0.5` with a stop on 0.5. The notation is that
 * of editors' snippets, without nesting; other `$` and braces stand for themselves.
 */
export function filled(pattern: string): {
  readonly newText: string;
  readonly stops: readonly TextRange[];
} {
  const stops: TextRange[] = [];
  let newText = '';
  let position = 0;
  for (const match of pattern.matchAll(/\$\{\d+:([^{}]*)\}/g)) {
    newText += pattern.slice(position, match.index);
    const value = match[1] ?? '';
    stops.push({ start: newText.length, end: newText.length + value.length });
    newText += value;
    position = match.index + match[0].length;
  }
  return { newText: newText + pattern.slice(position), stops };
}
