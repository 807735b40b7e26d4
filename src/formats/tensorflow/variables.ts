/** Names and purposes of the variables of an object graph: what the program calls them, and which an optimizer keeps. */
import type { Role } from '../../core/tensor';
import type { ObjectNode } from './objectGraph';

/** A stored value as its program knows it. */
export interface Variable {
  readonly key: string;
  readonly name: string;
  readonly fullName: string;
  readonly role?: Role;
  /** The object that it is a value of, where there is a graph. */
  readonly id?: number;
  /** The objects that lead to it from the root, by their ids. */
  readonly owners: readonly number[];
}

/** An optimizer among the objects. */
export interface OptimizerNode {
  readonly id: number;
  /** Attributes with values of their own: `learning_rate`, `iter`. */
  readonly settings: readonly { readonly name: string; readonly key: string }[];
  /** How many variables it has slots for, where it says. */
  readonly variableCount: number;
  readonly slotNames: readonly string[];
}

export interface Variables {
  readonly variables: readonly Variable[];
  readonly optimizers: readonly OptimizerNode[];
}

/** Lists and containers of Keras, in paths that say nothing to a reader: the variable's own name says more. */
const unspeaking =
  /(?:^|\/)(?:layer-\d+|layer_with_weights-\d+|_functional|_(?:operations|layers|all_variables|variables|trainable_variables|non_trainable_variables)\/\d+|(?:variables|trainable_variables|non_trainable_variables|weights)\/\d+)(?:\/|$)/;
const metric = /(?:^|\/)(?:keras_api\/metrics|_?metrics)\//;

/** In the order in which the program reaches them from its root. */
export function variablesOf(nodes: readonly ObjectNode[]): Variables {
  const paths = pathsOf(nodes);
  const optimizers = nodes.flatMap((node, id) => optimizerOf(nodes, node, id));
  const state = stateOf(nodes, optimizers);
  const found: Variable[] = [];
  const slots: Variable[] = [];
  const names = new Set<string>();
  const nameOfNode = new Map<number, string>();
  for (const [id, { path, owners }] of paths) {
    for (const { key, name: attribute, fullName } of nodes[id]?.attributes ?? []) {
      const name = unique([...candidates(key, attribute, fullName), key], names);
      nameOfNode.set(id, name);
      const role = state.has(id) ? 'optimizer' : metric.test(path) ? 'aux' : undefined;
      found.push({ key, name, id, fullName, owners, ...(role && { role }) });
    }
  }
  for (const node of nodes) {
    for (const { original, name: slot, variable } of node.slots) {
      if (paths.has(variable)) continue;
      const base = nameOfNode.get(original) ?? 'optimizer';
      for (const { key, fullName } of nodes[variable]?.attributes ?? []) {
        const name = unique([`${base}/${slot}`, key], names);
        slots.push({ key, name, fullName, role: 'optimizer', owners: [] });
      }
    }
  }
  return { variables: [...found, ...slots], optimizers };
}

/** What is known of a key by itself, where there is no graph. */
export function variableOfKey(key: string): Variable {
  const [path, slot] = key.split('/.OPTIMIZER_SLOT/');
  const isState = slot !== undefined || /(?:^|\/)optimizer\/(?!_trainable_variables)/.test(key);
  const name = slot === undefined ? readable(key) : `${readable(path ?? '')}/${readable(slot)}`;
  const role = isState ? 'optimizer' : metric.test(key) ? 'aux' : undefined;
  return { key, name, fullName: '', owners: [], ...(role && { role }) };
}

/** `model/conv/kernel/.ATTRIBUTES/VARIABLE_VALUE` is `model/conv/kernel`; a slash within a name is stored as `.S`. */
function readable(key: string): string {
  return key
    .replace(/\/\.ATTRIBUTES\/VARIABLE_VALUE$/, '')
    .replace('/.ATTRIBUTES/', '/')
    .replace(/\.\.|\.S/g, (escaped) => (escaped === '.S' ? '/' : '.'));
}

function candidates(key: string, attribute: string, fullName: string): string[] {
  const path = readable(key);
  const own = fullName.replace(/:0$/, '');
  const isSpoken = attribute !== 'VARIABLE_VALUE' || !own.includes('/') || !unspeaking.test(path);
  return isSpoken ? [path] : [own, path];
}

function unique(wanted: readonly string[], names: Set<string>): string {
  const name = wanted.find((one) => !names.has(one)) ?? wanted.at(-1) ?? '';
  names.add(name);
  return name;
}

interface Path {
  readonly path: string;
  readonly owners: readonly number[];
}

/** Depth first, each object once. Paths are only kept where they lead to values. */
function pathsOf(nodes: readonly ObjectNode[]): ReadonlyMap<number, Path> {
  const seen = new Set<number>();
  const paths = new Map<number, Path>();
  const stack: { id: number; trail: Trail | undefined }[] = [{ id: 0, trail: undefined }];
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { id, trail } = top;
    const node = nodes[id];
    if (!node || seen.has(id)) continue;
    seen.add(id);
    if (node.attributes.length > 0) paths.set(id, pathOf(trail));
    // The first child is to come off the stack first.
    for (const child of node.children.toReversed()) {
      stack.push({ id: child.id, trail: { name: child.name, owner: id, above: trail } });
    }
  }
  return paths;
}

interface Trail {
  readonly name: string;
  readonly owner: number;
  readonly above: Trail | undefined;
}

/** Deeper is no program. */
const maxDepth = 200;

function pathOf(trail: Trail | undefined): Path {
  const names: string[] = [];
  const owners: number[] = [];
  for (let at = trail; at && names.length < maxDepth; at = at.above) {
    names.push(at.name);
    owners.push(at.owner);
  }
  return { path: names.reverse().join('/'), owners: owners.reverse() };
}

/** Optimizers have slots, or the attributes that those of Keras have. */
function optimizerOf(nodes: readonly ObjectNode[], node: ObjectNode, id: number): OptimizerNode[] {
  const has = (name: string): boolean => node.children.some((child) => child.name === name);
  const rate = has('_learning_rate') || has('learning_rate');
  const isKeras3 = has('_variables') && (rate || has('_iterations'));
  const isKeras2 = rate && (has('iter') || has('decay') || has('_iterations'));
  if (node.slots.length === 0 && !isKeras2 && !isKeras3) return [];
  const settings = node.children.flatMap(({ id: child, name }) => {
    const key = nodes[child]?.attributes[0]?.key;
    return key === undefined ? [] : [{ name: name.replace(/^_/, ''), key }];
  });
  const tracked = listOf(nodes, node, '_trainable_variables');
  const originals = new Set(node.slots.map(({ original }) => original));
  const lists = node.children.filter(({ name }) => /^_(?:momentums|velocities)$/.test(name));
  return [
    {
      id,
      settings,
      variableCount: Math.max(tracked.length, originals.size),
      slotNames: [
        ...new Set([...node.slots.map(({ name }) => name), ...lists.map(({ name }) => name)]),
      ],
    },
  ];
}

/** Everything that optimizers keep; the variables that they train are none of it. */
function stateOf(
  nodes: readonly ObjectNode[],
  optimizers: readonly OptimizerNode[],
): ReadonlySet<number> {
  const state = new Set<number>();
  for (const { id } of optimizers) {
    const node = nodes[id];
    if (!node) continue;
    for (const { variable } of node.slots) state.add(variable);
    for (const child of listOf(nodes, node, '_variables')) state.add(child);
    for (const child of node.children) {
      if ((nodes[child.id]?.attributes.length ?? 0) > 0) state.add(child.id);
    }
  }
  return state;
}

function listOf(nodes: readonly ObjectNode[], node: ObjectNode, name: string): readonly number[] {
  const list = node.children.find((child) => child.name === name);
  return list === undefined ? [] : (nodes[list.id]?.children ?? []).map(({ id }) => id);
}
