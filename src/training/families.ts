import { remembered } from './remember';
import type { Source } from './source';
import { nodesIn, partsOf, textOf } from './syntax';

/** Frameworks whose code looks alike; a class or a function of the same name is another thing in each. */
export type Family = 'torch' | 'keras' | 'flax';

const families: ReadonlyMap<string, Family> = new Map([
  ...['torch', 'torchvision', 'lightning', 'pytorch_lightning', 'transformers', 'timm'].map(
    (name) => [name, 'torch'] as const,
  ),
  ...['keras', 'tf_keras', 'tensorflow'].map((name) => [name, 'keras'] as const),
  ...['flax', 'optax', 'jax'].map((name) => [name, 'flax'] as const),
]);

/** What `Recipe.framework` says, by family. */
const familyOfFramework: Readonly<Record<string, Family>> = {
  PyTorch: 'torch',
  Lightning: 'torch',
  'Hugging Face Trainer': 'torch',
  Keras: 'keras',
  Flax: 'flax',
  optax: 'flax',
};

/** The families that a file imports. */
export const importedFamilies = remembered((source: Source): ReadonlySet<Family> => {
  const found = new Set<Family>();
  for (const statement of nodesIn(source.root)) {
    if (!/^import_(?:from_)?statement$/.test(statement.type)) continue;
    const modules =
      statement.type === 'import_statement' ? partsOf(statement) : partsOf(statement).slice(0, 1);
    for (const module of modules) {
      const family = families.get(/^\w+/.exec(textOf(source, module))?.[0] ?? '');
      if (family) found.add(family);
    }
  }
  return found;
});

/** Whether a file may be of a framework: it imports it, or no other. */
export function mayBeOf(source: Source, framework: string): boolean {
  const imported = importedFamilies(source);
  const family = familyOfFramework[framework];
  return family === undefined || imported.size === 0 || imported.has(family);
}
