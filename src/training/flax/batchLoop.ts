import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { enclosing, fieldOf, nodesIn, partsOf, textOf } from '../syntax';
import { originOf } from './optimizers';

/** A loop that takes batches out of arrays: `x_train[idx]` and `y_train[idx]`. */
export interface BatchLoop {
  /** The outermost loop around them. */
  readonly outer: SyntaxNode;
  readonly inputs: SyntaxNode;
  /** Undefined where only the inputs are plain. */
  readonly labels: SyntaxNode | undefined;
  /** The statement that holds the inputs. */
  readonly statement: SyntaxNode;
  /** The loop in which the batch is made. */
  readonly loop: SyntaxNode;
}

const labelName = /(?:^|[^a-z])(?:y|labels?|targets?)(?:$|[^a-z])/;

/** Loops of the file that train on arrays by an index, in the order of the text. */
export function batchLoopsOf(module: Module): readonly BatchLoop[] {
  const { source } = module;
  const byLoop = new Map<SyntaxNode, SyntaxNode[]>();
  for (const node of nodesIn(source.root)) {
    if (node.type !== 'subscript') continue;
    const loop = enclosing(node, 'for_statement');
    if (!loop || !isIndexedByLoop(module, node, loop)) continue;
    // What a helper is given stands inside its call already.
    byLoop.set(loop, [...(byLoop.get(loop) ?? []), node]);
  }
  return [...byLoop].flatMap(([loop, subscripts]) => {
    const isTest = subscripts.some((node) => /test|valid|eval/i.test(textOf(source, node)));
    const labels = subscripts.filter((node) => isLabel(module, node));
    const inputs = subscripts.filter((node) => !labels.includes(node));
    const [input, ...others] = inputs;
    if (isTest || !input || others.length > 0 || labels.length > 1) return [];
    if (!trains(module, loop)) return [];
    let outer = loop;
    for (
      let around = enclosing(outer, 'for_statement', 'function_definition');
      around?.type === 'for_statement';
      around = enclosing(outer, 'for_statement', 'function_definition')
    ) {
      outer = around;
    }
    const statement = statementIn(input);
    return [{ outer, loop, inputs: input, labels: labels[0], statement }];
  });
}

/** Whether the index is a variable of the loop, or one that its body sets: `x[idx]`, `x[perm, ...]`, `x[order[i:j]]`. */
function isIndexedByLoop({ source }: Module, node: SyntaxNode, loop: SyntaxNode): boolean {
  const value = fieldOf(node, 'value');
  const parts = partsOf(node).filter((part) => part !== value);
  const [index, ...rest] = parts;
  const isWhole = rest.every(({ type }) => type === 'ellipsis');
  if (!value || !index || !isWhole || /^(?:string|integer)$/.test(index.type)) return false;
  // The index itself is an array or a slice; a loop over single samples has an index too, but makes no batches.
  const target = fieldOf(loop, 'left');
  const names = new Set(
    (target ? nodesIn(target) : [])
      .filter(({ type }) => type === 'identifier')
      .map((one) => textOf(source, one)),
  );
  const iterated = fieldOf(loop, 'right');
  const isCount = iterated && /^(?:range|enumerate)\(/.test(textOf(source, iterated));
  if (index.type === 'identifier' && names.has(textOf(source, index))) return !isCount;
  if (index.type === 'slice') return nodesIn(index).some((one) => names.has(textOf(source, one)));
  if (index.type !== 'identifier') return false;
  const name = textOf(source, index);
  return nodesIn(loop).some((one) => {
    const left = one.type === 'assignment' ? fieldOf(one, 'left') : undefined;
    return left !== undefined && textOf(source, left) === name;
  });
}

/** By the name of the array, its key, or the variable that takes it. */
function isLabel({ source }: Module, node: SyntaxNode): boolean {
  const value = fieldOf(node, 'value');
  return value !== undefined && labelName.test(textOf(source, value).toLowerCase());
}

/** Whether the loop calls something that trains: a step with `train` or `update` in its name, or one that takes gradients. */
function trains({ source }: Module, loop: SyntaxNode): boolean {
  const body = fieldOf(loop, 'body');
  return nodesIn(body ?? loop).some((node) => {
    const callee = node.type === 'call' ? fieldOf(node, 'function') : undefined;
    return (
      callee !== undefined &&
      /(?:^|[._])(?:train|update|apply_gradients|apply_model|step)/.test(textOf(source, callee))
    );
  });
}

function statementIn(node: SyntaxNode): SyntaxNode {
  let statement = node;
  while (statement.parent && statement.parent.type !== 'block') statement = statement.parent;
  return statement;
}

/** A `np.random.default_rng(…)` that the loop can use, by its name. */
export function generatorFor(module: Module, loop: SyntaxNode): string | undefined {
  const { source, names } = module;
  for (const node of nodesIn(source.root)) {
    const value = node.type === 'assignment' ? fieldOf(node, 'right') : undefined;
    const left = fieldOf(node, 'left');
    if (!value || left?.type !== 'identifier' || node.start > loop.start) continue;
    if (originOf(module, value) !== 'numpy.random.default_rng') continue;
    const name = textOf(source, left);
    const bindings = names.lookup(name, loop);
    if (bindings.length === 1 && bindings[0]?.node === node) return name;
  }
  return undefined;
}

/** Whether the file works on images: it has a convolution. */
export function hasConvolution(module: Module): boolean {
  return nodesIn(module.source.root).some(
    (node) =>
      node.type === 'call' && /^flax\.(?:nnx|linen)\.Conv$/.test(originOf(module, node) ?? ''),
  );
}
