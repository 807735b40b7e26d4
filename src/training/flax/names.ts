import { qualifiedName } from '../edits/addImport';
import type { FallbackImport } from '../edits/addImport';
import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { topLevelStatement } from '../syntax';

const fallbacks: Readonly<Record<string, FallbackImport>> = {
  jax: { line: 'import jax', binds: 'jax', origin: 'jax' },
  'jax.numpy': { line: 'import jax.numpy as jnp', binds: 'jnp', origin: 'jax.numpy' },
  numpy: { line: 'import numpy as np', binds: 'np', origin: 'numpy' },
  optax: { line: 'import optax', binds: 'optax', origin: 'optax' },
  'flax.nnx': { line: 'from flax import nnx', binds: 'nnx', origin: 'flax.nnx' },
  'flax.linen': { line: 'from flax import linen as nn', binds: 'nn', origin: 'flax.linen' },
};

/** Libraries as the file writes them, and the imports that it lacks for them. */
export interface Libraries {
  /** Local text by origin: `jax.numpy` → `jnp`. */
  readonly text: (origin: string) => string;
  readonly imports: readonly string[];
}

/** How code at module level may write some libraries. Undefined where a name that would be imported means something else. */
export function librariesFor(
  module: Module,
  user: SyntaxNode,
  origins: readonly string[],
): Libraries | undefined {
  const at = topLevelStatement(user);
  const texts = new Map<string, string>();
  const imports: string[] = [];
  for (const origin of origins) {
    const fallback = fallbacks[origin];
    // `import flax` brings flax.nnx, `import jax` brings jax.numpy; but numpy under the name of jax.numpy is another.
    const name = fallback && qualifiedName(module, origin, at, { fallback });
    if (!name) return undefined;
    texts.set(origin, name.text);
    imports.push(...name.imports);
  }
  return { text: (origin) => texts.get(origin) ?? origin, imports };
}
