import { bindArguments, emptyEnvironment, isTooDeep, withFrame } from '../evaluate';
import type { Environment, Thunk, Value } from '../evaluate';
import { methodOf } from '../methods';
import type { Module } from '../module';
import { classOfSelf } from '../selfAttributes';
import { bindTarget, roundsOf } from '../sequences';
import type { Round } from '../sequences';
import type { SyntaxNode } from '../source';
import { argumentsOf, fieldOf, nodesIn, partsOf, textOf } from '../syntax';
import { baseKindOf } from './classes';
import { layerCallOf } from './layerCalls';
import { automaticNames } from './layerNames';
import type { AutomaticNames } from './layerNames';
import { stringOf } from './layerText';

/** Expressions that one file may make us look at, and layers it may make: real files stay below a hundredth of that. */
const maxSteps = 40_000;
const maxMade = 10_000;

/** A layer as the program makes it. */
export interface MadeLayer {
  readonly call: SyntaxNode;
  readonly type: string;
  readonly args: Thunk;
  /** Names of what holds it, by name and by attribute, and its own name; undefined where the code does not say it. */
  readonly byName: string | undefined;
  readonly byAttribute: string | undefined;
}

/** Wrappers that have the wrapped layer's weights below their own name. */
const wrappers = new Set(['TimeDistributed', 'SpectralNormalization', 'Wrapper', 'RNN']);

interface Context {
  readonly names: AutomaticNames;
  readonly env: Environment;
  /** Paths of the object whose attributes are being set. */
  readonly owner: { readonly byName: string; readonly byAttribute: string } | undefined;
  readonly attribute: string | undefined;
}

interface Rounds {
  /** The loop or comprehension, and what stands in it. */
  readonly node: SyntaxNode;
  readonly body: SyntaxNode;
  readonly target: SyntaxNode | undefined;
  readonly rounds: readonly Round[] | undefined;
}

/**
 * Runs the file as far as layers are concerned: statements in order, calls of its own functions and classes with their
 * arguments. Automatic names count the layers of a class in this order. What nothing calls is run by itself, as if in a
 * session of its own.
 */
export function layersMade(module: Module): readonly MadeLayer[] {
  const { source } = module;
  const made: MadeLayer[] = [];
  const open = new Set<SyntaxNode>();
  const visited = new Set<SyntaxNode>();
  let steps = 0;

  const visit = (node: SyntaxNode, context: Context): void => {
    if (++steps > maxSteps || made.length > maxMade) return;
    switch (node.type) {
      case 'function_definition':
      case 'class_definition':
      case 'decorated_definition':
      case 'lambda':
      case 'ERROR':
        return;
      case 'call':
        visitCall(node, context);
        return;
      case 'assignment':
        visitAssignment(node, context);
        return;
      case 'for_statement':
      case 'while_statement':
        visitLoop(node, context);
        return;
      case 'if_statement':
        visitBranches(node, context);
        return;
      case 'list_comprehension':
      case 'set_comprehension':
      case 'generator_expression':
        visitComprehension(node, context);
        return;
      default:
        for (const child of partsOf(node)) visit(child, context);
    }
  };

  const visitAssignment = (node: SyntaxNode, context: Context): void => {
    const [left, right] = [fieldOf(node, 'left'), fieldOf(node, 'right')];
    if (!right) return;
    const isOwn = left?.type === 'attribute' && classOfSelf(source, left) !== undefined;
    const name = isOwn ? fieldOf(left, 'attribute') : undefined;
    visit(right, { ...context, attribute: name && textOf(source, name) });
  };

  /** The body once a round; where it is not known how often it runs, names made in it have no number. */
  const visitRounds = ({ node, body, target, rounds }: Rounds, context: Context): void => {
    if (!rounds || !target) {
      context.names.repeatedly(() => visit(body, context));
      return;
    }
    for (const round of rounds) {
      const frame = new Map<string, Value>();
      bindTarget(module, target, round, frame);
      visit(body, { ...context, env: withFrame(context.env, node, frame) });
    }
  };

  const visitLoop = (node: SyntaxNode, context: Context): void => {
    const body = fieldOf(node, 'body');
    const [target, iterated] = [fieldOf(node, 'left'), fieldOf(node, 'right')];
    if (iterated) visit(iterated, context);
    if (!body) return;
    const rounds = iterated && roundsOf(module, iterated, context.env);
    visitRounds({ node, body, target, rounds }, context);
  };

  const visitComprehension = (node: SyntaxNode, context: Context): void => {
    const [body, clause, ...more] = partsOf(node);
    const [target, iterated] = clause ? [fieldOf(clause, 'left'), fieldOf(clause, 'right')] : [];
    if (!body) return;
    const rounds =
      iterated && more.length === 0 ? roundsOf(module, iterated, context.env) : undefined;
    visitRounds({ node, body, target, rounds }, context);
  };

  const visitBranches = (node: SyntaxNode, context: Context): void => {
    const condition = fieldOf(node, 'condition');
    const isMain = condition !== undefined && /__name__/.test(textOf(source, condition));
    const all = (): void => partsOf(node).forEach((part) => visit(part, context));
    if (isMain) all();
    else context.names.repeatedly(all);
  };

  const visitCall = (call: SyntaxNode, context: Context): void => {
    const callee = fieldOf(call, 'function');
    const list = fieldOf(call, 'arguments');
    if (!callee) return;
    const inner: Context = { ...context, attribute: undefined };
    if (callee.type === 'call') visit(callee, context);
    else if (callee.type === 'attribute') {
      const object = fieldOf(callee, 'object');
      if (object) visit(object, inner);
    }
    const first = made.length;
    if (list) for (const part of partsOf(list)) visit(part, inner);

    const layer = layerCallOf(module, call);
    if (layer) makeLayer(layer.call, layer.type, first, context);
    else if (callee.type === 'identifier' || callee.type === 'attribute') {
      visitOwn(call, callee, context);
    }
  };

  const nameOf = (call: SyntaxNode, type: string, { names, env }: Context): string | undefined => {
    const given = argumentsOf(source, call).find(({ name }) => name === 'name');
    if (!given || given.value.type === 'none') return names.next(type);
    return stringOf(module, given.value, env);
  };

  const makeLayer = (call: SyntaxNode, type: string, first: number, context: Context): void => {
    visited.add(call);
    const name = nameOf(call, type, context);
    const { owner, attribute } = context;
    if (type === 'Bidirectional' || wrappers.has(type)) {
      const prefix = owner && owner.byName !== '' ? owner.byName.length + 1 : 0;
      for (const inside of made.splice(first)) {
        const sides = type === 'Bidirectional' ? ['forward_', 'backward_'] : [''];
        for (const side of sides) {
          const own = inside.byName?.slice(prefix);
          const path =
            name === undefined || own === undefined ? undefined : `${name}/${side}${own}`;
          made.push({ ...inside, byName: joined(owner?.byName, path), byAttribute: undefined });
        }
      }
      return;
    }
    made.push({
      call,
      type,
      args: { node: call, env: context.env },
      byName: joined(owner?.byName, name),
      byAttribute: owner && joined(owner.byAttribute, attribute),
    });
  };

  const visitOwn = (call: SyntaxNode, callee: SyntaxNode, context: Context): void => {
    const attribute = callee.type === 'attribute' ? fieldOf(callee, 'attribute') : undefined;
    const self = attribute && classOfSelf(source, callee);
    const method = self && methodOf(module, self, textOf(source, attribute));
    if (method) {
      run(method, { node: call, env: context.env }, 1, context);
      return;
    }
    if (callee.type !== 'identifier') return;
    const [binding, ...others] = module.names.lookup(textOf(source, callee), callee);
    if (!binding || others.length > 0) return;
    if (binding.kind === 'function') {
      run(binding.node, { node: call, env: context.env }, 0, { ...context, owner: undefined });
    } else if (binding.kind === 'class') {
      visitClass(binding.node, { node: call, env: context.env }, context);
    }
  };

  const visitClass = (definition: SyntaxNode, call: Thunk, context: Context): void => {
    const kind = baseKindOf(module, definition);
    if (kind === undefined) return;
    const className = fieldOf(definition, 'name');
    const type = className ? textOf(source, className) : '';
    const name = call.node.type === 'call' ? nameOf(call.node, type, context) : '';
    // A model at the top is the file itself: nothing stands before the names of its layers.
    const isRoot = !context.owner && (kind === 'model' || call.node.type !== 'call');
    const owner = isRoot
      ? { byName: '', byAttribute: '' }
      : {
          byName: joined(context.owner?.byName, name) ?? '*',
          byAttribute: joined(context.owner?.byAttribute, context.attribute ?? name) ?? '*',
        };
    const init = methodOf(module, definition, '__init__') ?? methodOf(module, definition, 'build');
    if (init) run(init, call, 1, { ...context, owner, attribute: undefined });
    const build = methodOf(module, definition, 'build');
    if (build && build !== init)
      run(build, { node: build, env: call.env }, 1, { ...context, owner });
  };

  const run = (definition: SyntaxNode, call: Thunk, skipped: number, context: Context): void => {
    const body = fieldOf(definition, 'body');
    visited.add(definition);
    if (!body || open.has(definition) || isTooDeep(call.env)) return;
    open.add(definition);
    const frame: ReadonlyMap<string, Value> =
      call.node.type === 'call' ? bindArguments(module, definition, call, skipped) : new Map();
    visit(body, { ...context, env: withFrame(call.env, definition, frame) });
    open.delete(definition);
  };

  const session = (): Context => ({
    names: automaticNames(),
    env: emptyEnvironment,
    owner: undefined,
    attribute: undefined,
  });
  const file = session();
  for (const node of partsOf(source.root)) visit(node, file);
  const definitions = nodesIn(source.root).filter(({ type }) =>
    /^(?:class|function)_def/.test(type),
  );
  for (const node of definitions) {
    if (node.type !== 'class_definition') continue;
    const init = methodOf(module, node, '__init__');
    if (init && !visited.has(init)) visitClass(node, { node, env: emptyEnvironment }, session());
  }
  for (const node of definitions) {
    if (node.type !== 'function_definition' || visited.has(node)) continue;
    run(node, { node, env: emptyEnvironment }, 0, session());
  }
  return made;
}

function joined(owner: string | undefined, name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  return owner === undefined || owner === '' ? name : `${owner}/${name}`;
}
