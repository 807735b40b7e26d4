import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { fieldOf, textOf, unwrapped } from '../syntax';

/** Packages that hold Keras: `keras`, `tensorflow.keras`, and their inner copies. */
const packages =
  /^(?:tensorflow(?:\.compat\.v[12])?(?:\.python)?\.keras|tf_keras|keras)(?:\.(?:api|src|_tf_keras\.keras))?\./;

/** Older names of layers that are the same class. */
const olderNames = new Map([
  ['Convolution1D', 'Conv1D'],
  ['Convolution2D', 'Conv2D'],
  ['Convolution3D', 'Conv3D'],
  ['Convolution2DTranspose', 'Conv2DTranspose'],
  ['SeparableConvolution2D', 'SeparableConv2D'],
  ['MaxPool1D', 'MaxPooling1D'],
  ['MaxPool2D', 'MaxPooling2D'],
  ['MaxPool3D', 'MaxPooling3D'],
]);

/** Name below the package of Keras: `layers.Dense` for `tensorflow.keras.layers.Dense`; undefined for anything else. */
export function kerasName(origin: string): string | undefined {
  if (!packages.test(origin)) return undefined;
  const name = origin
    .replace(packages, '')
    .replace(/^(?:models|engine\.\w+)\.(?=(?:Sequential|Model)$)/, '')
    .replace(/^layers\.experimental\.preprocessing\./, 'layers.')
    .replace(/^layers\.(?:[a-z_]+\.)+(?=[A-Z])/, 'layers.')
    .replace(/^layers\.Input$/, 'Input');
  const layer = /^layers\.(\w+)$/.exec(name)?.[1];
  const newer = layer === undefined ? undefined : olderNames.get(layer);
  return newer === undefined ? name : `layers.${newer}`;
}

/** What an expression names in Keras, whatever the local names are; `layers = tf.keras.layers` is followed. */
export function kerasNameOf(module: Module, node: SyntaxNode): string | undefined {
  const origin = originOf(module, node, 0);
  return origin === undefined ? undefined : kerasName(origin);
}

/** Aliases of aliases that are followed. */
const maxAliases = 4;

/** Dotted origin, through imports and through `keras = tf.keras`. */
export function originOf(module: Module, node: SyntaxNode, depth = 0): string | undefined {
  const origin = module.names.origin(node);
  if (origin !== undefined || depth > maxAliases) return origin;
  const attributes: string[] = [];
  let base = unwrapped(node);
  while (base.type === 'attribute') {
    const attribute = fieldOf(base, 'attribute');
    const object = fieldOf(base, 'object');
    if (!attribute || !object) return undefined;
    attributes.unshift(textOf(module.source, attribute));
    base = unwrapped(object);
  }
  if (base.type !== 'identifier') return undefined;
  const [binding, ...others] = module.names.lookup(textOf(module.source, base), base);
  const value = others.length === 0 && binding?.kind === 'assignment' ? binding.value : undefined;
  if (value?.type !== 'attribute' && value?.type !== 'identifier') return undefined;
  const root = originOf(module, value, depth + 1);
  return root === undefined ? undefined : [root, ...attributes].join('.');
}
