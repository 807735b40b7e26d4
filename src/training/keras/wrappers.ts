import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { unwrapped } from '../syntax';
import { layerCallOf } from './layerCalls';
import type { LayerCall } from './layerCalls';

const wrappers = new Set(['TimeDistributed', 'Bidirectional', 'SpectralNormalization']);

/** Wrappers in wrappers that are opened. */
const maxWrappers = 4;

/** The layer that an expression makes; inside of `TimeDistributed(…)` and its like. */
export function wrappedLayerOf(
  module: Module,
  expression: SyntaxNode,
  depth = 0,
): LayerCall | undefined {
  const layer = layerCallOf(module, unwrapped(expression));
  if (!layer || !wrappers.has(layer.type) || depth > maxWrappers) return layer;
  const inner = layer.args.find(({ name }) => name === undefined || name === 'layer');
  return (inner && wrappedLayerOf(module, inner.value, depth + 1)) ?? layer;
}
