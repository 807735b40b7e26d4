import type { Names } from '../../imports';
import type { Source, SyntaxNode } from '../../source';
import { argumentsOf, callsIn, fieldOf, nodesIn, partsOf, textOf, unwrapped } from '../../syntax';

const groupsHelperName = 'decay_param_groups';

/** The function that splits the parameters of a model, under the name that is free in the file. */
export const groupsHelper = (name: string): string =>
  `def ${name}(model, weight_decay):
    """Decay weight matrices and kernels only; not biases, norm scales or other 1-d parameters."""
    decay, no_decay = [], []
    for p in model.parameters():
        if p.requires_grad:
            (decay if p.ndim > 1 else no_decay).append(p)
    return [
        {"params": decay, "weight_decay": weight_decay},
        {"params": no_decay, "weight_decay": 0.0},
    ]`;

/**
 * The models whose parameters an optimizer is given, as they are written: `model.parameters()` → `model`, a filter on
 * `requires_grad` (which the helper applies itself), a list, a sum or a chain of those. Undefined for anything else.
 */
export function modelsOf(
  source: Source,
  names: Names,
  value: SyntaxNode,
): readonly string[] | undefined {
  const node = unwrapped(value);
  switch (node.type) {
    case 'call':
      return modelsOfCall(source, names, node);
    case 'binary_operator': {
      const [left, right] = [fieldOf(node, 'left'), fieldOf(node, 'right')];
      const isSum = node.children.some(({ type }) => type === '+');
      return isSum && left && right ? joined(source, names, [left, right]) : undefined;
    }
    case 'generator_expression':
    case 'list_comprehension':
      return modelsOfComprehension(source, names, node);
    default:
      return undefined;
  }
}

function modelsOfCall(
  source: Source,
  names: Names,
  call: SyntaxNode,
): readonly string[] | undefined {
  const callee = fieldOf(call, 'function');
  const args = argumentsOf(source, call);
  if (!callee || args.some(({ isSplat, name }) => isSplat || name !== undefined)) return undefined;
  const values = args.map((argument) => argument.value);
  if (callee.type === 'attribute') {
    const object = fieldOf(callee, 'object');
    const attribute = fieldOf(callee, 'attribute');
    const isParameters = attribute && textOf(source, attribute) === 'parameters';
    if (isParameters && object && values.length === 0 && names.origin(object) === undefined) {
      const model = textOf(source, object);
      return /[\r\n#]/.test(model) ? undefined : [model];
    }
  }
  if (names.origin(callee) === 'itertools.chain') return joined(source, names, values);
  const builtin = callee.type === 'identifier' ? textOf(source, callee) : '';
  const [first, second] = values;
  if (builtin === 'list' && first && values.length === 1) return modelsOf(source, names, first);
  if (builtin === 'filter' && first?.type === 'lambda' && second && values.length === 2) {
    const body = textOf(source, first).replace(/\s+/g, ' ');
    return /^lambda (\w+) ?: ?\1\.requires_grad$/.test(body)
      ? modelsOf(source, names, second)
      : undefined;
  }
  return undefined;
}

/** `p for p in model.parameters() if p.requires_grad`, with or without the condition. */
function modelsOfComprehension(
  source: Source,
  names: Names,
  node: SyntaxNode,
): readonly string[] | undefined {
  const [body, loop, condition, ...more] = partsOf(node);
  const target = loop && fieldOf(loop, 'left');
  const iterated = loop && fieldOf(loop, 'right');
  if (!body || !target || !iterated || more.length > 0) return undefined;
  const name = textOf(source, target);
  const test = condition && partsOf(condition)[0];
  const isPlain =
    target.type === 'identifier' &&
    loop.type === 'for_in_clause' &&
    textOf(source, body) === name &&
    (!condition || (test && textOf(source, unwrapped(test)) === `${name}.requires_grad`));
  return isPlain ? modelsOf(source, names, iterated) : undefined;
}

function joined(
  source: Source,
  names: Names,
  values: readonly SyntaxNode[],
): readonly string[] | undefined {
  const models: string[] = [];
  for (const value of values) {
    const found = modelsOf(source, names, value);
    if (!found) return undefined;
    models.push(...found);
  }
  return models.length > 0 ? models : undefined;
}

/** Why the parameters of this file must stay in one group; undefined where they need not. */
export function reasonForOneGroup(source: Source, names: Names): string | undefined {
  for (const node of nodesIn(source.root)) {
    if (node.type === 'attribute' || node.type === 'identifier') {
      const origin = names.origin(node);
      if (origin?.endsWith('.FullyShardedDataParallel') === true) {
        return 'FullyShardedDataParallel flattens the parameters, so that biases cannot be told apart';
      }
      if (origin && /^torch\.nn\.Lazy[A-Z]/.test(origin)) {
        return `${origin.slice('torch.'.length)} has no shape when the optimizer is made`;
      }
    }
    if (node.type === 'assignment' || node.type === 'augmented_assignment') {
      const left = fieldOf(node, 'left');
      if (left && /\bparam_groups\s*\[\s*0\s*\]/.test(textOf(source, left))) {
        return 'the script sets options on param_groups[0] only, and a second group would miss them';
      }
    }
  }
  return undefined;
}

/** The helper as the file has it, or the name under which it can be added. */
export function groupsHelperIn(
  source: Source,
  names: Names,
  at: SyntaxNode,
): { readonly name: string; readonly isDefined: boolean } {
  const [binding, ...others] = names.lookup(groupsHelperName, at);
  if (!binding) return { name: groupsHelperName, isDefined: false };
  const isOurs =
    others.length === 0 &&
    binding.kind === 'function' &&
    /^def \w+\(model, weight_decay\):/.test(textOf(source, binding.node));
  if (isOurs) return { name: groupsHelperName, isDefined: true };
  // The file has something else of this name, which may take other arguments.
  const name = `${groupsHelperName}_by_shape`;
  return { name, isDefined: names.lookup(name, at).length > 0 };
}

/** Whether parameters with a decay of their own are handed over: our helper's or another's, or groups as literal dictionaries. */
export function hasOwnGroups(source: Source, value: SyntaxNode): boolean {
  const isHelper = callsIn(value).some((call) => {
    const callee = fieldOf(call, 'function');
    return callee && /(?:^|\.)decay_param_groups\w*$/.test(textOf(source, callee));
  });
  return isHelper || hasDecayKey(source, value);
}

/** Whether there is a dictionary with the key "weight_decay" that is not 0. */
export function hasDecayKey(source: Source, root: SyntaxNode): boolean {
  for (const node of nodesIn(root)) {
    if (node.type !== 'pair') continue;
    const [key, value] = [fieldOf(node, 'key'), fieldOf(node, 'value')];
    if (!key || !value || !/^['"]weight_decay['"]$/.test(textOf(source, key))) continue;
    if (!isZero(source, value)) return true;
  }
  return false;
}

/** `0`, `0.0`, `0e0`, `None`: no decay. */
export function isZero(source: Source, value: SyntaxNode): boolean {
  const text = textOf(source, unwrapped(value));
  return value.type === 'none' || (/^[\d._eE+-]+$/.test(text) && Number(text) === 0);
}
