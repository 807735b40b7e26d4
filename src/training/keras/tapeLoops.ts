import { statementOf } from '../edits/insertStatement';
import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { argumentsOf, callsIn, enclosing, fieldOf, nodesIn, textOf } from '../syntax';
import { originOf } from './kerasName';

/** A training step that computes gradients by itself: `tape.gradient(loss, model.trainable_weights)`. */
export interface TapeLoop {
  /** The loss that is differentiated, and the model whose weights these are. */
  readonly loss: string;
  readonly model: string;
  /** The last statement before it that gives the loss its value. */
  readonly statement: SyntaxNode;
  readonly call: SyntaxNode;
}

/** Steps with a GradientTape that never read `model.losses`, so that penalties of layers have no effect. */
export function loopsWithoutLosses(module: Module): readonly TapeLoop[] {
  const { source } = module;
  if (!source.text.includes('GradientTape')) return [];
  const readsLosses = nodesIn(source.root).some((node) => {
    const name = node.type === 'attribute' ? fieldOf(node, 'attribute') : undefined;
    return name && textOf(source, name) === 'losses' && !isModuleOfLosses(module, node);
  });
  if (readsLosses || /compute_loss|compiled_loss/.test(source.text)) return [];
  return callsIn(source.root).flatMap((call) => loopOf(module, call) ?? []);
}

/** `keras.losses` is a module. */
function isModuleOfLosses(module: Module, node: SyntaxNode): boolean {
  return /(?:^|\.)keras\.losses$/.test(originOf(module, node) ?? '');
}

function loopOf(module: Module, call: SyntaxNode): TapeLoop | undefined {
  const { source } = module;
  const callee = fieldOf(call, 'function');
  const method = callee?.type === 'attribute' ? fieldOf(callee, 'attribute') : undefined;
  const tape = callee && fieldOf(callee, 'object');
  if (!method || !tape || textOf(source, method) !== 'gradient' || !isTape(module, tape)) {
    return undefined;
  }
  const [loss, weights] = argumentsOf(source, call);
  const model = weights && modelOf(module, weights.value);
  const scope = enclosing(call, 'function_definition', 'module');
  if (!scope || loss?.value.type !== 'identifier' || model === undefined) return undefined;
  const name = textOf(source, loss.value);
  const assigned = nodesIn(scope).filter((node) => {
    const left = node.type === 'assignment' ? fieldOf(node, 'left') : undefined;
    return left && node.start < call.start && textOf(source, left) === name;
  });
  const last = assigned.at(-1);
  return last && { loss: name, model, statement: statementOf(last), call };
}

function isTape(module: Module, tape: SyntaxNode): boolean {
  const { source, names } = module;
  return names.lookup(textOf(source, tape), tape).some(({ node }) => {
    const item = enclosing(node, 'with_item') ?? node;
    return callsIn(item).some((call) => {
      const callee = fieldOf(call, 'function');
      return callee && originOf(module, callee) === 'tensorflow.GradientTape';
    });
  });
}

/** `model.trainable_weights`, or a name that stands for it. */
function modelOf(module: Module, weights: SyntaxNode): string | undefined {
  const { source, names } = module;
  const [binding, ...others] =
    weights.type === 'identifier' ? names.lookup(textOf(source, weights), weights) : [];
  const node = binding && others.length === 0 ? (binding.value ?? weights) : weights;
  const name = node.type === 'attribute' ? fieldOf(node, 'attribute') : undefined;
  const object = fieldOf(node, 'object');
  const isWeights =
    name && /^(?:trainable_(?:weights|variables)|weights|variables)$/.test(textOf(source, name));
  return isWeights && object ? textOf(source, object) : undefined;
}
