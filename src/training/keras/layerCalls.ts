import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { argumentsOf, callsIn, fieldOf } from '../syntax';
import type { Argument } from '../syntax';
import { kerasNameOf } from './kerasName';

/** A call that makes a layer of Keras: `layers.Dense(64)`, not the one that applies it. */
export interface LayerCall {
  readonly call: SyntaxNode;
  readonly callee: SyntaxNode;
  /** Class name, whatever it is called here: `Conv2D`. */
  readonly type: string;
  readonly args: readonly Argument[];
}

/** The layer that a call makes, if it makes one of Keras' own. */
export function layerCallOf(module: Module, call: SyntaxNode): LayerCall | undefined {
  const callee = call.type === 'call' ? fieldOf(call, 'function') : undefined;
  if (!callee || callee.type === 'call') return undefined;
  const name = kerasNameOf(module, callee);
  const type = /^layers\.([A-Z]\w*)$/.exec(name ?? '')?.[1];
  return type === undefined
    ? undefined
    : { call, callee, type, args: argumentsOf(module.source, call) };
}

/** Every layer that the file makes, in the order of the text. */
export function layerCallsIn(module: Module, root: SyntaxNode): readonly LayerCall[] {
  return callsIn(root).flatMap((call) => layerCallOf(module, call) ?? []);
}
