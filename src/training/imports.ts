import { remembered } from './remember';
import type { Source, SyntaxNode } from './source';
import { readScopes } from './scopes';
import type { Binding, Scopes } from './scopes';
import { fieldOf, nodesIn, textOf, unwrapped } from './syntax';

/** Gives the names of a file their meaning. */
export interface Names extends Scopes {
  /**
   * Dotted origin of `optim.Adam`, whatever the local names are: `torch.optim.Adam`. Undefined where the name is not
   * imported, is the file's own, or where two imports compete for it.
   */
  origin(node: SyntaxNode): string | undefined;
}

/** Finds what the names of a Python file stand for. */
export function readNames(source: Source): Names {
  const scopes = readScopes(source);
  return { ...scopes, origin: remembered((node: SyntaxNode) => originOf(source, scopes, node)) };
}

function originOf(source: Source, scopes: Scopes, node: SyntaxNode): string | undefined {
  const attributes: string[] = [];
  let base = unwrapped(node);
  while (base.type === 'attribute') {
    const attribute = fieldOf(base, 'attribute');
    const object = fieldOf(base, 'object');
    if (!attribute || !object) return undefined;
    attributes.unshift(textOf(source, attribute));
    base = unwrapped(object);
  }
  if (base.type !== 'identifier') return undefined;
  const root = originOfName(source, scopes, base);
  return root && canonical([root, ...attributes].join('.'));
}

function originOfName(source: Source, scopes: Scopes, identifier: SyntaxNode): string | undefined {
  const name = textOf(source, identifier);
  const bindings = scopes.lookup(name, identifier);
  if (bindings.length === 0) {
    const [module, ...others] = scopes.wildcards;
    return module !== undefined && others.length === 0 ? `${module}.${name}` : undefined;
  }
  const isOwn = bindings.some(
    (binding) => binding.kind !== 'import' && !keepsImport(source, binding, name),
  );
  const origins = new Set(bindings.flatMap(({ origin }) => origin ?? []));
  return isOwn || origins.size !== 1 ? undefined : [...origins][0];
}

/** `optim = optim.Adam(…)` still means the import on its right side; `AdamW = None` is the fallback of a failed import. */
function keepsImport(source: Source, binding: Binding, name: string): boolean {
  const { value } = binding;
  if (binding.kind !== 'assignment' || !value) return false;
  if (value.type === 'none' || value.type === 'false') return true;
  return nodesIn(value).some(
    (node) => node.type === 'identifier' && node.field !== 'name' && textOf(source, node) === name,
  );
}

/** Public home of names that PyTorch also keeps deeper: `torch.nn.modules.conv.Conv2d`, `torch.optim.adam.Adam`. */
function canonical(origin: string): string {
  return origin
    .replace(/^torch\.nn\.modules\.(?:[a-z_]+\.)?(?=[A-Z])/, 'torch.nn.')
    .replace(/^torch\.optim\.(?!lr_scheduler|swa_utils)[a-z_]+\.(?=[A-Z])/, 'torch.optim.');
}
