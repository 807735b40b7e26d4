import { qualifiedName } from '../../edits/addImport';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { textOf } from '../../syntax';
import type { Helper } from './trainerLoss';

/** A penalty on W Wᵀ − I as a function of a model. */
export interface GramPenalty {
  readonly name: 'gram_penalty' | 'srip_penalty';
  readonly variant: 'gram' | 'srip';
  readonly strength: string;
}

/** The whole matrix: every pair of filters. */
export const gramPenalty: GramPenalty = { name: 'gram_penalty', variant: 'gram', strength: '1e-3' };

/**
 * Its largest singular value only.
 *
 * @see Bansal et al., Can We Gain More from Orthogonality Regularizations in Training Deep CNNs?, NeurIPS 2018
 */
export const sripPenalty: GramPenalty = { name: 'srip_penalty', variant: 'srip', strength: '1e-2' };

const gramCode = (name: string, torch: string, nn: string): string =>
  `def ${name}(model):
    """Sum over layers of ||W W^T - I||_F^2, taken on the smaller side of each weight matrix."""
    total = 0.0
    for m in model.modules():
        if isinstance(m, (${nn}.Linear, ${nn}.Conv1d, ${nn}.Conv2d, ${nn}.Conv3d)):
            w = m.weight.flatten(1)
            gram = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
            identity = ${torch}.eye(len(gram), dtype=gram.dtype, device=gram.device)
            total = total + (gram - identity).square().sum()
    return total`;

const sripCode = (name: string, torch: string, nn: string): string =>
  `def ${name}(model, iterations=2):
    """Sum over layers of the largest singular value of W W^T - I (SRIP), by power iterations."""
    total = 0.0
    for m in model.modules():
        if isinstance(m, (${nn}.Linear, ${nn}.Conv1d, ${nn}.Conv2d, ${nn}.Conv3d)):
            w = m.weight.flatten(1)
            gram = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
            residual = gram - ${torch}.eye(len(gram), dtype=gram.dtype, device=gram.device)
            with ${torch}.no_grad():  # the direction; the gradient goes through its length only
                v = ${torch}.randn(len(residual), dtype=residual.dtype, device=residual.device)
                for _ in range(iterations):
                    v = ${nn}.functional.normalize(residual @ v, dim=0)
            total = total + (residual @ v).norm()
    return total`;

/** The function to add, or its name alone where the file has it. Undefined where the name means something else. */
export function helperFor(
  module: Module,
  { name, variant }: GramPenalty,
  at: SyntaxNode,
): { readonly helper: Helper | undefined } | undefined {
  const { source, names } = module;
  const [binding, ...others] = names.lookup(name, at);
  if (binding) {
    const isOurs =
      others.length === 0 &&
      binding.kind === 'function' &&
      textOf(source, binding.node).startsWith(`def ${name}(model`);
    return isOurs ? { helper: undefined } : undefined;
  }
  const torch = qualifiedName(module, 'torch', source.root, {
    fallback: { line: 'import torch', binds: 'torch', origin: 'torch' },
  });
  const nn = qualifiedName(module, 'torch.nn', source.root, {
    fallback: { line: 'from torch import nn', binds: 'nn', origin: 'torch.nn' },
  });
  if (!torch || !nn) return undefined;
  const code = (variant === 'gram' ? gramCode : sripCode)(name, torch.text, nn.text);
  return { helper: { name, code, imports: [...torch.imports, ...nn.imports] } };
}

/** Imports that the helpers may have brought along. */
export const gramImports = ['import torch', 'from torch import nn'];

/** Which of the two an expression calls, or another function that says that it is about orthogonality. */
export function gramVariant(text: string): 'gram' | 'srip' | 'other' | undefined {
  if (/\bgram_penalty\(/.test(text)) return 'gram';
  if (/\bsrip_penalty\(/.test(text)) return 'srip';
  return /\b\w*(?:ortho|srip|gram)\w*\(/i.test(text) ? 'other' : undefined;
}
