import { insertHelper } from '../../edits/helper';
import { insertBefore } from '../../edits/insertStatement';
import { removeStatement, removeUnused } from '../../edits/removal';
import { batchLoopsOf } from '../../flax/batchLoop';
import type { BatchLoop } from '../../flax/batchLoop';
import { lossFunctionsOf } from '../../flax/lossFunctions';
import { librariesFor } from '../../flax/names';
import { originOf } from '../../flax/optimizers';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import {
  argumentsOf,
  argumentValue,
  callsIn,
  enclosing,
  fieldOf,
  nodesIn,
  textOf,
} from '../../syntax';
import type { TextEdit } from '../../textEdit';
import { isBroken } from '../brokenCode';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { mixupCode } from './batchHelpers';
import { generatorEdits, generatorRemoval } from './batchImages';
import { helperOf, importLines } from './helpers';
import { allOf, offered, present, unavailable } from './offer';

/**
 * Mixup of the training batches, with a loss that takes mixed labels in training and integers in evaluation.
 *
 * @see Zhang et al., mixup: Beyond Empirical Risk Minimization, ICLR 2018
 */
export const batchMixup: PythonRecipe = {
  technique: 'mixup',
  framework: 'Flax',
  language: 'python',
  find: (module) => batchLoopsOf(module).flatMap((loop) => offerFor(module, loop)),
};

const facts = {
  technique: 'mixup',
  variant: 'flax.mixup.batch',
  title: 'Mix samples and labels of each batch (mixup)',
} as const;

function offerFor(module: Module, loop: BatchLoop): readonly RecipeOffer[] {
  const { source } = module;
  const { labels, statement, inputs } = loop;
  const mixed = mixedIn(module, loop);
  if (mixed) return [presentAt(module, loop, mixed)];
  if (/\b(?:mixup|mix_up|cutmix)\w*\(/i.test(textOf(source, loop.loop))) {
    return [present({ ...facts, detail: 'The loop mixes its batches already' }, statement)];
  }
  if (!labels) return [];
  const no = (reason: string): readonly RecipeOffer[] => [
    unavailable({ ...facts, detail: reason }, statement),
  ];
  if (isBroken(statement)) return no('The code around this batch has a syntax error');
  const losses = callsIn(source.root).filter(
    (call) => originOf(module, call) === 'optax.softmax_cross_entropy_with_integer_labels',
  );
  const [loss, ...others] = losses;
  if (!loss) return [];
  if (others.length > 0) return no('The file has several losses on integer labels');
  const integers = argumentValue(argumentsOf(source, loss), 'labels', 1);
  const callee = fieldOf(loss, 'function');
  const name = callee?.type === 'attribute' ? fieldOf(callee, 'attribute') : undefined;
  const logits = argumentValue(argumentsOf(source, loss), 'logits', 0);
  if (!integers || !name || !logits || !isName(source.text, logits)) {
    return no(
      'The loss is not called in the plain way: optax.softmax_cross_entropy_with_integer_labels(logits, labels)',
    );
  }
  const reason = otherUse(module, loss, integers);
  if (reason !== undefined) return no(reason);
  if (/[\r\n#]/.test(textOf(source, inputs) + textOf(source, labels))) return [];
  return changeFor(module, loop, { labels, name, integers, logits });
}

interface Plan {
  readonly labels: SyntaxNode;
  /** The loss's own name in its call, and its two arguments. */
  readonly name: SyntaxNode;
  readonly integers: SyntaxNode;
  readonly logits: SyntaxNode;
}

function changeFor(module: Module, loop: BatchLoop, plan: Plan): readonly RecipeOffer[] {
  const { source } = module;
  const { statement, inputs } = loop;
  const { labels, name, integers, logits } = plan;
  const libraries = librariesFor(module, statement, ['numpy', 'jax']);
  const mix =
    libraries && helperOf(module, statement, { name: 'mixup', code: mixupCode(libraries.text) });
  if (!mix) return [];
  const rng = generatorEdits(module, loop, libraries);
  const taken = ['mixed_x', 'mixed_y'].some(
    (one) => module.names.lookup(one, statement).length > 0,
  );
  if (!rng || taken) return [];
  const classes = classCount(module) ?? '10';
  const line =
    `mixed_x, mixed_y = mixup(${rng.name}, ${textOf(source, inputs)}, ${textOf(source, labels)}, ` +
    `num_classes=\${1:${classes}}, alpha=\${2:0.2})`;
  const { text } = libraries;
  const label = 'Take mixed labels';
  const target = textOf(source, integers);
  const oneHot = `${text('jax')}.nn.one_hot(${target}, ${textOf(source, logits)}.shape[-1])`;
  const first = earlier(inputs, labels);
  const before = insertBefore(source, statementBefore(loop, first), line, 'Mix the batch');
  const edits = allOf(
    before,
    [
      { start: inputs.start, end: inputs.end, newText: 'mixed_x', label: 'Take mixed inputs' },
      { start: labels.start, end: labels.end, newText: 'mixed_y', label },
      { start: name.start, end: name.end, newText: 'softmax_cross_entropy', label },
      {
        start: integers.start,
        end: integers.end,
        newText: `${target} if ${target}.ndim > 1 else ${oneHot}`,
        label,
      },
    ],
    rng.edits,
    mix.code === undefined
      ? importLines(module, statement, libraries.imports)
      : insertHelper(source, mix.code, statement, 'Add mixup', libraries.imports),
  );
  if (!edits) return [];
  const detail =
    'Replaces every sample of a training batch by a weighted mean with another one, and its label by the same mean of the two ' +
    'one-hot labels; the weight is drawn from Beta(0.2, 0.2) (1.0 is common on CIFAR). The loss takes mixed labels in training and integers in evaluation. ' +
    'Look at the number of classes. Training accuracy against hard labels is no longer told.';
  return [offered({ ...facts, detail }, statement, () => edits)];
}

/** The statement before which the batch can be mixed: the first that holds inputs or labels. */
function statementBefore({ statement, loop }: BatchLoop, first: SyntaxNode): SyntaxNode {
  const body = fieldOf(loop, 'body');
  let holder = first;
  while (holder.parent && holder.parent !== body) holder = holder.parent;
  return holder.parent ? holder : statement;
}

function earlier(a: SyntaxNode, b: SyntaxNode): SyntaxNode {
  return a.start < b.start ? a : b;
}

/** Why mixed labels would break the step: it compares them, or hands them to a metric. */
function otherUse(module: Module, loss: SyntaxNode, integers: SyntaxNode): string | undefined {
  const { source } = module;
  const text = textOf(source, integers);
  const key = /\[\s*["'](\w+)["']\s*\]$/.exec(text)?.[1];
  const definition = enclosing(loss, 'function_definition');
  const roots = [definition, ...callersOf(module, definition)].flatMap((one) => one ?? []);
  const isElsewhere = roots
    .flatMap((root) => nodesIn(root))
    .some((node) => {
      if (node.start >= loss.start && node.end <= loss.end) return false;
      if (node.type === 'subscript' || (node.type === 'identifier' && key === undefined)) {
        const isParameter = enclosing(node, 'parameters', 'argument_list')?.type === 'parameters';
        if (isParameter) return false;
        if (textOf(source, node) === text) return !isHandedOver(module, node, definition);
        return (
          key !== undefined && /\[\s*["'](\w+)["']\s*\]$/.exec(textOf(source, node))?.[1] === key
        );
      }
      return false;
    });
  return isElsewhere
    ? 'The training step also compares the integer labels (an accuracy): mixed labels are no classes, so take it out of the training step first'
    : undefined;
}

/** Functions that take the gradient of the loss function. */
function callersOf(
  module: Module,
  definition: SyntaxNode | undefined,
): readonly (SyntaxNode | undefined)[] {
  return lossFunctionsOf(module)
    .filter((loss) => loss.definition === definition)
    .map(({ transform }) => enclosing(transform, 'function_definition'));
}

/** Whether the labels are only given to the loss function itself, as in `loss_fn(params, x, y)`. */
function isHandedOver(
  { source }: Module,
  node: SyntaxNode,
  definition: SyntaxNode | undefined,
): boolean {
  const call = node.parent?.type === 'argument_list' ? node.parent.parent : undefined;
  const callee = call && fieldOf(call, 'function');
  const name = definition && fieldOf(definition, 'name');
  const isGradient = callee?.type === 'identifier' && /grad/.test(textOf(source, callee));
  return Boolean(callee && name && (textOf(source, callee) === textOf(source, name) || isGradient));
}

/** Outputs of the last layer that the file makes, where that is a literal. */
function classCount(module: Module): string | undefined {
  const { source } = module;
  const counts = callsIn(source.root).flatMap((call) => {
    const origin = originOf(module, call);
    const args = argumentsOf(source, call);
    const value =
      origin === 'flax.linen.Dense'
        ? argumentValue(args, 'features', 0)
        : origin === 'flax.nnx.Linear'
          ? argumentValue(args, 'out_features', 1)
          : undefined;
    return value ? [textOf(source, value)] : [];
  });
  const last = counts.at(-1);
  return last !== undefined && /^\d+$/.test(last) ? last : undefined;
}

function isName(text: string, { start, end }: SyntaxNode): boolean {
  return /^[A-Za-z_][\w.]*$/.test(text.slice(start, end));
}

/** `mixed_x, mixed_y = mixup(…)` as this recipe writes it. */
function mixedIn({ source }: Module, { loop }: BatchLoop): SyntaxNode | undefined {
  return nodesIn(loop).find((node) => {
    const right = node.type === 'assignment' ? fieldOf(node, 'right') : undefined;
    const callee = right?.type === 'call' ? fieldOf(right, 'function') : undefined;
    return callee !== undefined && textOf(source, callee) === 'mixup';
  });
}

function presentAt(module: Module, { statement }: BatchLoop, mixed: SyntaxNode): RecipeOffer {
  const { source } = module;
  const call = fieldOf(mixed, 'right');
  const args = call ? argumentsOf(source, call) : [];
  const alpha = args.find(({ name }) => name === 'alpha');
  const detail = `${textOf(source, mixed)} in the loop`;
  return present({ ...facts, title: 'Mixup of each batch', detail }, statement, {
    strength: alpha?.value,
    removal: () =>
      removalOf(
        module,
        mixed,
        args.map(({ value }) => value),
      ),
  });
}

/** Everything back, where it stands as this recipe wrote it. */
function removalOf(
  module: Module,
  mixed: SyntaxNode,
  args: readonly SyntaxNode[],
): readonly TextEdit[] | undefined {
  const { source } = module;
  const [, inputs, labels] = args;
  const loop = enclosing(mixed, 'for_statement');
  if (!inputs || !labels || !loop || !mixed.parent) return undefined;
  const label = 'Remove mixup';
  const line = removeStatement(source, mixed.parent, label);
  const uses = nodesIn(loop).filter(
    (node) => node.type === 'identifier' && node.start >= mixed.end,
  );
  const back = uses.flatMap((node) => {
    const name = textOf(source, node);
    const original = name === 'mixed_x' ? inputs : name === 'mixed_y' ? labels : undefined;
    return original
      ? [{ start: node.start, end: node.end, newText: textOf(source, original), label }]
      : [];
  });
  const loss = callsIn(source.root).find(
    (call) => originOf(module, call) === 'optax.softmax_cross_entropy',
  );
  const choice = loss && argumentValue(argumentsOf(source, loss), 'labels', 1);
  const callee = loss && fieldOf(loss, 'function');
  const [target] = choice?.type === 'conditional_expression' ? choice.children : [];
  if (!line || back.length !== 2 || !choice || !callee || !target) return undefined;
  const edits = [
    line,
    ...back,
    { start: callee.end, end: callee.end, newText: '_with_integer_labels', label },
    { start: choice.start, end: choice.end, newText: textOf(source, target), label },
  ];
  const imports = ['import numpy as np', 'import jax'];
  return [
    ...edits,
    ...generatorRemoval(module, [mixed]),
    ...removeUnused(source, { helpers: ['mixup'], imports }, edits),
  ];
}
