import type { Environment, Thunk } from './evaluate';
import type { Module } from './module';
import { itemOrSplat, itemsOf, namedItemsOf } from './sequences';
import type { Item } from './sequences';
import type { SyntaxNode } from './source';
import { argumentsOf, argumentValue, fieldOf } from './syntax';

/** An expression that makes a module, and its path below the module that holds it. */
export interface ModulePart {
  readonly path: string;
  readonly value: Thunk;
}

/** The modules that a container of PyTorch is made of; undefined where the origin is none. */
export function containerParts(
  module: Module,
  origin: string,
  { node: call, env }: Thunk,
): readonly ModulePart[] | undefined {
  const args = argumentsOf(module.source, call);
  const first = args[0]?.value;
  switch (origin) {
    case 'torch.nn.Sequential':
      return args.length === 1 && first && isOrderedDict(module, first)
        ? namedParts(module, { node: first, env })
        : itemParts(args.flatMap(({ node }) => itemOrSplat(module, node, env)));
    case 'torch.nn.ModuleList':
      return first ? itemParts(itemsOf(module, first, env)) : [];
    case 'torch.nn.ModuleDict':
      return first ? namedParts(module, { node: first, env }) : [];
    case 'torch.nn.TransformerEncoder':
    case 'torch.nn.TransformerDecoder': {
      const name = origin.endsWith('Encoder') ? 'encoder_layer' : 'decoder_layer';
      const layer = argumentValue(args, name, 0);
      return layer ? [{ path: 'layers.*', value: { node: layer, env: deeper(env) } }] : [];
    }
    default:
      return undefined;
  }
}

function isOrderedDict({ names }: Module, node: SyntaxNode): boolean {
  if (node.type === 'dictionary') return true;
  const callee = node.type === 'call' ? fieldOf(node, 'function') : undefined;
  return callee !== undefined && names.origin(callee) === 'collections.OrderedDict';
}

function namedParts(module: Module, { node, env }: Thunk): readonly ModulePart[] {
  return namedItemsOf(module, node, env).map(([path, value]) => ({
    path,
    value: { ...value, env: deeper(value.env) },
  }));
}

/** By their index; from an open item on the index is unknown. */
export function itemParts(items: readonly Item[]): readonly ModulePart[] {
  const firstOpen = items.findIndex(({ isOpen }) => isOpen);
  return items.flatMap(({ value }, index) => {
    if (value === undefined || typeof value === 'number') return [];
    const path = firstOpen !== -1 && index >= firstOpen ? '*' : `${index}`;
    return [{ path, value: { ...value, env: deeper(value.env) } }];
  });
}

/** The same names, one step further in. */
export function deeper(env: Environment): Environment {
  return { ...env, depth: env.depth + 1 };
}

/** The path of a part of what stands at `path`. */
export function join(path: string, segment: string): string {
  return path === '' ? segment : `${path}.${segment}`;
}
