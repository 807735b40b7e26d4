import { Edit } from 'web-tree-sitter';
import type { Parser, Tree } from 'web-tree-sitter';

import type { LanguageId, Source } from './source';
import { changeBetween, pointAt } from './textChange';
import { copyTree } from './treeCopy';
import type { Kinds } from './treeCopy';

/** A script that somebody types: of each new text only what changed is parsed. */
export class EditedScript {
  private last: { readonly tree: Tree; readonly source: Source } | undefined;

  constructor(
    private readonly language: LanguageId,
    private readonly parser: Parser,
    private readonly kinds: Kinds,
  ) {}

  /** The parsed text, valid until the next one is read: most of its nodes are then part of that. */
  read(text: string): Source {
    const { language, parser, kinds, last } = this;
    const change = last && changeBetween(last.source.text, text);
    if (last && !change) return last.source;
    if (last && change) {
      last.tree.edit(
        new Edit({
          startIndex: change.start,
          oldEndIndex: change.oldEnd,
          newEndIndex: change.newEnd,
          startPosition: pointAt(text, change.start),
          oldEndPosition: pointAt(last.source.text, change.oldEnd),
          newEndPosition: pointAt(text, change.newEnd),
        }),
      );
    }
    const tree = last ? parser.parse(piecesOf(text), last.tree) : parser.parse(text);
    if (!tree) throw new Error(`the ${language} parser gave no tree`);
    const earlier = last &&
      change && {
        root: last.source.root,
        change,
        ranges: last.tree
          .getChangedRanges(tree)
          .map(({ startIndex, endIndex }) => ({ start: startIndex, end: endIndex })),
      };
    const source = { language, text, root: copyTree(tree, kinds, earlier) };
    this.close();
    this.last = { tree, source };
    return source;
  }

  /** Frees what the next reading would have begun with. */
  close(): void {
    this.last?.tree.delete();
    this.last = undefined;
  }
}

/** A parser that goes on from an earlier tree looks at a few characters here and there; each time it would copy 10,000. */
const pieceLength = 256;

function piecesOf(text: string): (index: number) => string {
  return (index) => text.slice(index, index + pieceLength);
}
