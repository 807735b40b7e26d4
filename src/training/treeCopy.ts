import type { Language, Tree, TreeCursor } from 'web-tree-sitter';

import type { SyntaxNode } from './source';
import type { TextChange } from './textChange';
import type { TextRange } from './textEdit';

/** Deeper nodes are taken for errors, so that a walk may recurse. Python itself stops at 200 brackets. */
const maxDepth = 1000;

/** More ranges than these are taken for one: each node is compared with all of them. */
const maxRanges = 16;

/** What is known of the text before it was changed. */
export interface Earlier {
  readonly root: SyntaxNode;
  readonly change: TextChange;
  /** Where the parser found another structure: ranges of the new text. */
  readonly ranges: readonly TextRange[];
}

/** The names of a grammar, by the numbers that its trees have instead. */
export interface Kinds {
  readonly types: readonly string[];
  readonly isNamed: readonly boolean[];
  readonly fields: readonly (string | null)[];
}

export function kindsOf(language: Language): Kinds {
  const isNamed = language.types.map((_, id) => language.nodeTypeIsNamed(id));
  return { types: language.types, isNamed, fields: language.fields };
}

/**
 * Copies a tree out of WebAssembly. What an earlier tree has as well is taken over from its copy, which is no tree of its own
 * any more: to copy that too would take longer than parsing.
 */
export function copyTree(tree: Tree, kinds: Kinds, earlier?: Earlier): SyntaxNode {
  const cursor = tree.walk();
  try {
    const copy = new Copy(cursor, kinds, earlier);
    return copy.node(undefined, 0, earlier && { nodes: [earlier.root], at: 0 });
  } finally {
    cursor.delete();
  }
}

const none: readonly SyntaxNode[] = [];

class Node implements SyntaxNode {
  children: readonly SyntaxNode[] = none;

  constructor(
    readonly type: string,
    readonly field: string | undefined,
    readonly isNamed: boolean,
    public start: number,
    public end: number,
    public parent: SyntaxNode | undefined,
    public hasError: boolean,
  ) {}

  /** Puts a node of the earlier tree into the new one. */
  moveTo(parent: SyntaxNode, by: number): void {
    this.parent = parent;
    if (by !== 0) this.shift(by);
  }

  private shift(by: number): void {
    this.start += by;
    this.end += by;
    for (const child of this.children) if (child instanceof Node) child.shift(by);
  }
}

/** Nodes of the earlier tree among which the next ones of the new tree may be. */
interface Siblings {
  readonly nodes: readonly SyntaxNode[];
  at: number;
}

class Copy {
  private readonly touched: readonly TextRange[];
  private readonly shift: number;

  constructor(
    private readonly cursor: TreeCursor,
    private readonly kinds: Kinds,
    private readonly earlier: Earlier | undefined,
  ) {
    const { change, ranges } = earlier ?? {
      change: { start: 0, oldEnd: 0, newEnd: 0 },
      ranges: [],
    };
    this.shift = change.newEnd - change.oldEnd;
    this.touched = hull([{ start: change.start, end: change.newEnd }, ...ranges]);
  }

  /** The node at the cursor with everything in it. */
  node(parent: SyntaxNode | undefined, depth: number, siblings: Siblings | undefined): Node {
    const { cursor } = this;
    const node = this.draft(parent);
    const old = siblings && this.counterpart(node, siblings);
    if (parent && old instanceof Node && this.isUntouched(node)) {
      old.moveTo(parent, node.start - old.start);
      return old;
    }
    if (depth === maxDepth) {
      node.hasError = true;
    } else if (cursor.gotoFirstChild()) {
      const children: SyntaxNode[] = [];
      const within = old && { nodes: old.children, at: 0 };
      do {
        const child = this.node(node, depth + 1, within);
        children.push(child);
        node.hasError ||= child.hasError;
      } while (cursor.gotoNextSibling());
      cursor.gotoParent();
      node.children = children;
    }
    return node;
  }

  private draft(parent: SyntaxNode | undefined): Node {
    const { cursor, kinds } = this;
    const id = cursor.nodeTypeId;
    const type = kinds.types[id] ?? 'ERROR';
    const { startIndex: start, endIndex: end } = cursor;
    // What the parser puts in for something missing has no width.
    const hasError = type === 'ERROR' || (start === end && cursor.nodeIsMissing);
    const field = kinds.fields[cursor.currentFieldId] ?? undefined;
    return new Node(type, field, kinds.isNamed[id] ?? true, start, end, parent, hasError);
  }

  /** The node that stood there before the change. */
  private counterpart(node: SyntaxNode, siblings: Siblings): SyntaxNode | undefined {
    const [start, end] = [this.before(node.start), this.before(node.end)];
    if (start === undefined || end === undefined) return undefined;
    const { nodes } = siblings;
    while ((nodes[siblings.at]?.start ?? start) < start) siblings.at++;
    for (let i = siblings.at; nodes[i]?.start === start; i++) {
      const old = nodes[i];
      if (old?.end === end && old.type === node.type && old.field === node.field) return old;
    }
    return undefined;
  }

  private before(offset: number): number | undefined {
    const { start = 0, newEnd = 0 } = this.earlier?.change ?? {};
    if (offset <= start) return offset;
    return offset >= newEnd ? offset - this.shift : undefined;
  }

  /** Whether the node does not even border on what changed. */
  private isUntouched({ start, end }: SyntaxNode): boolean {
    return this.touched.every((range) => end < range.start || start > range.end);
  }
}

function hull(ranges: readonly TextRange[]): readonly TextRange[] {
  if (ranges.length <= maxRanges) return ranges;
  const all = ranges.reduce((a, b) => ({
    start: Math.min(a.start, b.start),
    end: Math.max(a.end, b.end),
  }));
  return [all];
}
