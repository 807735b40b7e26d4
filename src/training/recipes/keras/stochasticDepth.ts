import { stepsOf } from '../../keras/flow';
import type { Step } from '../../keras/step';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, enclosing, fieldOf, partsOf, textOf, unwrapped } from '../../syntax';
import { helperEdits, hasHelper, removeHelper } from './helpers/helper';
import { stochasticDepthLayer } from './helpers/stochasticDepth';
import { insertLayers, removeLayers } from './insertedStep';
import { offered, present, unavailable } from './offer';
import type { PythonRecipe, RecipeOffer } from '../recipe';

const facts = {
  technique: 'stochastic-depth',
  variant: 'keras.stochastic-depth.layer',
  title: 'Skip this residual branch at random (stochastic depth)',
} as const;

const detail =
  'In training the branch is dropped for whole samples at random and scaled up otherwise; at test time every branch is used as it is. The rate grows linearly with depth to 0.2 at the last block: early blocks matter most. The paper survives with 0.5 at the end.';

/** Chains of layers that are followed back to where a block starts. */
const maxChain = 64;

/** A layer on the branch of each residual sum. */
export const stochasticDepthLayers: PythonRecipe = {
  technique: 'stochastic-depth',
  framework: 'Keras',
  language: 'python',
  find: (module) => {
    const steps = stepsOf(module);
    const blocks = steps.flatMap((step) => {
      const branch = branchOf(module, step);
      return branch ? [{ sum: step, branch }] : [];
    });
    return [
      ...steps.flatMap((step) => presentFor(module, step) ?? []),
      ...blocks.flatMap(({ sum, branch }, index) => {
        if (makerOf(module, branch) !== undefined) return [];
        const rate = rateFor(module, sum, { index, count: blocks.length });
        return [offerFor(module, sum, branch, rate)];
      }),
    ];
  },
};

/** The class that makes a step's layer, where it is one that drops branches. */
function makerOf(module: Module, step: Step): SyntaxNode | undefined {
  const callee = fieldOf(step.node, 'function');
  if (!callee) return undefined;
  const name = callee.type === 'attribute' ? fieldOf(callee, 'attribute') : undefined;
  const held = name && module.attributes.ownerOf(callee)?.get(textOf(module.source, name))?.[0];
  const made = callee.type === 'call' ? callee : held;
  const maker = made?.type === 'call' ? fieldOf(made, 'function') : undefined;
  const isDropping =
    maker &&
    /^(?:\w+\.)*(?:StochasticDepth|DropPath|DropPathLayer)$/.test(textOf(module.source, maker));
  return isDropping ? made : undefined;
}

function presentFor(module: Module, step: Step): RecipeOffer | undefined {
  const made = makerOf(module, step);
  if (!made) return undefined;
  const rate = argumentsOf(module.source, made)[0]?.value;
  const isOurs = hasHelper(module, stochasticDepthLayer);
  return present({ ...facts, title: 'Stochastic depth' }, step.node, {
    detail: rate ? `Its rate is ${textOf(module.source, rate)}` : 'Its rate is not given here',
    strength: rate,
    removal: () => {
      const cuts = isOurs ? removeLayers(module, [step], 'Remove stochastic depth') : undefined;
      return cuts && [...removeHelper(module, stochasticDepthLayer, cuts), ...cuts];
    },
  });
}

/** The operand of a sum that is computed from the other one; undefined where the sum is no residual one. */
function branchOf(module: Module, sum: Step): Step | undefined {
  if (sum.type !== '+' && sum.type !== 'Add') return undefined;
  const operands = operandsOf(module, sum);
  if (operands.length !== 2) return undefined;
  const branches = sum.previous.filter((step) => {
    const others = operands.filter((node) => textOf(module.source, node) !== step.target);
    const [other] = others;
    return (
      others.length === 1 &&
      other !== undefined &&
      step.next.length === 1 &&
      chainOf(step).some(
        (link, index) =>
          (index > 0 &&
            sum.previous.includes(link) &&
            link.target === textOf(module.source, other)) ||
          (link.previous.length === 0 && takes(module, link, other)),
      )
    );
  });
  return branches.length === 1 ? branches[0] : undefined;
}

function operandsOf({ source }: Module, { node, type }: Step): readonly SyntaxNode[] {
  if (type === '+') {
    const sides = [fieldOf(node, 'left'), fieldOf(node, 'right')];
    return sides.flatMap((side) => (side ? [unwrapped(side)] : []));
  }
  const list = argumentsOf(source, node)[0]?.value;
  return list && /^(?:list|tuple)$/.test(list.type) ? partsOf(list) : [];
}

/** The layer and those before it, as long as each has one input. */
function chainOf(step: Step): readonly Step[] {
  const chain: Step[] = [];
  for (let link: Step | undefined = step; link && chain.length < maxChain;) {
    chain.push(link);
    link = link.previous.length === 1 ? link.previous[0] : undefined;
  }
  return chain;
}

/** Whether the layer is applied to the very name: a parameter, or an input of the model. */
function takes({ source }: Module, { node }: Step, name: SyntaxNode): boolean {
  const [argument] = node.type === 'call' ? argumentsOf(source, node) : [];
  return argument !== undefined && textOf(source, argument.value) === textOf(source, name);
}

/** 0.2 at the last block: by the loop's variable where the loop counts, else by the order of the blocks. */
function rateFor(
  { source }: Module,
  sum: Step,
  at: { readonly index: number; readonly count: number },
): string {
  const loop = enclosing(sum.node, 'for_statement', 'function_definition');
  const target = loop?.type === 'for_statement' ? fieldOf(loop, 'left') : undefined;
  const iterated = loop && fieldOf(loop, 'right');
  const callee = iterated?.type === 'call' ? fieldOf(iterated, 'function') : undefined;
  const [argument, ...others] = iterated ? argumentsOf(source, iterated) : [];
  if (target && callee && argument && others.length === 0) {
    const text = textOf(source, argument.value);
    const name = textOf(source, callee);
    if (name === 'range' && target.type === 'identifier') {
      return `\${1:0.2} * ${textOf(source, target)} / max(${text} - 1, 1)`;
    }
    const counter = partsOf(target)[0];
    if (name === 'enumerate' && counter?.type === 'identifier' && /^\w+$/.test(text)) {
      return `\${1:0.2} * ${textOf(source, counter)} / max(len(${text}) - 1, 1)`;
    }
  }
  const isFunctionOrLoop = loop !== undefined;
  const share = isFunctionOrLoop || at.count < 2 ? 0.5 : at.index / (at.count - 1);
  return `\${1:${Number((0.2 * share).toFixed(3))}}`;
}

function offerFor(module: Module, sum: Step, branch: Step, rate: string): RecipeOffer {
  const holder = chainOf(branch).find(({ layer }) => layer !== undefined);
  if (!holder?.layer) {
    return unavailable(
      facts,
      sum.node,
      'The branch has no layer of Keras whose name could be followed',
    );
  }
  const helper = helperEdits(module, stochasticDepthLayer, {
    callee: holder.layer.callee,
    user: branch.node,
  });
  if (typeof helper === 'string') return unavailable(facts, sum.node, helper);
  const edits = insertLayers(module, branch, holder, [
    {
      written: { text: `${stochasticDepthLayer.name}(${rate})`, imports: [] },
      attribute: 'stochastic_depth',
    },
  ]);
  return offered(
    facts,
    sum.node,
    detail,
    typeof edits === 'string' ? edits : [...helper, ...edits],
  );
}
