import { statementOf } from '../edits/insertStatement';
import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import {
  argumentsOf,
  argumentValue,
  fieldOf,
  nodesIn,
  partsOf,
  textOf,
  unwrapped,
} from '../syntax';
import { draftStep } from './step';
import type { DraftStep, Step } from './step';
import { kerasNameOf, originOf } from './kerasName';
import type { LayerCall } from './layerCalls';
import { wrappedLayerOf } from './wrappers';

/** Expressions in expressions that are followed. */
const maxDepth = 40;

/** Layers that the statements of one function, or of the module, apply to their values. */
export function functionalSteps(module: Module, scope: SyntaxNode): readonly Step[] {
  const { source } = module;
  const steps: DraftStep[] = [];
  let values = new Map<string, DraftStep>();
  /** What a name may stand for instead of a step, after an `if` in which only some branches set it. */
  const othersOf = new Map<DraftStep, ReadonlySet<DraftStep>>();

  const inputsIn = (node: SyntaxNode, depth: number): readonly DraftStep[] => {
    const inner = unwrapped(node);
    if (inner.type === 'list' || inner.type === 'tuple') {
      return partsOf(inner).flatMap((part) => inputsIn(part, depth + 1));
    }
    return evaluate(inner, depth + 1) ?? [];
  };

  const apply = (
    node: SyntaxNode,
    facts: { form: Step['form']; type: string | undefined; layer: LayerCall | undefined },
    depth: number,
  ): readonly DraftStep[] => {
    const inputs = argumentsOf(source, node).flatMap(({ value }) => inputsIn(value, depth));
    return [stepAfter({ ...facts, node }, inputs)];
  };

  const stepAfter = (
    facts: Parameters<typeof draftStep>[0],
    inputs: readonly DraftStep[],
  ): DraftStep => {
    const step = draftStep(facts, inputs);
    for (const input of new Set(inputs)) {
      for (const other of othersOf.get(input) ?? []) other.next.push(step);
    }
    steps.push(step);
    return step;
  };

  /** The steps whose result the expression is; undefined for what is no such result. */
  const evaluate = (expression: SyntaxNode, depth: number): readonly DraftStep[] | undefined => {
    const node = unwrapped(expression);
    if (depth > maxDepth) return undefined;
    if (node.type === 'identifier') {
      const step = values.get(textOf(source, node));
      return step && [step];
    }
    if (node.type === 'binary_operator' && fieldOf(node, 'operator')?.type === '+') {
      const sides = [fieldOf(node, 'left'), fieldOf(node, 'right')].flatMap((side) =>
        side ? (evaluate(side, depth + 1) ?? []) : [],
      );
      if (sides.length === 0) return undefined;
      return [stepAfter({ form: 'applied', type: '+', layer: undefined, node }, sides)];
    }
    if (node.type === 'call') return evaluateCall(node, depth);
    markUses(node);
    return undefined;
  };

  const evaluateCall = (node: SyntaxNode, depth: number): readonly DraftStep[] | undefined => {
    const callee = fieldOf(node, 'function');
    if (!callee) return undefined;
    if (callee.type === 'call') {
      const layer = wrappedLayerOf(module, callee);
      return apply(node, { form: 'applied', type: layer?.type, layer }, depth);
    }
    const held = layerHeldBy(module, callee);
    if (held) return apply(node, { ...held, type: held.layer?.type }, depth);
    const name = kerasNameOf(module, callee);
    if (name === 'Model') {
      const outputs = argumentValue(argumentsOf(source, node), 'outputs', 1);
      for (const step of outputs ? inputsIn(outputs, depth) : []) step.isOutput = true;
      return undefined;
    }
    const operation = operationOf(module, callee, name);
    if (operation !== undefined) {
      return apply(node, { form: 'applied', type: operation, layer: undefined }, depth);
    }
    if (name !== undefined) return undefined;
    // A function of the file, or of someone else: it may be a layer, it may be anything.
    for (const { value } of argumentsOf(source, node)) {
      for (const step of inputsIn(value, depth)) step.isUsedElsewhere = true;
    }
    return undefined;
  };

  const markUses = (node: SyntaxNode): void => {
    for (const inner of nodesIn(node)) {
      if (inner.type !== 'identifier' || inner.field === 'attribute') continue;
      const step = values.get(textOf(source, inner));
      if (step) step.isUsedElsewhere = true;
    }
  };

  const visit = (node: SyntaxNode): void => {
    switch (node.type) {
      case 'function_definition':
      case 'class_definition':
      case 'decorated_definition':
      case 'ERROR':
        return;
      case 'assignment': {
        visitAssignment(node);
        return;
      }
      case 'return_statement':
        for (const part of partsOf(node)) {
          for (const step of inputsIn(part, 0)) step.isOutput = true;
        }
        return;
      case 'augmented_assignment': {
        const left = fieldOf(node, 'left');
        markUses(node);
        if (left) values.delete(textOf(source, left));
        return;
      }
      case 'if_statement':
        visitBranches(node);
        return;
      case 'block':
      case 'module':
      case 'expression_statement':
      case 'for_statement':
      case 'else_clause':
      case 'elif_clause':
      case 'with_statement':
      case 'try_statement':
      case 'while_statement':
        for (const part of partsOf(node)) visit(part);
        return;
      default:
        evaluate(node, 0);
    }
  };

  const visitAssignment = (node: SyntaxNode): void => {
    const [left, right] = [fieldOf(node, 'left'), fieldOf(node, 'right')];
    if (!left || !right) return;
    const [step, ...others] = evaluate(right, 0) ?? [];
    if (left.type !== 'identifier') return;
    const name = textOf(source, left);
    if (!step || others.length > 0) {
      values.delete(name);
      return;
    }
    values.set(name, step);
    if (step.node === unwrapped(right)) {
      step.target = name;
      step.statement = statementOf(node);
    }
  };

  /** Each branch goes on from what was before; behind them a name may stand for the result of any. */
  const visitBranches = (node: SyntaxNode): void => {
    const before = values;
    const ends: ReadonlyMap<string, DraftStep>[] = [];
    let isComplete = false;
    for (const part of partsOf(node)) {
      if (part.field === 'condition') {
        visit(part);
        continue;
      }
      values = new Map(before);
      visit(part);
      if (!leaves(part)) ends.push(values);
      isComplete ||= part.type === 'else_clause';
    }
    if (!isComplete || ends.length === 0) ends.unshift(before);
    values = merged(ends, before);
  };

  const merged = (
    ends: readonly ReadonlyMap<string, DraftStep>[],
    before: ReadonlyMap<string, DraftStep>,
  ): Map<string, DraftStep> => {
    const result = new Map<string, DraftStep>();
    for (const name of new Set(ends.flatMap((end) => [...end.keys()]))) {
      const found = ends.flatMap((end) => end.get(name) ?? []);
      const step = found.findLast((one) => one !== before.get(name)) ?? found.at(-1);
      const all = new Set(found.flatMap((one) => [one, ...(othersOf.get(one) ?? [])]));
      if (!step || found.length < ends.length) {
        for (const one of all) one.isUsedElsewhere = true;
        continue;
      }
      all.delete(step);
      if (all.size > 0) othersOf.set(step, all);
      result.set(name, step);
    }
    return result;
  };

  const body = scope.type === 'module' ? scope : fieldOf(scope, 'body');
  if (body) visit(body);
  return steps;
}

/** Whether a branch does not go on to what stands behind the `if`. */
function leaves(branch: SyntaxNode): boolean {
  const block = branch.type === 'block' ? branch : fieldOf(branch, 'body');
  const last = block && partsOf(block).at(-1);
  return /^(?:return|raise|continue|break)_statement$/.test(last?.type ?? '');
}

/** The layer that `self.conv` or `conv` holds, where the file sets it once. */
function layerHeldBy(
  module: Module,
  callee: SyntaxNode,
): { readonly form: Step['form']; readonly layer: LayerCall | undefined } | undefined {
  const { source, names, attributes } = module;
  if (callee.type === 'attribute') {
    const name = fieldOf(callee, 'attribute');
    const [value, ...others] =
      (name && attributes.ownerOf(callee)?.get(textOf(source, name))) ?? [];
    if (!value || others.length > 0) return undefined;
    return { form: 'attribute', layer: wrappedLayerOf(module, value) };
  }
  const [binding, ...others] = names.lookup(textOf(source, callee), callee);
  const value = binding?.kind === 'assignment' && others.length === 0 ? binding.value : undefined;
  const layer = value && wrappedLayerOf(module, value);
  return layer && { form: 'applied', layer };
}

/** Functions that stand for a layer: `layers.add([x, y])`, `keras.ops.relu(x)`, `tf.nn.relu(x)`. */
function operationOf(
  module: Module,
  callee: SyntaxNode,
  name: string | undefined,
): string | undefined {
  if (name === 'layers.add') return 'Add';
  if (name === 'layers.concatenate') return 'Concatenate';
  if (name !== undefined) return /^(?:ops|activations)\.(\w+)$/.exec(name)?.[1];
  return /^tensorflow\.nn\.(\w+)$/.exec(originOf(module, callee) ?? '')?.[1];
}
