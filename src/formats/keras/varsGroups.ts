import type { Hdf5Dataset } from '../hdf5/dataset';
import type { Hdf5File } from '../hdf5/hdf5File';

/** The variables of one object in a Keras 3 weights file: the datasets `<path>/vars/0`, `<path>/vars/1`, … */
export interface VarsGroup {
  /** Path of the object; empty for the model itself. */
  readonly path: string;
  /** The object's own name, which Keras writes since 3.6. */
  readonly name?: string;
  readonly variables: readonly { readonly index: string; readonly dataset: Hdf5Dataset }[];
}

/** Reads all groups of a weights file; without variables too, since they carry names. */
export function readVarsGroups(file: Hdf5File): readonly VarsGroup[] {
  const variables = new Map<string, { index: string; dataset: Hdf5Dataset }[]>();
  const names = new Map<string, string>();
  for (const { path, kind } of file.objects()) {
    if (kind === 'group' && /(?:^|\/)vars$/.test(path)) {
      const name = file.attribute(path, 'name');
      const owner = path.slice(0, -'/vars'.length);
      if (typeof name === 'string') names.set(path === 'vars' ? '' : owner, name);
      if (!variables.has(path === 'vars' ? '' : owner)) {
        variables.set(path === 'vars' ? '' : owner, []);
      }
    }
    const match = /^(?:(.*)\/)?vars\/([^/]+)$/.exec(path);
    if (kind !== 'dataset' || match === null) continue;
    variables.get(match[1] ?? '')?.push({ index: match[2] ?? '', dataset: file.dataset(path) });
  }
  return [...variables].map(([path, found]) => {
    const name = names.get(path);
    // HDF5 lists 10 before 2.
    found.sort((a, b) => Number(a.index) - Number(b.index));
    return { path, variables: found, ...(name !== undefined && { name }) };
  });
}
