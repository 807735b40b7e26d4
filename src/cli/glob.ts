/** A glob over layer names: `*` is any text, `?` any one character. Names have no folders, so `**` is no more than `*`. */
export function globToRegExp(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    // One quantifier for a run of stars: several in a row would backtrack.
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'u');
}
