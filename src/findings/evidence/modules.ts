import { isJsonObject, property, type Json } from '../../core/json';
import type { DeclaredLayer } from '../facts';

/** Modules of a pickled model, or nodes of a graph that own no weights: `{ modules: [{ name, type, config }] }`. */
export function modulesOf(declared: Json | undefined): readonly DeclaredLayer[] {
  const modules = property(declared, 'modules');
  if (!Array.isArray(modules)) return [];
  return modules.flatMap((module: unknown): DeclaredLayer[] => {
    const name = property(module, 'name');
    const type = property(module, 'type');
    const config = property(module, 'config');
    if (typeof name !== 'string' || typeof type !== 'string') return [];
    return [{ name, type, config: isJsonObject(config) ? config : {} }];
  });
}

/** How often each operation occurs in a graph, where the file has one. */
export function operationsOf(declared: Json | undefined): ReadonlyMap<string, number> {
  const operations = property(declared, 'operations');
  const pairs = isJsonObject(operations) ? Object.entries(operations) : [];
  return new Map(
    pairs.flatMap(([name, count]) => (typeof count === 'number' ? [[name, count]] : [])),
  );
}
