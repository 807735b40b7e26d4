import { removeStatements, removeUnused } from '../../edits/removal';
import { statementOf } from '../../edits/insertStatement';
import type { LinenModel } from '../../flax/linenPlaces';
import { librariesFor } from '../../flax/names';
import type { NnxModel } from '../../flax/nnxPlaces';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, nodesIn, textOf } from '../../syntax';
import type { TextEdit, TextRange } from '../../textEdit';
import { removeTraining } from './linenTrainingRemoval';
import { allOf } from './offer';

const helpers = ['fractional_max_pool'];
const imports = ['import jax', 'import jax.numpy as jnp'];

/** Back to max pooling in a linen module, with the random stream where it was added for this. */
export function removeFromLinen(
  module: Module,
  model: LinenModel,
  pool: SyntaxNode,
): readonly TextEdit[] | undefined {
  const plain = maxPool(module, pool, 'flax.linen');
  const key = argumentsOf(module.source, pool)[1];
  if (!plain || !key) return undefined;
  return withoutHelper(module, [...plain, ...removeTraining(module, model, [key.node])]);
}

/** The same in an nnx module, with its random streams; `resized` gives the linear layer behind it its size back. */
export function removeFromNnx(
  module: Module,
  model: NnxModel,
  pool: SyntaxNode,
  resized: readonly TextEdit[],
): readonly TextEdit[] | undefined {
  const plain = maxPool(module, pool, 'flax.nnx');
  const streams = streamLines(module, model, pool);
  const edits = allOf(plain, streams, resized);
  return edits && withoutHelper(module, edits);
}

/** `fractional_max_pool(x, key, ratio=1.41)` → `nn.max_pool(x, window_shape=(2, 2), strides=(2, 2))`. */
function maxPool(
  module: Module,
  pool: SyntaxNode,
  origin: 'flax.linen' | 'flax.nnx',
): readonly TextEdit[] | undefined {
  const libraries = librariesFor(module, pool, [origin]);
  const [input] = argumentsOf(module.source, pool);
  if (!libraries || libraries.imports.length > 0 || !input) return undefined;
  const label = 'Back to max pooling';
  const name = `${libraries.text(origin)}.max_pool`;
  return [
    { start: pool.start, end: input.node.start, newText: `${name}(`, label },
    {
      start: input.node.end,
      end: pool.end,
      newText: ', window_shape=(2, 2), strides=(2, 2))',
      label,
    },
  ];
}

/** The lines `self.rngs = …` and `self.deterministic = …`; undefined where something else reads them. */
function streamLines(module: Module, { own }: NnxModel, pool: SyntaxNode): TextEdit | undefined {
  const { source, attributes } = module;
  const statements = ['rngs', 'deterministic'].flatMap((name) =>
    (attributes.of(own.definition).get(name) ?? []).map(statementOf),
  );
  const gone: readonly TextRange[] = [pool, ...statements];
  const isUsed = nodesIn(own.definition).some(
    (node) =>
      node.type === 'attribute' &&
      /^self\.(?:rngs|deterministic)$/.test(textOf(source, node)) &&
      !gone.some(({ start, end }) => start <= node.start && node.end <= end),
  );
  const [first, second] = statements;
  const siblings = first?.parent?.children ?? [];
  const isPair =
    first !== undefined &&
    second !== undefined &&
    statements.length === 2 &&
    siblings
      .slice(siblings.indexOf(first) + 1, siblings.indexOf(second))
      .every(({ type }) => type === 'comment');
  return isPair && !isUsed
    ? removeStatements(source, [first, second], 'Remove the random streams')
    : undefined;
}

function withoutHelper({ source }: Module, edits: readonly TextEdit[]): readonly TextEdit[] {
  return [...edits, ...removeUnused(source, { helpers, imports }, edits)];
}
