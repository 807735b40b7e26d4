/** Layers that differ by numbers in their names only. */
export interface LayerFamily {
  /** The common name: `layers.*.fc1`; that of the layer where it is alone; empty where the layers have nothing in common. */
  readonly pattern: string;
  readonly names: readonly string[];
}

/** Families of one rule up to which they are told apart. */
const maxFamilies = 5;

/**
 * Few groups out of many layers: first those of whole numbers in the path (`layers.0.fc1`), where these are too many those of any
 * number (`layer1.0.conv2`), then all in one. Order is that of the first member.
 */
export function familiesOf(names: readonly string[]): readonly LayerFamily[] {
  for (const number of [/(?<=^|[./])\d+(?=$|[./])/g, /\d+/g]) {
    const families = new Map<string, string[]>();
    for (const name of names) {
      const pattern = name.replace(number, '*');
      const members = families.get(pattern);
      if (members) members.push(name);
      else families.set(pattern, [name]);
    }
    if (families.size <= maxFamilies) {
      return [...families].map(([pattern, members]) => ({
        pattern: members.length === 1 ? (members[0] ?? pattern) : pattern,
        names: members,
      }));
    }
  }
  return [{ pattern: '', names }];
}
