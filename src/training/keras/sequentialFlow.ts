import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { statementOf } from '../edits/insertStatement';
import { argumentsOf, argumentValue, enclosing, fieldOf, partsOf, textOf } from '../syntax';
import { draftStep } from './step';
import type { DraftStep, Step } from './step';
import { wrappedLayerOf } from './wrappers';

/** The layers of `Sequential([…])`, and those that are added to it in the same block. */
export function listSteps(module: Module, sequential: SyntaxNode): readonly Step[] {
  const { source } = module;
  const list = argumentValue(argumentsOf(source, sequential), 'layers', 0);
  const steps: DraftStep[] = [];
  const add = (node: SyntaxNode, layer: SyntaxNode, form: 'item' | 'added'): DraftStep => {
    const found = wrappedLayerOf(module, layer);
    const last = steps.at(-1);
    const step = draftStep({ form, type: found?.type, layer: found, node }, last ? [last] : []);
    steps.push(step);
    return step;
  };
  if (list?.type === 'list') for (const part of partsOf(list)) add(part, part, 'item');
  else if (list) return [];

  for (const { call, layer, statement, model } of additionsTo(module, sequential)) {
    const step = add(call, layer, 'added');
    step.statement = statement;
    step.target = model;
  }
  const last = steps.at(-1);
  if (last) last.isOutput = true;
  return steps;
}

interface Addition {
  readonly call: SyntaxNode;
  readonly layer: SyntaxNode;
  readonly statement: SyntaxNode;
  readonly model: string;
}

/** `model.add(…)` after `model = Sequential()`, in its block and in those inside of it. */
function additionsTo(module: Module, sequential: SyntaxNode): readonly Addition[] {
  const { source } = module;
  const assignment = sequential.field === 'right' ? sequential.parent : undefined;
  const target = assignment?.type === 'assignment' ? fieldOf(assignment, 'left') : undefined;
  const scope = enclosing(sequential, 'function_definition', 'module');
  if (!target || !scope) return [];
  const name = textOf(source, target);
  return module.actionsIn(scope).flatMap((call) => {
    const callee = call.type === 'call' ? fieldOf(call, 'function') : undefined;
    if (!callee || call.start < sequential.end) return [];
    if (textOf(source, callee).replace(/\s+/g, '') !== `${name}.add`) return [];
    const [layer, ...others] = argumentsOf(source, call);
    const statement = statementOf(call);
    const isPlain = call.parent === statement && statement.type === 'expression_statement';
    if (!layer || layer.isSplat || others.length > 0 || !isPlain) return [];
    const object = fieldOf(callee, 'object');
    return object && isLatest(module, name, sequential, call)
      ? [{ call, layer: layer.value, statement, model: name }]
      : [];
  });
}

/** Whether the name still stands for this Sequential where the call is, and not for a later one. */
function isLatest(module: Module, name: string, sequential: SyntaxNode, call: SyntaxNode): boolean {
  const start = enclosing(sequential, 'assignment')?.start ?? 0;
  return !module.names
    .lookup(name.split('.')[0] ?? name, call)
    .some(({ node }) => node.start > start && node.start < call.start);
}
