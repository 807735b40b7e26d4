import type { Source, SyntaxNode } from '../source';
import { textOf } from '../syntax';
import { layersIn } from './layers';
import type { JavaScriptModule } from './module';
import { namespaceIn } from './names';
import { calleeOf } from './syntax';

/** Another factory in the words of a layer's own callee: `tf.layers.dense` → `tf.layers.dropout`. */
export function factoryText(
  module: JavaScriptModule,
  call: SyntaxNode,
  name: string,
): string | undefined {
  const { source, names } = module;
  const callee = calleeOf(call);
  const own = callee && call.type === 'call_expression' ? prefixOf(source, callee) : undefined;
  if (own !== undefined) return own + name;
  // The file's own class, or a factory that was imported by its name: the words of a layer beside it.
  for (const layer of layersIn(module)) {
    const other = layer.isOwn ? undefined : calleeOf(layer.call);
    const prefix = other && prefixOf(source, other);
    if (prefix !== undefined) return prefix + name;
    if (other && names.origin(other) === `tf.layers.${name}`) return textOf(source, other);
  }
  const namespace = namespaceIn(source, names);
  return namespace === undefined ? undefined : `${namespace}.layers.${name}`;
}

/** `tf.layers.` of `tf.layers.dense`. */
function prefixOf(source: Source, callee: SyntaxNode): string | undefined {
  return /^([\w$.]*\.)\w+$/.exec(textOf(source, callee))?.[1];
}
