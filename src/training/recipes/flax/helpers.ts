import { addImports } from '../../edits/addImport';
import { removeUnused } from '../../edits/removal';
import type { Libraries } from '../../flax/names';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';

/** A helper as the file has it (no code), or with the code that has to be added. */
export interface Helper {
  readonly name: string;
  readonly code: string | undefined;
}

/**
 * The helper under its name: as it stands in the file, or to be added. Undefined where the name means something else here.
 * Our own is told by its first line.
 */
export function helperOf(
  { source, names }: Module,
  at: SyntaxNode,
  helper: { readonly name: string; readonly code: string },
): Helper | undefined {
  const { name, code } = helper;
  const [binding, ...others] = names.lookup(name, at);
  if (!binding) {
    return names.lookup(name, source.root).length === 0 ? { name, code } : undefined;
  }
  const isDefinition = binding.kind === 'function' || binding.kind === 'class';
  const head = code.slice(0, code.indexOf('\n'));
  const isOurs =
    others.length === 0 && isDefinition && textOf(source, binding.node).startsWith(head);
  return isOurs ? { name, code: undefined } : undefined;
}

/** Import lines that stand alone, where no helper takes them along. */
export function importLines(
  { source }: Module,
  user: SyntaxNode,
  lines: readonly string[],
): readonly TextEdit[] | undefined {
  if (lines.length === 0) return [];
  const edit = addImports(source, lines, user);
  return edit && [edit];
}

/** The removal with the imports that came along and that nothing uses any more. */
export function withoutImports(
  { source }: Module,
  edits: readonly TextEdit[] | undefined,
): readonly TextEdit[] | undefined {
  if (!edits) return undefined;
  const imports = ['import jax', 'import jax.numpy as jnp', 'import numpy as np', 'import optax'];
  return [...edits, ...removeUnused(source, { imports }, edits)];
}

/** The weight matrices of an NNX model. */
export const kernelsHelper = (
  module: Module,
  at: SyntaxNode,
  { text }: Libraries,
): Helper | undefined => helperOf(module, at, { name: 'kernels', code: kernelsCode(text) });

const kernelsCode = (text: Libraries['text']): string =>
  `def kernels(model):
    """Weight matrices only: no biases, norm scales or other vectors."""
    return [p for p in ${text('jax')}.tree.leaves(${text('flax.nnx')}.state(model, ${text('flax.nnx')}.Param)) if p.ndim > 1]`;

/** The Gram penalty of an NNX model, or of a tree of parameters. */
export const gramCode = (text: Libraries['text'], parameter: 'model' | 'params'): string => {
  const jnp = text('jax.numpy');
  const nnx = text('flax.nnx');
  const tree = parameter === 'model' ? `${nnx}.state(model, ${nnx}.Param)` : 'params';
  return `def gram_penalty(${parameter}):
    """Sum of ||W^T W - I||^2 over weight matrices, on the smaller side."""
    total = 0.0
    for w in ${text('jax')}.tree.leaves(${tree}):
        if w.ndim > 1:
            w = w.reshape(-1, w.shape[-1])
            gram = w.T @ w if w.shape[1] <= w.shape[0] else w @ w.T
            total += ${jnp}.square(gram - ${jnp}.eye(len(gram), dtype=w.dtype)).sum()
    return total`;
};

/** Soft-thresholding after the optimizer's own step. */
export const proximalCode = (text: Libraries['text']): string => {
  const [jax, jnp, optax] = [text('jax'), text('jax.numpy'), text('optax')];
  return `def proximal_l1(strength, learning_rate):
    """Soft-threshold the updated weights (exact zeros). Last in the chain; the learning rate may be a schedule."""

    def init(params):
        return ${optax}.ScaleByScheduleState(count=${jnp}.zeros([], ${jnp}.int32))

    def update(updates, state, params):
        rate = learning_rate(state.count) if callable(learning_rate) else learning_rate

        def prox(u, p):
            if p.ndim < 2:
                return u
            new = p + u
            return ${jnp}.sign(new) * ${jnp}.maximum(${jnp}.abs(new) - strength * rate, 0.0) - p

        updates = ${jax}.tree.map(prox, updates, params)
        return updates, ${optax}.ScaleByScheduleState(count=state.count + 1)

    return ${optax}.GradientTransformation(init, update)`;
};
