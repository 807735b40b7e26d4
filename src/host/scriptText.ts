import { Range, type NotebookDocument, type Position, type TextDocument, type Uri } from 'vscode';

import { positionAt } from '../core/textPosition';
import type { TextRange } from '../training';

/** One document's part of a script. */
interface Piece {
  readonly uri: Uri;
  readonly start: number;
  readonly text: string;
  readonly document?: TextDocument;
}

/** A place in a document. */
export interface Place {
  readonly uri: Uri;
  readonly range: Range;
}

/**
 * The text of a script and where its parts stand: one document, or the code cells of a notebook, which see each other's names and are
 * read as one.
 */
export class ScriptText {
  readonly text: string;

  private constructor(
    readonly uri: Uri,
    private readonly pieces: readonly Piece[],
  ) {
    this.text = pieces.map(({ text }) => text).join('\n');
  }

  static ofDocument(document: TextDocument): ScriptText {
    return new ScriptText(document.uri, [
      { uri: document.uri, start: 0, text: document.getText(), document },
    ]);
  }

  static ofFile(uri: Uri, text: string): ScriptText {
    return new ScriptText(uri, [{ uri, start: 0, text }]);
  }

  static ofNotebook(notebook: NotebookDocument): ScriptText {
    const pieces: Piece[] = [];
    let start = 0;
    for (const { document } of notebook.getCells()) {
      if (document.languageId !== 'python') continue;
      const text = withoutMagics(document.getText());
      pieces.push({ uri: document.uri, start, text, document });
      start += text.length + 1;
    }
    return new ScriptText(notebook.uri, pieces);
  }

  /** Offset of a position in one of the documents; undefined where the document is no part. */
  offsetAt(document: TextDocument, position: Position): number | undefined {
    const key = document.uri.toString();
    const piece = this.pieces.find(({ uri }) => uri.toString() === key);
    return piece && piece.start + document.offsetAt(position);
  }

  /** Where a range stands; undefined where it reaches over two cells. */
  locate({ start, end }: TextRange): Place | undefined {
    const piece = this.pieces.find(
      (one) => start >= one.start && end <= one.start + one.text.length,
    );
    if (!piece) return undefined;
    const { uri, document, text } = piece;
    const from = start - piece.start;
    const to = end - piece.start;
    if (document)
      return { uri, range: new Range(document.positionAt(from), document.positionAt(to)) };
    const [first, last] = [positionAt(text, from), positionAt(text, to)];
    return { uri, range: new Range(first.line, first.column, last.line, last.column) };
  }
}

/** Lines that only notebooks understand (`%matplotlib inline`, `!pip install`) become comments of the same length. */
function withoutMagics(text: string): string {
  return text.replace(/^(\s*)[%!?](?=\S)/gm, '$1#');
}
