import { isJsonObject, type Json, property } from '../../core/json';

/** One leaf of the saved tree. */
export interface TreeLeaf {
  readonly path: readonly string[];
  /** What the store calls it: the path joined by dots. */
  readonly key: string;
  /** `jax.Array`, `np.ndarray`, `scalar`, `string` or `None`. */
  readonly type: string;
}

/** Leaves of `_METADATA`; where there is none, the arrays that the store lists. */
export function leavesOf(
  tree: Json | undefined,
  keys: readonly string[] | undefined,
): readonly TreeLeaf[] {
  const entries = property(tree, 'tree_metadata');
  const stored = new Set(
    (keys ?? [])
      .filter((key) => /\/(\.zarray|zarr\.json)$/.test(key))
      .map((key) => key.slice(0, key.lastIndexOf('/'))),
  );
  const leaves: TreeLeaf[] = [];
  for (const entry of isJsonObject(entries) ? Object.values(entries) : []) {
    const parts = property(entry, 'key_metadata');
    const path = (Array.isArray(parts) ? parts : []).map((part) => textOf(property(part, 'key')));
    const type = property(property(entry, 'value_metadata'), 'value_type');
    if (path.length === 0) continue;
    const key = path.join('.');
    stored.delete(key);
    leaves.push({ path, key, type: typeof type === 'string' ? type : 'unknown' });
  }
  const others = [...stored].map((key) => ({ path: key.split('.'), key, type: 'unknown' }));
  return [...leaves, ...others];
}

function textOf(key: Json | undefined): string {
  return typeof key === 'string' || typeof key === 'number' ? String(key) : '?';
}
