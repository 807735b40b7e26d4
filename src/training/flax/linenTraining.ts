import { insertItemAfter } from '../edits/listItem';
import { addKeyword } from '../edits/keywords';
import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { argumentsOf, enclosing, fieldOf, literalString, partsOf, textOf } from '../syntax';
import type { Argument } from '../syntax';
import type { TextEdit } from '../textEdit';
import type { LinenModel } from './linenPlaces';
import { linenModelsOf } from './linenPlaces';
import { applyCallsIn, lossFunctionsOf } from './lossFunctions';
import { instancesOf, isInClass } from './modelClasses';
import { librariesFor } from './names';

/** How a module of this file is told that it is being trained, and where random numbers come from then. */
export interface LinenTraining {
  /** True in training: `train`, or `not deterministic`. */
  readonly train: string;
  /** The opposite: `not train`, or `deterministic`. */
  readonly evaluate: string;
  /** The call of `apply` in the loss function. */
  readonly apply: SyntaxNode;
  /** The argument of `__call__`, the flag and the streams of the call, as far as they are missing; imports. */
  readonly edits: readonly TextEdit[];
  readonly imports: readonly string[];
}

/**
 * What has to change so that a module draws random numbers in training only: all places must be in this file. Otherwise
 * the reason why it cannot be done.
 */
export function linenTraining(
  module: Module,
  model: LinenModel,
  stream: string,
): LinenTraining | string {
  const { source } = module;
  const instances = instancesOf(module, model.own);
  if (instances.some(isInClass)) {
    return `${model.own.name} is a part of another module, which would have to hand on whether it is being trained`;
  }
  const roots = linenModelsOf(module).filter(
    ({ own }) => !instancesOf(module, own).some(isInClass),
  );
  if (roots.length > 1) return 'The file has several models; which of them is trained is not known';
  const applies = lossFunctionsOf(module).flatMap(({ api, definition, subject }) =>
    api === 'linen' ? applyCallsIn(module, definition, subject) : [],
  );
  const [apply, ...others] = applies;
  if (!apply) {
    return 'The call of apply in a loss function is not in this file: it has to hand over train=True and a random key';
  }
  if (others.length > 0) return 'The loss calls the model several times';
  const args = argumentsOf(source, apply);
  if (args.some(({ isSplat }) => isSplat)) return 'The arguments of apply are not all known';

  const flag = flagOf(module, model);
  if (typeof flag === 'string') return flag;
  const positionals = args.filter(({ name }) => name === undefined).length;
  const given = args.find(({ name }) => name === flag.name);
  const isByPosition = flag.parameter !== undefined && positionals > flag.position;
  const keywords =
    given || isByPosition ? [] : [`${flag.name}=${flag.isInverted ? 'False' : 'True'}`];
  const streams = streamsOf(module, apply, args, stream);
  if (typeof streams === 'string') return streams;
  keywords.push(...streams.keywords);
  const label = 'Train with random streams';
  return {
    train: flag.isInverted ? `not ${flag.name}` : flag.name,
    evaluate: flag.isInverted ? flag.name : `not ${flag.name}`,
    apply,
    imports: streams.imports,
    edits: [
      ...(flag.parameter
        ? []
        : insertItemAfter(source, flag.last, flagText, 'Add the argument train')),
      ...streams.edits,
      ...(keywords.length > 0 ? addKeyword(source, apply, keywords.join(', '), label) : []),
    ],
  };
}

/** The argument as it is added. */
export const flagText = 'train: bool = False';

interface Flag {
  readonly name: string;
  readonly isInverted: boolean;
  readonly parameter: SyntaxNode | undefined;
  /** Position among the arguments of `apply`, whose first are the variables. */
  readonly position: number;
  /** The last parameter. */
  readonly last: SyntaxNode;
}

/** The argument of `__call__` that says whether this is training. */
export function flagOf({ source }: Module, { call }: LinenModel): Flag | string {
  const list = fieldOf(call, 'parameters');
  const parameters = list ? partsOf(list) : [];
  const last = parameters.at(-1);
  if (!last || last.hasError) return 'The arguments of __call__ are not plain';
  for (const [index, parameter] of parameters.entries()) {
    const name = parameterName(parameter);
    const text = name && textOf(source, name);
    if (text === undefined || !/^(?:train|training|is_training|deterministic)$/.test(text))
      continue;
    return { name: text, isInverted: text === 'deterministic', parameter, position: index, last };
  }
  if (/splat_pattern$/.test(last.type) || /^\*\*/.test(textOf(source, last))) {
    return '__call__ takes ** arguments';
  }
  return {
    name: 'train',
    isInverted: false,
    parameter: undefined,
    position: parameters.length,
    last,
  };
}

function parameterName(parameter: SyntaxNode): SyntaxNode | undefined {
  if (parameter.type === 'identifier') return parameter;
  return fieldOf(parameter, 'name') ?? partsOf(parameter)[0];
}

interface Streams {
  readonly keywords: readonly string[];
  readonly edits: readonly TextEdit[];
  readonly imports: readonly string[];
}

/** `rngs={"dropout": …}`, folded with the step so that every step draws anew. */
function streamsOf(
  module: Module,
  apply: SyntaxNode,
  args: readonly Argument[],
  stream: string,
): Streams | string {
  const { source } = module;
  const rngs = args.find(({ name }) => name === 'rngs');
  const step = stepOf(module, apply);
  const libraries = librariesFor(module, apply, ['jax']);
  if (!libraries) return 'The name jax means something else in this file';
  const { text, imports } = libraries;
  const base = stream === 'dropout' ? 0 : 1;
  const key = `${text('jax')}.random.fold_in(${text('jax')}.random.key(${base}), ${step ?? ''})`;
  if (!rngs) {
    if (step === undefined) {
      return 'There is no train state at hand whose step would make the masks differ from step to step';
    }
    return { keywords: [`rngs={"${stream}": ${key}}`], edits: [], imports };
  }
  if (rngs.value.type !== 'dictionary') return 'The random streams of apply are not literal';
  const pairs = partsOf(rngs.value);
  const names = pairs.map((pair) => {
    const name = fieldOf(pair, 'key');
    return name && literalString(source, name);
  });
  if (names.includes(stream)) return { keywords: [], edits: [], imports: [] };
  const last = pairs.at(-1);
  if (!last || step === undefined) return `The random streams of apply have no "${stream}"`;
  const edits = insertItemAfter(source, last, `"${stream}": ${key}`, 'Add a random stream');
  return { keywords: [], edits, imports };
}

/** `state.step` for `state.apply_fn(…)`, or for a parameter of the functions around that is called so. */
function stepOf({ source }: Module, apply: SyntaxNode): string | undefined {
  const callee = fieldOf(apply, 'function');
  const object = callee && fieldOf(callee, 'object');
  const method = callee && fieldOf(callee, 'attribute');
  const isStates = method && textOf(source, method) === 'apply_fn';
  if (isStates && object?.type === 'identifier') return `${textOf(source, object)}.step`;
  for (
    let around = enclosing(apply, 'function_definition');
    around;
    around = enclosing(around, 'function_definition')
  ) {
    const list = fieldOf(around, 'parameters');
    for (const parameter of list ? partsOf(list) : []) {
      const name = parameterName(parameter);
      if (name && /^(?:\w+_)?state$/.test(textOf(source, name)))
        return `${textOf(source, name)}.step`;
    }
  }
  return undefined;
}
