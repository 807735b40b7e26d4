import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { argumentsOf, callsIn, enclosing, fieldOf, nodesIn, partsOf, textOf } from '../syntax';
import { originOf } from './optimizers';

/** A function whose gradient is taken with respect to a model or to its parameters. */
export interface LossFunction {
  /** What the gradient is taken of: an NNX module, or a tree of parameters that is handed to `apply`. */
  readonly api: 'nnx' | 'linen';
  readonly definition: SyntaxNode;
  /** The call of `value_and_grad` or `grad`. */
  readonly transform: SyntaxNode;
  /** Name of the model or of the parameters in the function. */
  readonly subject: string;
  readonly place: LossPlace;
}

/** Where a term can be added to the loss. */
export type LossPlace =
  /** After the statement that gives the name its last value, or before the return where that stands deeper. */
  | { readonly kind: 'after' | 'before'; readonly statement: SyntaxNode; readonly name: string }
  /** Behind the expression that is returned. */
  | { readonly kind: 'inline'; readonly expression: SyntaxNode };

const transforms = /^(?:flax\.nnx|jax)\.(?:value_and_grad|grad)$/;

/** Loss functions of the file, in the order of the text; those that are not plain are left out. */
export function lossFunctionsOf(module: Module): readonly LossFunction[] {
  const { source, names } = module;
  const found = new Map<SyntaxNode, LossFunction>();
  for (const transform of callsIn(source.root)) {
    const origin = originOf(module, transform);
    if (origin === undefined || !transforms.test(origin)) continue;
    const args = argumentsOf(source, transform);
    const [first] = args;
    if (first?.value.type !== 'identifier' || first.isSplat) continue;
    const [binding, ...others] = names.lookup(textOf(source, first.value), first.value);
    if (binding?.kind !== 'function' || others.length > 0) continue;
    const definition = binding.node;
    const subject = subjectOf(module, transform, definition);
    const place = subject === undefined ? undefined : placeOf(module, definition);
    if (subject === undefined || !place) continue;
    const api = origin.startsWith('flax.nnx.') ? 'nnx' : 'linen';
    if (api === 'linen' && applyCallsIn(module, definition, subject).length === 0) continue;
    if (!found.has(definition))
      found.set(definition, { api, definition, transform, subject, place });
  }
  return [...found.values()].sort((a, b) => a.definition.start - b.definition.start);
}

/** The parameter to which `argnums` points. */
function subjectOf(
  { source }: Module,
  transform: SyntaxNode,
  definition: SyntaxNode,
): string | undefined {
  const argument = argumentsOf(source, transform).find(({ name }) => name === 'argnums');
  const text = argument ? textOf(source, argument.value) : '0';
  const index = /^(?:\d+|nnx\.DiffState\(0,[^()]*\))$/.exec(text)
    ? Number.parseInt(text, 10) || 0
    : -1;
  const parameters = fieldOf(definition, 'parameters');
  const parameter = index >= 0 && parameters ? partsOf(parameters)[index] : undefined;
  if (!parameter) return undefined;
  const name =
    parameter.type === 'identifier'
      ? parameter
      : (fieldOf(parameter, 'name') ?? partsOf(parameter)[0]);
  return name?.type === 'identifier' ? textOf(source, name) : undefined;
}

/** `apply` and `apply_fn` calls to which the parameters are handed: `state.apply_fn({"params": params}, x)`. */
export function applyCallsIn(
  { source }: Module,
  root: SyntaxNode,
  params: string,
): readonly SyntaxNode[] {
  return callsIn(root).filter((call) => {
    const callee = fieldOf(call, 'function');
    const name = callee?.type === 'attribute' ? fieldOf(callee, 'attribute') : undefined;
    if (!name || !/^(?:apply|apply_fn)$/.test(textOf(source, name))) return false;
    const [first] = argumentsOf(source, call);
    return (
      first !== undefined &&
      nodesIn(first.value).some(
        (node) => node.type === 'identifier' && textOf(source, node) === params,
      )
    );
  });
}

function placeOf(module: Module, definition: SyntaxNode): LossPlace | undefined {
  const { source } = module;
  const [result, ...others] = module.returnsOf(definition);
  const body = fieldOf(definition, 'body');
  if (!result || others.length > 0 || result.parent !== body || result.hasError) return undefined;
  let [value] = partsOf(result);
  while (value && /^(?:expression_list|tuple)$/.test(value.type)) value = partsOf(value)[0];
  if (!value) return undefined;
  if (/^(?:call|attribute|binary_operator)$/.test(value.type)) {
    const isSum =
      value.type !== 'binary_operator' || /^[-+*/]$/.test(fieldOf(value, 'operator')?.type ?? '');
    return isSum ? { kind: 'inline', expression: value } : undefined;
  }
  if (value.type !== 'identifier') return undefined;
  const name = textOf(source, value);
  const assignments = nodesIn(definition).filter(
    (node) =>
      (node.type === 'assignment' || node.type === 'augmented_assignment') &&
      node.start < result.start &&
      binds(source.text, fieldOf(node, 'left'), name) &&
      enclosing(node, 'function_definition', 'lambda') === definition,
  );
  const last = assignments.at(-1)?.parent;
  if (!last) return undefined;
  return last.parent === body
    ? { kind: 'after', statement: last, name }
    : { kind: 'before', statement: result, name };
}

function binds(text: string, target: SyntaxNode | undefined, name: string): boolean {
  if (!target) return false;
  return nodesIn(target).some(
    (node) => node.type === 'identifier' && text.slice(node.start, node.end) === name,
  );
}
