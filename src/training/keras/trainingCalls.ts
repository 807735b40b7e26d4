import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { argumentsOf, callsIn, fieldOf, textOf } from '../syntax';
import type { Argument } from '../syntax';

/** `model.compile(…)` or `model.fit(…)`. */
export interface ModelCall {
  readonly call: SyntaxNode;
  readonly args: readonly Argument[];
  /** The model as the code writes it: `model`, `self.model`. */
  readonly model: string;
}

/** Calls of `compile` with what Keras' models take. Empty where the file does not use Keras. */
export function compileCalls(module: Module): readonly ModelCall[] {
  return methodCalls(module, 'compile').filter(
    ({ args, model }) =>
      args.some(({ name }) => /^(?:optimizer|loss|metrics)$/.test(name ?? '')) ||
      (args.length > 0 && !/^(?:re|torch|regex)$/.test(model)),
  );
}

/** Calls of `fit` on models that are compiled in the file. */
export function fitCalls(module: Module): readonly ModelCall[] {
  const compiled = new Set(compileCalls(module).map(({ model }) => model));
  return methodCalls(module, 'fit').filter(({ model }) => compiled.has(model));
}

function methodCalls(module: Module, method: string): readonly ModelCall[] {
  const { source } = module;
  if (!source.text.includes('keras')) return [];
  return callsIn(source.root).flatMap((call) => {
    const callee = fieldOf(call, 'function');
    const name = callee?.type === 'attribute' ? fieldOf(callee, 'attribute') : undefined;
    const object = callee && fieldOf(callee, 'object');
    if (!name || !object || textOf(source, name) !== method) return [];
    if (module.names.origin(object) !== undefined) return [];
    return [{ call, args: argumentsOf(source, call), model: textOf(source, object) }];
  });
}
