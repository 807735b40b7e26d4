import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { fieldOf, partsOf, textOf } from '../syntax';
import { kerasNameOf } from './kerasName';

/** Classes between a class and Keras that are followed. */
const maxAncestors = 8;

/** Whether a class of the file is a model or a layer of Keras; undefined where it is neither. */
export function baseKindOf(
  module: Module,
  definition: SyntaxNode,
  depth = 0,
): 'model' | 'layer' | undefined {
  const bases = partsOf(fieldOf(definition, 'superclasses') ?? definition).filter(
    ({ type }) => type === 'identifier' || type === 'attribute',
  );
  if (depth > maxAncestors || !fieldOf(definition, 'superclasses')) return undefined;
  for (const base of bases) {
    const name = kerasNameOf(module, base);
    if (name === 'Model' || name === 'Sequential') return 'model';
    if (name !== undefined && /^(?:layers\.[A-Z]|Layer$)/.test(name)) return 'layer';
    const [binding] =
      base.type === 'identifier' ? module.names.lookup(textOf(module.source, base), base) : [];
    if (binding?.kind === 'class' && binding.node !== definition) {
      const kind = baseKindOf(module, binding.node, depth + 1);
      if (kind) return kind;
    }
  }
  return undefined;
}
