import { isJsonObject, type Json, type JsonObject } from '../../core/json';

/** Nesting and number of values up to which a record is searched: it comes from a file. */
const maxDepth = 12;
const maxValues = 50_000;

/** A value of a record with the keys that lead to it. */
export interface Leaf {
  /** `args.model.dropout`. */
  readonly path: string;
  /** The last part, in snake case: `hidden_dropout_prob`, also for `hiddenDropoutProb`. */
  readonly key: string;
  readonly value: Json;
  /** The record that holds the key. */
  readonly owner: JsonObject;
}

/** Every value of a record that is no record itself. Keys of a folder format are paths already: `args.lr`. */
export function* leavesOf(
  root: JsonObject,
  options: { readonly skip?: RegExp; readonly path?: string } = {},
): Iterable<Leaf> {
  const stack: { value: JsonObject; path: string; depth: number }[] = [
    { value: root, path: options.path ?? '', depth: 0 },
  ];
  let left = maxValues;
  for (let one = stack.pop(); one; one = stack.pop()) {
    const { value: owner, path: parent, depth } = one;
    const inner: typeof stack = [];
    for (const [name, value] of Object.entries(owner)) {
      if (--left < 0) return;
      if (options.skip?.test(name) === true) continue;
      const path = parent === '' ? name : `${parent}.${name}`;
      if (!isJsonObject(value)) yield { path, key: snakeCase(name), value, owner };
      else if (depth < maxDepth) inner.push({ value, path, depth: depth + 1 });
    }
    stack.push(...inner.reverse());
  }
}

function snakeCase(name: string): string {
  const last = name.slice(Math.max(name.lastIndexOf('.'), name.lastIndexOf('/')) + 1);
  return last
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/-/g, '_')
    .toLowerCase();
}
