import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { argumentsOf, fieldOf, partsOf, textOf } from '../syntax';
import { kindOfOrigin } from './modelOperations';
import type { OperationKind } from './modelOperations';

/** A layer where it is made. */
export interface MadeLayer {
  readonly kind: OperationKind;
  /** Dotted origin of its class, or of the class of PyTorch that the file's own class extends; empty where unknown. */
  readonly origin: string;
  /** The call of the class, without `spectral_norm(…)` and its like around it. */
  readonly call: SyntaxNode;
}

const wrappers =
  /^torch\.nn\.utils\.(?:parametrizations\.)?(?:weight_norm|spectral_norm|orthogonal)$/;

/** What a call makes: `nn.Linear(64, 10)`, `spectral_norm(nn.Linear(64, 10))`, `OwnLinear(64, 10)`. */
export function madeLayer(module: Module, call: SyntaxNode): MadeLayer {
  let inner = call;
  for (;;) {
    const callee = fieldOf(inner, 'function');
    const origin = callee && module.names.origin(callee);
    if (origin === undefined) {
      const base = callee && baseOrigin(module, callee);
      return { kind: kindOfOrigin(base), origin: base ?? '', call: inner };
    }
    const [first] = argumentsOf(module.source, inner);
    if (!wrappers.test(origin) || first?.value.type !== 'call') {
      return { kind: kindOfOrigin(origin), origin, call: inner };
    }
    inner = first.value;
  }
}

/** `torch.nn.Linear` for a class of this file that extends it, and whose steps are therefore the same. */
function baseOrigin({ source, names }: Module, callee: SyntaxNode): string | undefined {
  if (callee.type !== 'identifier') return undefined;
  const [binding, ...others] = names.lookup(textOf(source, callee), callee);
  if (binding?.kind !== 'class' || others.length > 0) return undefined;
  const bases = partsOf(fieldOf(binding.node, 'superclasses') ?? binding.node);
  const [base, ...more] = fieldOf(binding.node, 'superclasses') ? bases : [];
  const origin = base && more.length === 0 ? names.origin(base) : undefined;
  // A subclass of Sequential has parts of its own.
  return origin === 'torch.nn.Sequential' ? undefined : origin;
}
