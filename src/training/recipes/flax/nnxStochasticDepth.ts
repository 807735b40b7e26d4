import { filled } from '../../edits/filled';
import { insertAfter, statementOf } from '../../edits/insertStatement';
import { addKeyword, removeArgument } from '../../edits/keywords';
import { insertItemAfter, removeItem } from '../../edits/listItem';
import { removeStatement, unwrapCall } from '../../edits/removal';
import { instancesOf } from '../../flax/modelClasses';
import { librariesFor } from '../../flax/names';
import { calledAttribute, nnxModelsOf } from '../../flax/nnxPlaces';
import type { NnxModel } from '../../flax/nnxPlaces';
import { originOf } from '../../flax/optimizers';
import { residualsOf } from '../../flax/residuals';
import type { Residual } from '../../flax/residuals';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, enclosing, fieldOf, nodesIn, partsOf, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import { isBroken } from '../brokenCode';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { importLines } from './helpers';
import { allOf, offered, present, unavailable } from './offer';

/**
 * Stochastic depth on the branch of a residual block of NNX, more often the deeper the block stands.
 *
 * @see Huang et al., Deep Networks with Stochastic Depth, ECCV 2016
 */
export const nnxStochasticDepth: PythonRecipe = {
  technique: 'stochastic-depth',
  framework: 'Flax',
  language: 'python',
  find: (module) =>
    nnxModelsOf(module).flatMap((model) => {
      const existing = presentIn(module, model);
      if (existing) return [existing];
      const [residual, ...others] = residualsOf(module, model.call);
      if (!residual) return [];
      return others.length > 0 ? several(residual) : offerFor(module, model, residual);
    }),
};

const facts = {
  technique: 'stochastic-depth',
  variant: 'nnx.stochastic-depth.block',
  title: 'Skip this residual branch at random (stochastic depth)',
} as const;

const parameter = 'drop_path=0.0';

function several({ sum }: Residual): readonly RecipeOffer[] {
  const detail = 'The block has several residual additions, which would need a rate each';
  return [unavailable({ ...facts, detail }, sum)];
}

function offerFor(
  module: Module,
  model: NnxModel,
  { sum, branch }: Residual,
): readonly RecipeOffer[] {
  const { source } = module;
  const no = (detail: string): readonly RecipeOffer[] => [unavailable({ ...facts, detail }, sum)];
  if (isBroken(sum)) return no('The code around this addition has a syntax error');
  const list = fieldOf(model.init, 'parameters');
  const last = (list ? partsOf(list) : []).at(-1);
  const isTaken = /\bdrop_path\b/.test(textOf(source, model.own.definition));
  if (
    !last ||
    /splat_pattern$/.test(last.type) ||
    textOf(source, last).startsWith('*') ||
    isTaken
  ) {
    return no('__init__ cannot take one more argument here');
  }
  const instances = instancesOf(module, model.own);
  if (instances.length === 0) return no('No block of this class is made in this file');
  const rates = rateEdits(module, instances);
  const libraries = librariesFor(module, sum, ['flax.nnx']);
  if (!rates || !libraries) {
    return no('The blocks are made in a way in which their depth cannot be told');
  }
  const label = 'Skip the branch here';
  const axes = axesOf(module, model);
  const tuple = axes.length === 1 ? '(1,)' : `(${axes.join(', ')})`;
  const edits = allOf(
    insertItemAfter(source, last, parameter, 'Take a rate'),
    insertAfter(
      source,
      model.lastAttribute,
      `self.drop_path = ${libraries.text('flax.nnx')}.Dropout(drop_path, broadcast_dims=${tuple}, rngs=${model.rngs})  # every axis but the batch`,
      'Add self.drop_path',
    ),
    [
      { start: branch.start, end: branch.start, newText: 'self.drop_path(', label },
      { start: branch.end, end: branch.end, newText: ')', label },
    ],
    rates,
    importLines(module, sum, libraries.imports),
  );
  if (!edits) return no('The attribute has no line of its own');
  const detail =
    'In training the branch of a whole sample is dropped at random, from never in the first block to 0.2 in the last, and scaled ' +
    'up otherwise; evaluation runs all blocks. Every axis but the batch shares the mask: ' +
    `broadcast_dims is ${tuple} here, adjust it where the inputs have other axes. model.train() and model.eval() switch it.`;
  return [offered({ ...facts, detail }, sum, () => edits)];
}

/** Axes beside the batch: two of an image and its channels, time and channels of a sequence, or channels. */
function axesOf(module: Module, { own }: NnxModel): readonly number[] {
  const { source } = module;
  for (const call of nodesIn(own.definition)) {
    const origin = originOf(module, call);
    if (origin === 'flax.nnx.MultiHeadAttention') return [1, 2];
    if (origin !== 'flax.nnx.Conv') continue;
    const size = argumentsOf(source, call).find(
      ({ name }, index) => name === 'kernel_size' || index === 2,
    );
    const count = size?.value.type === 'tuple' ? partsOf(size.value).length : 2;
    return Array.from({ length: count + 1 }, (_, index) => index + 1);
  }
  return [1];
}

/** A rate for each block: by the index of the comprehension, or by the order in which they are made. */
function rateEdits(
  module: Module,
  instances: readonly SyntaxNode[],
): readonly TextEdit[] | undefined {
  const { source } = module;
  const label = 'More often in deeper blocks';
  const [first] = instances;
  const comprehension = first && enclosing(first, 'list_comprehension', 'generator_expression');
  if (first && comprehension && instances.length === 1) {
    const [body, loop, ...more] = partsOf(comprehension);
    const target = loop && fieldOf(loop, 'left');
    const iterated = loop && fieldOf(loop, 'right');
    const callee = iterated?.type === 'call' ? fieldOf(iterated, 'function') : undefined;
    const [count, ...bounds] = iterated?.type === 'call' ? argumentsOf(source, iterated) : [];
    const isRange = callee && textOf(source, callee) === 'range';
    const isPlain = body === first && more.length === 0 && bounds.length === 0;
    if (!isRange || !isPlain || !count || target?.type !== 'identifier') return undefined;
    const name = textOf(source, target);
    const depth = textOf(source, count.value);
    const total = /^\d+$/.test(depth)
      ? `${Math.max(Number(depth) - 1, 1)}`
      : `max(${depth} - 1, 1)`;
    const index = name === '_' ? 'i' : name;
    return [
      ...(name === '_' ? [{ start: target.start, end: target.end, newText: 'i', label }] : []),
      ...addKeyword(source, first, `drop_path=\${1:0.2} * ${index} / ${total}`, label),
    ];
  }
  const isStraight = instances.every(
    (call) => !enclosing(call, 'list_comprehension', 'generator_expression', 'for_statement'),
  );
  if (!isStraight) return undefined;
  return instances.flatMap((call, index) => {
    if (index === 0 && instances.length > 1) return [];
    const rate = instances.length === 1 ? 0.2 : (0.2 * index) / (instances.length - 1);
    return addKeyword(source, call, `drop_path=\${1:${Number(rate.toFixed(3))}}`, label);
  });
}

/** `self.drop_path(out)` in a residual sum, from a dropout over whole samples. */
function presentIn(module: Module, model: NnxModel): RecipeOffer | undefined {
  const { source } = module;
  for (const use of nodesIn(model.call)) {
    const attribute = calledAttribute(module, use);
    if (attribute === undefined) continue;
    const [value] = module.attributes.of(model.own.definition).get(attribute) ?? [];
    const isDropPath =
      value &&
      (/drop_?path|stochastic/i.test(attribute) || /broadcast_dims/.test(textOf(source, value)));
    if (!isDropPath) continue;
    const detail = `The branch goes through ${textOf(source, value)}`;
    return present({ ...facts, title: 'Stochastic depth on this branch', detail }, use, {
      strength: argumentsOf(source, value)[0]?.value,
      removal: () => removalOf(module, model, use, value),
    });
  }
  return undefined;
}

function removalOf(
  module: Module,
  model: NnxModel,
  use: SyntaxNode,
  construction: SyntaxNode,
): readonly TextEdit[] | undefined {
  const { source } = module;
  const list = fieldOf(model.init, 'parameters');
  const last = (list ? partsOf(list) : []).find((one) => textOf(source, one) === parameter);
  if (!last) return undefined;
  const label = 'Remove the rate';
  const sites = instancesOf(module, model.own).flatMap((call) => {
    const rate = argumentsOf(source, call).find(({ name }) => name === 'drop_path');
    return rate
      ? [...removeArgument(source, call, rate, label), ...indexBack(module, call, rate.value)]
      : [];
  });
  return allOf(
    unwrapCall(source, use, 'Remove the skipping'),
    removeStatement(source, statementOf(construction), 'Remove self.drop_path'),
    removeItem(source, last, label),
    sites,
  );
}

/** `for i in range(n)` back to `for _ in range(n)`, where only the rate used the index. */
function indexBack({ source }: Module, call: SyntaxNode, rate: SyntaxNode): readonly TextEdit[] {
  const comprehension = enclosing(call, 'list_comprehension', 'generator_expression');
  const loop = comprehension && partsOf(comprehension)[1];
  const target = loop && fieldOf(loop, 'left');
  if (target?.type !== 'identifier' || textOf(source, target) !== 'i') return [];
  const others = nodesIn(call).filter(
    (node) =>
      node.type === 'identifier' &&
      textOf(source, node) === 'i' &&
      !(node.start >= rate.start && node.end <= rate.end),
  );
  const { start, end } = target;
  return others.length > 0 ? [] : [{ start, end, ...filled('_'), label: 'Remove the index' }];
}
