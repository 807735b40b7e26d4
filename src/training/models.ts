import type { LayerDefinition, LayerSite } from './definition';
import { emptyEnvironment } from './evaluate';
import type { Thunk } from './evaluate';
import { readLayerArguments } from './layerArguments';
import type { Module } from './module';
import type { Source, SyntaxNode } from './source';
import { enclosing, fieldOf, nodesIn, textOf, unwrapped } from './syntax';
import { torchLayers } from './torchLayers';
import { visitClass, visitModule } from './visitModule';
import type { Visitor } from './visitModule';

/** Expressions that one file may make us look at, and layers it may have: real files stay below a hundredth of that. */
const maxSteps = 20_000;
const maxSites = 10_000;

interface Draft {
  readonly callee: string;
  readonly range: { readonly start: number; readonly end: number };
  readonly className: string | undefined;
  readonly sites: Map<string, LayerSite>;
}

/** Layers of PyTorch with weights that the file defines, in the order of the text. */
export function torchDefinitions(module: Module): readonly LayerDefinition[] {
  const { source } = module;
  const drafts = new Map<SyntaxNode, Draft>();
  const visited = new Set<SyntaxNode>();
  let steps = 0;
  let siteCount = 0;
  const visitor: Visitor = {
    open: new Set(),
    step: (node) => {
      visited.add(node);
      return ++steps < maxSteps && siteCount < maxSites;
    },
    layer: ({ path, callee, call, args }) => {
      visited.add(call);
      const draft = drafts.get(call) ?? draftOf(source, callee, call);
      drafts.set(call, draft);
      const site = { path, shapes: shapesOf(module, callee, args) };
      const key = JSON.stringify(site);
      if (!draft.sites.has(key)) siteCount++;
      draft.sites.set(key, site);
    },
  };

  visitRoots(module, visited, visitor);
  return [...drafts.values()]
    .map(({ callee, range, className, sites }) => ({
      callee,
      range,
      className,
      sites: [...sites.values()],
    }))
    .sort((a, b) => a.range.start - b.range.start);
}

/**
 * The models of a file: classes that no other class uses, then whatever is built outside of classes, callers before the
 * functions that they call, and at last what none of these has reached.
 */
function visitRoots(module: Module, visited: ReadonlySet<SyntaxNode>, visitor: Visitor): void {
  const { source, names } = module;
  const classes: SyntaxNode[] = [];
  const calls: SyntaxNode[] = [];
  const used = new Set<SyntaxNode>();
  const built = new Set<SyntaxNode>();
  for (const node of nodesIn(source.root)) {
    if (node.type === 'class_definition') classes.push(node);
    if (node.type === 'call') calls.push(node);
    if (node.type !== 'identifier' || node.field === 'name') continue;
    const [binding] = names.lookup(textOf(source, node), node);
    if (binding?.kind !== 'class') continue;
    const around = enclosing(node, 'class_definition');
    const isCallee = node.field === 'function' && node.parent?.type === 'call';
    if (isCallee && !around) built.add(binding.node);
    else if (around && around !== binding.node) used.add(binding.node);
    else if (!isCallee && node.parent?.type === 'argument_list') used.add(binding.node);
  }
  const visitCall = (call: SyntaxNode, path: string): void => {
    if (!visited.has(call))
      visitModule(module, { node: call, env: emptyEnvironment }, path, visitor);
  };

  for (const definition of classes) {
    if (!used.has(definition) && !built.has(definition)) {
      visitClass(module, definition, { node: definition, env: emptyEnvironment }, '', visitor);
    }
  }
  const outside = calls.filter((call) => !enclosing(call, 'class_definition'));
  for (const call of outside) {
    if (!isReturned(module, call)) visitCall(call, targetPath(source, call));
  }
  for (const call of outside) visitCall(call, targetPath(source, call));
  for (const definition of classes) {
    if (!visited.has(definition))
      visitClass(module, definition, { node: definition, env: emptyEnvironment }, '', visitor);
  }
  for (const call of calls) visitCall(call, '');
}

/** Whether the call is part of what a function gives back, so that its callers know more about it. */
function isReturned(module: Module, call: SyntaxNode): boolean {
  const definition = enclosing(call, 'function_definition');
  if (!definition) return false;
  return module.returnsOf(definition).some(({ children }) => children.length > 1);
}

/** Path of `model.classifier[6] = nn.Linear(…)` below the model: `classifier.6`. */
function targetPath(source: Source, call: SyntaxNode): string {
  let value = call;
  while (value.parent?.type === 'parenthesized_expression') value = value.parent;
  const assignment = value.field === 'right' ? value.parent : undefined;
  const left = assignment?.type === 'assignment' ? fieldOf(assignment, 'left') : undefined;
  if (!left) return '';
  const target = textOf(source, unwrapped(left)).replace(/\s+/g, '');
  const match = /^[A-Za-z_]\w*((?:\.\w+|\[(?:\d+|'\w+'|"\w+")\])+)$/.exec(target);
  return (match?.[1] ?? '').replace(/\[['"]?(\w+)['"]?\]/g, '.$1').slice(1);
}

function draftOf(source: Source, callee: string, call: SyntaxNode): Draft {
  const definition = enclosing(call, 'class_definition');
  const name = definition && fieldOf(definition, 'name');
  return {
    callee,
    range: { start: call.start, end: call.end },
    className: name && textOf(source, name),
    sites: new Map(),
  };
}

function shapesOf(module: Module, callee: string, args: Thunk): LayerSite['shapes'] {
  return torchLayers.get(callee)?.(readLayerArguments(module, args)) ?? {};
}
