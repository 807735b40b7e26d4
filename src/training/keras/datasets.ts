import { statementOf } from '../edits/insertStatement';
import type { Module } from '../module';
import type { SyntaxNode } from '../source';
import { argumentValue, callsIn, enclosing, fieldOf, nodesIn, partsOf, textOf } from '../syntax';
import { fitCalls } from './trainingCalls';
import type { ModelCall } from './trainingCalls';

/** A `tf.data` pipeline of batches of images and labels that a model is trained on. */
export interface TrainingDataset {
  readonly name: string;
  readonly fit: ModelCall;
  /** The last statement that gives the name its value before `fit`. */
  readonly statement: SyntaxNode;
  /** Whether something else uses it too, so that a change would reach more than training. */
  readonly isShared: boolean;
}

/** The datasets of which the code says that they are batches of pairs. */
export function trainingDatasets(module: Module): readonly TrainingDataset[] {
  return fitCalls(module).flatMap((fit) => {
    const data = argumentValue(fit.args, 'x', 0);
    if (data?.type !== 'identifier' || argumentValue(fit.args, 'y', 1)) return [];
    const name = textOf(module.source, data);
    const found = assignmentsOf(module, name, fit.call);
    const statement = found.at(-1);
    const isOwnBlock = statement?.parent === statementOf(fit.call).parent;
    if (!statement || !isOwnBlock || !isPairs(module, name, fit.call)) return [];
    return [{ name, fit, statement, isShared: isUsedForTests(module, name, fit) }];
  });
}

function assignmentsOf(module: Module, name: string, use: SyntaxNode): readonly SyntaxNode[] {
  const scope = enclosing(use, 'function_definition', 'module');
  if (!scope) return [];
  return nodesIn(scope)
    .filter((node) => {
      const left = node.type === 'assignment' ? fieldOf(node, 'left') : undefined;
      return left && node.end < use.start && textOf(module.source, left) === name;
    })
    .map((node) => statementOf(node));
}

/** Batches of (x, y): from arrays, from a folder of images, or from TensorFlow Datasets with supervision. */
function isPairs(module: Module, name: string, use: SyntaxNode): boolean {
  const statements = assignmentsOf(module, name, use);
  const text = statements.map((node) => textOf(module.source, node)).join('\n');
  const isFolder = /image_dataset_from_directory\(/.test(text);
  if (!isFolder && !/\.batch\(/.test(text)) return false;
  if (isFolder || /as_supervised\s*=\s*True/.test(text)) return true;
  const hasPair = statements.some((statement) =>
    callsIn(statement).some((call) => {
      const callee = fieldOf(call, 'function');
      if (!callee || !/\.from_tensor_slices$/.test(textOf(module.source, callee))) return false;
      const [data] = partsOf(fieldOf(call, 'arguments') ?? call);
      return data?.type === 'tuple' && partsOf(data).length === 2;
    }),
  );
  return hasPair;
}

function isUsedForTests(module: Module, name: string, fit: ModelCall): boolean {
  const validation = fit.args.find((argument) => argument.name === 'validation_data');
  if (validation && textOf(module.source, validation.value) === name) return true;
  return new RegExp(`\\.(?:evaluate|predict|adapt)\\(\\s*${name}\\b`).test(module.source.text);
}
