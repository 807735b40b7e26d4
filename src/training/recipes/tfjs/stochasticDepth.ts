import { planHelper, removeHelper } from '../../javascript/edits/helper';
import { styleOf } from '../../javascript/edits/style';
import { layerAt } from '../../javascript/layers';
import type { JavaScriptModule } from '../../javascript/module';
import {
  argumentsOf,
  bare,
  callsIn,
  isBroken,
  methodOf,
  propertyOf,
} from '../../javascript/syntax';
import type { SyntaxNode } from '../../source';
import { enclosing, fieldOf, nodesIn, partsOf, textOf } from '../../syntax';
import { rangeOf } from '../../textEdit';
import type { JavaScriptRecipe, RecipeOffer } from '../recipe';
import { stochasticDepth as helper } from './helpers/stochasticDepth';
import { framework, present, styled } from './offer';

const variant = { technique: 'stochastic-depth', variant: 'tfjs.stochastic-depth.branch' } as const;

const detail =
  'In fit the branch is dropped for a fifth of the samples (of the last block, where the loop counts them; less before it) and scaled up for the others; predict uses all of it. 0.1…0.5 are common. The class is registered, so that a saved model can be loaded where it is registered too.';

/** Stochastic depth on the branch of a residual sum: `tf.layers.add().apply([x, branch])`. */
export const stochasticDepth: JavaScriptRecipe = {
  technique: 'stochastic-depth',
  framework,
  language: 'javascript',
  find: (module) =>
    callsIn(module.source.root).flatMap((call) => {
      const offer = isBroken(call) ? undefined : offerFor(module, call);
      return offer ? [offer] : [];
    }),
};

function offerFor(module: JavaScriptModule, call: SyntaxNode): RecipeOffer | undefined {
  const { source } = module;
  const operands = operandsOf(module, call);
  if (!operands) return undefined;
  for (const operand of operands) {
    const method = methodOf(source, bare(operand));
    const layer = method?.name === 'apply' ? layerAt(module, method.object) : undefined;
    const [branch, ...others] = argumentsOf(bare(operand));
    if (layer?.name !== helper.name || !branch || others.length > 0) continue;
    return present(variant, {
      title: 'Stochastic depth',
      detail,
      where: call,
      strength: rateOf(layer.config && propertyOf(source, layer.config, 'rate')?.value),
      removal: () => [
        { start: operand.start, end: branch.start, newText: '', label: 'Remove StochasticDepth' },
        { start: branch.end, end: operand.end, newText: '', label: 'Remove StochasticDepth' },
        ...removeHelper(module, helper, [operand]),
      ],
    });
  }
  const branch = branchOf(module, operands);
  const plan = planHelper(module, helper);
  if (!branch || !plan) return undefined;
  const schedule = scheduleAt(module, call);
  const label = 'Drop the branch at random';
  const made = `new ${helper.name}({rate: \${1:0.2}${schedule}}).apply(`;
  return {
    ...variant,
    title: 'Drop the residual branch at random (stochastic depth)',
    state: 'offered',
    detail,
    where: rangeOf(call),
    edits: () => [
      { start: branch.start, end: branch.start, ...styled(made, styleOf(source)), label },
      { start: branch.end, end: branch.end, newText: ')', label },
      ...plan.edits(),
    ],
  };
}

function rateOf(value: SyntaxNode | undefined): SyntaxNode | undefined {
  let node = value;
  while (node?.type === 'binary_expression') node = fieldOf(node, 'left');
  return node?.type === 'number' ? node : undefined;
}

/** The two operands of a sum of layers. */
function operandsOf(module: JavaScriptModule, call: SyntaxNode): readonly SyntaxNode[] | undefined {
  const method = methodOf(module.source, call);
  if (method?.name !== 'apply') return undefined;
  const layer = layerAt(module, method.object);
  const [argument, ...others] = argumentsOf(call);
  const list = argument && bare(argument);
  if (layer?.name !== 'add' || layer.isOwn || list?.type !== 'array' || others.length > 0) {
    return undefined;
  }
  const operands = partsOf(list);
  return operands.length === 2 ? operands : undefined;
}

/** The operand that is made of the other one: with `x` and `branch = f(x)`, the second. */
function branchOf(
  module: JavaScriptModule,
  operands: readonly SyntaxNode[],
): SyntaxNode | undefined {
  const [first, second] = operands;
  if (!first || !second) return undefined;
  const comesFrom = (result: SyntaxNode, origin: SyntaxNode): boolean =>
    bare(origin).type === 'identifier' &&
    isMadeOf(module, result, textOf(module.source, bare(origin)), 0);
  const isSecond = comesFrom(second, first);
  const isFirst = comesFrom(first, second);
  if (isFirst === isSecond) return undefined;
  return isSecond ? second : first;
}

/** Steps from a branch back to the input of its block. */
const maxSteps = 24;

function isMadeOf(
  module: JavaScriptModule,
  node: SyntaxNode,
  origin: string,
  depth: number,
): boolean {
  const { source, names } = module;
  if (depth > maxSteps) return false;
  const value = bare(node);
  if (value.type === 'identifier') {
    const name = textOf(source, value);
    if (name === origin) return depth > 0;
    // What was written to the name last, before it is read here.
    const written = names
      .lookup(name, value)
      .filter(({ value: given, node: at }) => given !== undefined && at.end <= value.start)
      .sort((a, b) => b.node.start - a.node.start)[0];
    return written?.value !== undefined && isMadeOf(module, written.value, origin, depth + 1);
  }
  const method = methodOf(source, value);
  if (method?.name !== 'apply') return false;
  return argumentsOf(value).some((argument) => isMadeOf(module, argument, origin, depth + 1));
}

/** ` * i / Math.max(n - 1, 1)` in a loop over blocks: the first keeps all of its branch. */
function scheduleAt({ source, names }: JavaScriptModule, call: SyntaxNode): string {
  const loop = enclosing(call, 'for_statement');
  const condition = loop && fieldOf(loop, 'condition');
  const match =
    condition &&
    /^([A-Za-z_$][\w$]*)\s*<\s*([A-Za-z_$][\w$.]*|\d+)\s*;?$/.exec(textOf(source, condition));
  const [, index, count] = match ?? [];
  const initializer = loop && fieldOf(loop, 'initializer');
  if (!loop || index === undefined || count === undefined || !initializer) return '';
  const startsAtZero = new RegExp(`\\b${index.replaceAll('$', '\\$')}\\s*=\\s*0\\b`);
  if (!startsAtZero.test(textOf(source, initializer))) return '';
  const isWithin = names.lookup(index, call).length > 0 && nodesIn(loop).includes(call);
  if (!isWithin) return '';
  const last = /^\d+$/.test(count)
    ? `${Math.max(1, Number(count) - 1)}`
    : `Math.max(${count} - 1, 1)`;
  return ` * ${index} / ${last}`;
}
