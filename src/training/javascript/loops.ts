import type { SyntaxNode } from '../source';
import { nodesIn, textOf } from '../syntax';
import type { JavaScriptModule } from './module';
import { valueOf } from './names';
import { argumentsOf, bare, callsIn, methodOf, propertyOf } from './syntax';

/** A step of a training loop that is written out: `optimizer.minimize(() => …)` or `tf.variableGrads(() => …)`. */
export interface LossFunction {
  /** The call that differentiates. */
  readonly call: SyntaxNode;
  /** The function whose value is the loss. */
  readonly closure: SyntaxNode;
  /** The optimizer, where the call is one of its methods. */
  readonly optimizer: SyntaxNode | undefined;
  /** Calls of `model.predict(x)` and `model.apply(x)` in the closure. */
  readonly forwards: readonly ForwardPass[];
}

export interface ForwardPass {
  readonly call: SyntaxNode;
  readonly model: string;
  readonly method: 'predict' | 'apply';
  /** `{training: true}` is among the arguments. */
  readonly isTraining: boolean;
}

/** Loss functions of the file that call a model. */
export function lossFunctionsIn(module: JavaScriptModule): readonly LossFunction[] {
  const found = known.get(module) ?? readLossFunctions(module);
  known.set(module, found);
  return found;
}

/** Asked for by every layer, read once. */
const known = new WeakMap<JavaScriptModule, readonly LossFunction[]>();

function readLossFunctions(module: JavaScriptModule): readonly LossFunction[] {
  const { source, names } = module;
  return callsIn(source.root).flatMap((call) => {
    const method = methodOf(source, call);
    const [first] = argumentsOf(call);
    if (!first) return [];
    const isGrads = /^tf\.(?:variableGrads|valueAndGrads?|grads?)$/.test(
      originOfCallee(module, call),
    );
    const isMethod = method !== undefined && names.origin(method.object) === undefined;
    const isMinimize = isMethod && /^(?:minimize|computeGradients)$/.test(method.name);
    if (!isGrads && !isMinimize) return [];
    const closure = functionOf(module, first);
    if (!closure) return [];
    const forwards = callsIn(closure).flatMap((inner) => forwardPass(module, inner));
    if (forwards.length === 0) return [];
    return [{ call, closure, optimizer: isMinimize ? method.object : undefined, forwards }];
  });
}

function originOfCallee({ names }: JavaScriptModule, call: SyntaxNode): string {
  const callee = call.children.find(({ field }) => field === 'function');
  return (callee && names.origin(callee)) ?? '';
}

/** The function that is given, on the spot or by its name. */
function functionOf({ source, names }: JavaScriptModule, node: SyntaxNode): SyntaxNode | undefined {
  const given = bare(node);
  if (/^(?:arrow_function|function_expression)$/.test(given.type)) return given;
  if (given.type !== 'identifier') return undefined;
  const value = valueOf(source, names, given);
  if (value && /^(?:arrow_function|function_expression)$/.test(value.type)) return value;
  const [binding, ...others] = names.lookup(textOf(source, given), given);
  return binding?.kind === 'function' && others.length === 0 ? binding.node : undefined;
}

function forwardPass(
  { source, names }: JavaScriptModule,
  call: SyntaxNode,
): readonly ForwardPass[] {
  const method = methodOf(source, call);
  const args = argumentsOf(call);
  if (!method || (method.name !== 'predict' && method.name !== 'apply')) return [];
  const isName = /^(?:identifier|member_expression)$/.test(bare(method.object).type);
  if (!isName || names.origin(method.object) !== undefined || args.length === 0) return [];
  const options = args[1] && bare(args[1]);
  const isTraining =
    method.name === 'apply' &&
    options !== undefined &&
    (options.type !== 'object' || propertyOf(source, options, 'training') !== undefined);
  return [{ call, model: textOf(source, method.object), method: method.name, isTraining }];
}

/** Whether the file adds the penalties of a model's layers to a loss by itself. */
export function readsLosses(module: JavaScriptModule): boolean {
  return nodesIn(module.source.root).some(
    (node) =>
      node.type === 'property_identifier' && textOf(module.source, node) === 'calculateLosses',
  );
}
