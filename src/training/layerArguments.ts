import type { ShapePattern } from './definition';
import { elementsOf, integerOf } from './evaluate';
import type { Thunk, Value } from './evaluate';
import type { Module } from './module';
import type { SyntaxNode } from './source';
import { argumentsOf, argumentValue } from './syntax';
import type { Argument } from './syntax';
import type { LayerArguments } from './torchLayers';

/** Reads the arguments of a layer's call, with what the names around it stand for. */
export function readLayerArguments(module: Module, { node, env }: Thunk): LayerArguments {
  const args = argumentsOf(module.source, node);
  const value = (name: string, position: number): SyntaxNode | undefined =>
    argumentValue(args, name, position);
  return {
    has: (name, position) => value(name, position) !== undefined || hasSplat(args),
    integer: (name, position) => {
      const found = value(name, position);
      return found && integerOf(module, found, env);
    },
    flag: (name, position) => {
      const found = value(name, position);
      if (!found) return undefined;
      return found.type === 'true' ? true : found.type === 'false' ? false : undefined;
    },
    shape: (name, position) => {
      const found = value(name, position);
      const elements = found && elementsOf(module, found, env);
      if (elements) return elements.map((element) => sizeOf(module, element));
      const size = found && integerOf(module, found, env);
      return size === undefined ? undefined : [size];
    },
    sizes: (name, position, dimensions) => sizesOf(module, value(name, position), env, dimensions),
  };
}

function hasSplat(args: readonly Argument[]): boolean {
  return args.some(({ isSplat }) => isSplat);
}

function sizesOf(
  module: Module,
  node: SyntaxNode | undefined,
  env: Thunk['env'],
  dimensions: number,
): ShapePattern {
  const unknown = Array.from({ length: dimensions }, () => undefined);
  if (!node) return unknown;
  const elements = elementsOf(module, node, env);
  if (!elements) {
    const size = integerOf(module, node, env);
    return unknown.map(() => size);
  }
  if (elements.length !== dimensions) return unknown;
  return elements.map((element) => sizeOf(module, element));
}

function sizeOf(module: Module, element: Value): number | undefined {
  if (element === undefined || typeof element === 'number') return element;
  return integerOf(module, element.node, element.env);
}
