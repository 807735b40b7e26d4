import { addImports, qualifiedName } from '../../edits/addImport';
import { freeName } from '../../edits/freeName';
import { insertAfter, statementOf } from '../../edits/insertStatement';
import { removeStatements, removeUnused } from '../../edits/removal';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import {
  argumentsOf,
  callsIn,
  callsWritten,
  enclosing,
  fieldOf,
  partsOf,
  textOf,
} from '../../syntax';
import type { TextEdit } from '../../textEdit';
import type { LossPlace } from '../../torch/lossPlaces';
import type { RecipeOffer } from '../recipe';

const importLine = 'from torch.nn.utils import prune';

/** Sets the smallest weights to zero behind the loop over epochs. Undefined where this loop is not plain to see. */
export function pruningAfterTraining(
  module: Module,
  place: LossPlace,
): readonly TextEdit[] | undefined {
  const end = endOfTraining(module, place);
  const [model, ...others] = place.models;
  if (!end || model === undefined || others.length > 0) return undefined;
  const { loop, rename } = end;
  const named = rename(model);
  const loaded = 'torch.nn.utils.prune';
  const prune = qualifiedName(module, loaded, loop, {
    fallback: { line: importLine, binds: 'prune', origin: loaded },
    loaded,
  });
  const nn = qualifiedName(module, 'torch.nn', loop, {
    fallback: { line: 'from torch import nn', binds: 'nn', origin: 'torch.nn' },
  });
  const m = freeName(module, loop, 'm', 'layer');
  const name = freeName(module, loop, 'name', 'parameter_name');
  const list = freeName(module, loop, 'prunable', 'prunable_weights');
  if (named === undefined || !prune || !nn || !m || !name || !list) return undefined;
  const kinds = ['Linear', 'Conv1d', 'Conv2d', 'Conv3d'].map((kind) => `${nn.text}.${kind}`);
  const lines = [
    `${list} = [(m, "weight") for m in ${named}.modules() if isinstance(m, (${kinds.join(', ')}))]`,
    `${prune.text}.global_unstructured(${list}, pruning_method=${prune.text}.L1Unstructured, amount=\${1:0.5})`,
    `for ${m}, ${name} in ${list}:`,
    `    ${prune.text}.remove(${m}, ${name})  # make it permanent`,
  ];
  const last = lastLoadBehind(module, loop, named);
  const edit = insertAfter(module.source, last, lines.join('\n'), 'Prune after training');
  const imports = [...prune.imports, ...nn.imports];
  if (!edit || imports.length === 0) return edit && [edit];
  const added = addImports(module.source, imports, loop);
  return added && [edit, added];
}

/** Where the best weights are loaded back behind the loop, this: what was pruned before would come back. */
function lastLoadBehind({ source }: Module, loop: SyntaxNode, model: string): SyntaxNode {
  const siblings = loop.parent ? partsOf(loop.parent) : [];
  const behind = siblings.slice(siblings.indexOf(loop) + 1);
  const end = behind.findIndex((node) => {
    const assignment = node.type === 'expression_statement' ? partsOf(node)[0] : undefined;
    const left = assignment?.type === 'assignment' ? fieldOf(assignment, 'left') : undefined;
    return left !== undefined && textOf(source, left) === model;
  });
  return (
    behind
      .slice(0, end === -1 ? undefined : end)
      .filter(
        (node) =>
          node.type === 'expression_statement' &&
          textOf(source, node).startsWith(`${model}.load_state_dict(`),
      )
      .pop() ?? loop
  );
}

interface EndOfTraining {
  readonly loop: SyntaxNode;
  /** The name that the model has behind the loop. */
  readonly rename: (model: string) => string | undefined;
}

/** The outermost loop around the step, or around the one call of the function that takes it. */
function endOfTraining(module: Module, { step }: LossPlace): EndOfTraining | undefined {
  if (!step) return undefined;
  const { source } = module;
  const { scope, statement } = step;
  if (scope.type === 'module') {
    const loop = outermostLoop(statement, scope);
    return loop && { loop, rename: (model) => model };
  }
  const name = fieldOf(scope, 'name');
  if (scope.type !== 'function_definition' || !name) return undefined;
  const [call, ...others] = callsWritten(source, textOf(source, name));
  const isRepeated = call && outermostLoop(call, enclosing(call, 'function_definition'));
  if (!isRepeated) {
    // The function holds the loop over epochs itself, if it has a loop in a loop.
    const loop = outermostLoop(statement, scope);
    const inner = loop && enclosing(statement, 'for_statement', 'while_statement');
    return loop && inner !== loop ? { loop, rename: (model) => model } : undefined;
  }
  if (others.length > 0) return undefined;
  const parameters = partsOf(fieldOf(scope, 'parameters') ?? scope).map((parameter) =>
    textOf(source, fieldOf(parameter, 'name') ?? partsOf(parameter)[0] ?? parameter),
  );
  const args = argumentsOf(source, call);
  return {
    loop: isRepeated,
    rename: (model) => {
      const index = parameters.indexOf(model);
      if (index === -1) return module.names.lookup(model, call).length > 0 ? model : undefined;
      const argument = args.find((candidate) => candidate.name === model) ?? args[index];
      const text = argument && textOf(source, argument.value);
      return text !== undefined && /^[\w.]+$/.test(text) ? text : undefined;
    },
  };
}

function outermostLoop(node: SyntaxNode, within: SyntaxNode | undefined): SyntaxNode | undefined {
  let loop: SyntaxNode | undefined;
  for (let around = node.parent; around && around !== within; around = around.parent) {
    if (around.type === 'for_statement' || around.type === 'while_statement') loop = around;
  }
  return loop;
}

/** Pruning that the file has, from the first call of torch.nn.utils.prune. */
export function pruningIn(
  module: Module,
): Pick<RecipeOffer, 'variant' | 'title' | 'detail' | 'strength' | 'removal'> | undefined {
  const { source, names } = module;
  // The import says its name.
  if (!source.text.includes('prune')) return undefined;
  for (const call of callsIn(source.root)) {
    const callee = fieldOf(call, 'function');
    const origin = (callee && names.origin(callee)) ?? '';
    const match =
      /^torch\.nn\.utils\.prune\.(global_unstructured|l1_unstructured|ln_structured)$/.exec(origin);
    if (!match) continue;
    const amount = argumentsOf(source, call).find(({ name }) => name === 'amount')?.value;
    return {
      variant: 'torch.l1.pruning',
      title: 'Pruning',
      detail: `Weights are pruned${amount ? `, a share of ${textOf(source, amount)}` : ''}`,
      ...(amount ? { strength: { start: amount.start, end: amount.end } } : {}),
      removal: () => removePruning(module, call),
    };
  }
  return undefined;
}

/** Takes out what pruningAfterTraining wrote: the list, the call and the loop that makes it permanent. */
function removePruning(module: Module, call: SyntaxNode): readonly TextEdit[] | undefined {
  const { source } = module;
  const statement = statementOf(call);
  const siblings = statement.parent ? partsOf(statement.parent) : [];
  const index = siblings.indexOf(statement);
  const [list, loop] = [siblings[index - 1], siblings[index + 1]];
  const isOurs =
    list !== undefined &&
    loop?.type === 'for_statement' &&
    textOf(source, list).includes('.modules() if isinstance(') &&
    /\.remove\(\w+, \w+\)/.test(textOf(source, loop));
  if (!isOurs) return undefined;
  const whole = removeStatements(source, [list, statement, loop], 'Remove pruning');
  if (!whole) return undefined;
  return [
    whole,
    ...removeUnused(source, { imports: [importLine, 'from torch import nn'] }, [whole]),
  ];
}
