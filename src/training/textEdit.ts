/** A half-open range of UTF-16 offsets, which are the offsets of VS Code's documents. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** Where a node stands. */
export function rangeOf({ start, end }: TextRange): TextRange {
  return { start, end };
}

/** Replaces [start, end) of the original text. The edits of one change never overlap, so they can be applied as one. */
export interface TextEdit extends TextRange {
  readonly newText: string;
  /** What this part of the change does, for a preview of several edits: `Add the helper decay_param_groups`. */
  readonly label?: string;
  /** Values in `newText` that a user may want to change, the strength first: ranges in `newText`. */
  readonly stops?: readonly TextRange[];
}

/** The text after the edits, all of which refer to the original text. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  let result = '';
  let position = 0;
  for (const edit of [...edits].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (edit.start < position || edit.end < edit.start || edit.end > text.length) {
      throw new RangeError(`edit [${edit.start}, ${edit.end}) overlaps another or leaves the text`);
    }
    result += text.slice(position, edit.start) + edit.newText;
    position = edit.end;
  }
  return result + text.slice(position);
}
