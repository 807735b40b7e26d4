import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { argumentsOf, unwrapped } from '../syntax';
import { originOf } from './optimizers';

const names =
  'relu|relu6|gelu|silu|swish|elu|selu|celu|leaky_relu|tanh|sigmoid|hard_tanh|hard_swish|hard_silu|hard_sigmoid|softplus|soft_sign|mish|log_sigmoid|glu|squareplus';
const activation = new RegExp(
  `^(?:flax\\.nnx|flax\\.linen|jax\\.nn)\\.(?:${names})$|^jax\\.numpy\\.(?:tanh|maximum)$`,
);

/** What an activation function is given: `nnx.relu(self.fc(x))` → `self.fc(x)`. Undefined where the node is none. */
export function activatedBy(module: Module, node: SyntaxNode): SyntaxNode | undefined {
  const call = unwrapped(node);
  if (!activation.test(originOf(module, call) ?? '')) return undefined;
  const [first, second] = argumentsOf(module.source, call);
  const isMaximum = originOf(module, call) === 'jax.numpy.maximum';
  if (!first || first.name !== undefined || first.isSplat || (isMaximum && !second)) {
    return undefined;
  }
  return unwrapped(first.value);
}
