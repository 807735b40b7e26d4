import { readNames } from './imports';
import type { Names } from './imports';
import type { Source, SyntaxNode } from './source';
import { readSelfAttributes } from './selfAttributes';
import type { SelfAttributes } from './selfAttributes';
import { enclosing, nodesIn } from './syntax';

/** A file with the meaning of its names, and with what is asked of its parts again and again. */
export interface Module {
  readonly source: Source;
  readonly names: Names;
  readonly attributes: SelfAttributes;
  /** Calls and `+=` in a definition, in the order of the text. */
  actionsIn(definition: SyntaxNode): readonly SyntaxNode[];
  /** The function's own `return` statements. */
  returnsOf(definition: SyntaxNode): readonly SyntaxNode[];
  /** Counts names that are followed; false once there were too many. */
  spend(): boolean;
}

/** Names that are followed for one file. `a = b + b`, `b = c + c`, … doubles with each line. */
const maxFollowed = 50_000;

/** What costs a walk through the whole file, once for all who ask. */
const shared = new WeakMap<Source, Omit<Module, 'spend'>>();

/** Looks a parsed Python file through once, for all who ask about it. */
export function readModule(source: Source): Module {
  let followed = 0;
  const facts = shared.get(source) ?? readFacts(source);
  shared.set(source, facts);
  return { ...facts, spend: () => ++followed <= maxFollowed };
}

function readFacts(source: Source): Omit<Module, 'spend'> {
  return {
    source,
    names: readNames(source),
    attributes: readSelfAttributes(source),
    actionsIn: remembered((definition) =>
      nodesIn(definition).filter(({ type }) => type === 'call' || type === 'augmented_assignment'),
    ),
    returnsOf: remembered((definition) =>
      nodesIn(definition).filter(
        (node) =>
          node.type === 'return_statement' &&
          enclosing(node, 'function_definition', 'lambda') === definition,
      ),
    ),
  };
}

/** Instances of one class may be met hundreds of times; walking its text each time took most of the run. */
function remembered(
  find: (node: SyntaxNode) => readonly SyntaxNode[],
): (node: SyntaxNode) => readonly SyntaxNode[] {
  const known = new Map<SyntaxNode, readonly SyntaxNode[]>();
  return (node) => {
    const found = known.get(node) ?? find(node);
    known.set(node, found);
    return found;
  };
}
