import { qualifiedName } from '../../edits/addImport';
import type { QualifiedName } from '../../edits/addImport';
import { originOf } from '../../keras/kerasName';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { fieldOf, textOf } from '../../syntax';

/** The package of Keras that the file uses, told by the name of something of it: `keras`, `tensorflow.keras`. */
export function packageOf(module: Module, node: SyntaxNode): string | undefined {
  const origin = originOf(module, node) ?? '';
  return /^(?:tensorflow(?:\.compat\.v2)?\.keras|tf_keras|keras)(?=\.|$)/.exec(origin)?.[0];
}

/** Another layer beside the one that `callee` names, written as the file writes that: `layers.Dropout` beside `layers.Dense`. */
export function layerBeside(
  module: Module,
  callee: SyntaxNode,
  type: string,
): QualifiedName | undefined {
  if (callee.type === 'attribute') {
    const object = fieldOf(callee, 'object');
    return object && { text: `${textOf(module.source, object)}.${type}`, imports: [] };
  }
  const local = textOf(module.source, callee);
  const isFromWildcard = module.names.lookup(local, callee).length === 0;
  if (isFromWildcard && module.names.lookup(type, callee).length === 0) {
    return { text: type, imports: [] };
  }
  const origin = packageOf(module, callee);
  if (origin === undefined) return undefined;
  return qualifiedName(module, `${origin}.layers.${type}`, callee, {
    fallback: {
      line: `from ${origin}.layers import ${type}`,
      binds: type,
      origin: `${origin}.layers.${type}`,
    },
  });
}

/** A name of Keras as the file may write it: `regularizers.L2`, with the module's import where it has none. */
export function kerasWritten(
  module: Module,
  callee: SyntaxNode,
  name: string,
): QualifiedName | undefined {
  const origin = packageOf(module, callee);
  const folder = name.split('.')[0] ?? name;
  if (origin === undefined) return undefined;
  return qualifiedName(module, `${origin}.${name}`, callee, {
    fallback: {
      line: `from ${origin} import ${folder}`,
      binds: folder,
      origin: `${origin}.${folder}`,
    },
  });
}

/** How a helper of this file writes `keras`. */
export function kerasRoot(module: Module, callee: SyntaxNode): QualifiedName | undefined {
  const origin = packageOf(module, callee);
  if (origin === undefined) return undefined;
  return qualifiedName(module, origin, module.source.root, {
    fallback: {
      line:
        origin === 'keras' ? 'import keras' : `from ${origin.replace(/\.keras$/, '')} import keras`,
      binds: 'keras',
      origin,
    },
  });
}

/** How a helper of this file writes `tf`. */
export function tensorflowRoot(module: Module): QualifiedName | undefined {
  return qualifiedName(module, 'tensorflow', module.source.root, {
    fallback: { line: 'import tensorflow as tf', binds: 'tf', origin: 'tensorflow' },
  });
}

/** How a helper of this file writes `np`. */
export function numpyRoot(module: Module): QualifiedName | undefined {
  return qualifiedName(module, 'numpy', module.source.root, {
    fallback: { line: 'import numpy as np', binds: 'np', origin: 'numpy' },
  });
}
