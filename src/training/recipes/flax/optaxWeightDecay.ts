import { addKeyword, removeArgument } from '../../edits/keywords';
import { filled } from '../../edits/filled';
import { swapCallee } from '../../edits/importedName';
import { lossFunctionsOf } from '../../flax/lossFunctions';
import { librariesFor } from '../../flax/names';
import {
  decayTransformations,
  itemsOfChain,
  matricesMask,
  optimizersOf,
} from '../../flax/optimizers';
import type { OptaxOptimizer } from '../../flax/optimizers';
import type { Module } from '../../module';
import { argumentsOf, argumentValue, nodesIn, textOf } from '../../syntax';
import type { Argument } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import { isBroken } from '../brokenCode';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { addToChain, firstArgument, removeFromChain } from './chain';
import { importLines, withoutImports } from './helpers';
import { allOf, offered, present, unavailable } from './offer';
import { removeTrailing } from './trailingArguments';

/**
 * Weight decay in optax: decoupled where there is an optimizer for it, and on matrices and kernels only.
 *
 * @see Loshchilov & Hutter, Decoupled Weight Decay Regularization, ICLR 2019
 */
export const optaxWeightDecay: PythonRecipe = {
  technique: 'l2',
  framework: 'optax',
  language: 'python',
  find: (module) => {
    const optimizers = optimizersOf(module);
    const hasTerm = optimizers.length > 0 && hasL2Term(module);
    return optimizers.map((optimizer) => offerFor(module, optimizer, hasTerm));
  },
};

const facts = { technique: 'l2', variant: 'optax.l2.optimizer' } as const;

/** AdamW's own default in PyTorch and Keras; that of optax is 1e-4, which is multiplied by the learning rate and hardly felt. */
const decoupledStrength = '1e-2';
const coupledStrength = '1e-4';

function offerFor(module: Module, optimizer: OptaxOptimizer, hasTerm: boolean): RecipeOffer {
  const { source } = module;
  const { call, kind } = optimizer;
  const args = argumentsOf(source, call);
  const there = { ...facts, title: `Weight decay in ${kind.name}` };
  const [decay] = itemsOfChain(module, optimizer, decayTransformations);
  if (decay) {
    const isCoupled = decay.start < call.start;
    const detail = `${textOf(source, decay)} ${isCoupled ? 'is added to the gradient (coupled L2)' : 'stands behind the optimizer'}`;
    return present({ ...there, detail }, call, {
      strength: firstArgument(module, decay),
      removal: () => withoutImports(module, removeFromChain(module, decay, 'Remove the decay')),
    });
  }
  const given =
    kind.decay === undefined ? undefined : argumentValue(args, 'weight_decay', kind.decay);
  const mask = kind.mask === undefined ? undefined : argumentValue(args, 'mask', kind.mask);
  if (given && !isZero(textOf(source, given))) {
    const detail = `weight_decay is ${textOf(source, given)}, decoupled${mask ? '' : ', on biases and norms as well'}`;
    return present({ ...there, detail }, call, {
      strength: given,
      removal: () => withoutImports(module, removal(module, optimizer, args)),
    });
  }
  if (!given && kind.defaultDecay !== undefined && !args.some(({ isSplat }) => isSplat)) {
    const detail = `${kind.name} decays by ${kind.defaultDecay} unless told otherwise${mask ? '' : ', biases and norms as well'}`;
    return present({ ...there, detail }, call);
  }
  if (hasTerm) {
    return present({ ...there, detail: 'A loss function has an L2 term of its own' }, call);
  }
  const title =
    kind.decoupled === undefined
      ? `Add weight decay to ${kind.name}`
      : `Add weight decay: ${kind.name} → ${kind.decoupled}`;
  const no = (detail: string): RecipeOffer => unavailable({ ...facts, title, detail }, call);
  if (isBroken(call)) return no('The code around this optimizer has a syntax error');
  if (args.some(({ isSplat }) => isSplat)) {
    return no('Some arguments come from * or **; whether weight_decay is among them is not known');
  }
  const edits = editsFor(module, optimizer, args);
  return edits
    ? offered({ ...facts, title, detail: detailOf(optimizer) }, call, () => edits)
    : no('The optimizer cannot be changed here: a name it needs means something else');
}

function editsFor(
  module: Module,
  optimizer: OptaxOptimizer,
  args: readonly Argument[],
): readonly TextEdit[] | undefined {
  const { source, names } = module;
  const { call, callee, kind } = optimizer;
  const isInChain = kind.decoupled === undefined && kind.decay === undefined;
  const libraries = librariesFor(module, call, isInChain ? ['jax', 'optax'] : ['jax']);
  if (!libraries) return undefined;
  const mask = matricesMask(libraries.text('jax'));
  const imports = importLines(module, call, libraries.imports);
  if (isInChain) {
    const optax = libraries.text('optax');
    return allOf(
      addToChain(module, optimizer, {
        position: 'before',
        pattern: `${optax}.add_decayed_weights(\${1:${coupledStrength}}, mask=${mask})`,
        optax,
        label: 'Decay before the optimizer',
      }),
      imports,
    );
  }
  const label = `weight_decay=${decoupledStrength}`;
  const decay =
    kind.decay === undefined ? undefined : argumentValue(args, 'weight_decay', kind.decay);
  const ownMask = kind.mask === undefined ? undefined : argumentValue(args, 'mask', kind.mask);
  const swap =
    kind.decoupled === undefined
      ? []
      : swapCallee(source, names, callee, { module: 'optax', name: kind.decoupled, label });
  const keywords = [
    ...(decay ? [] : [`weight_decay=\${1:${decoupledStrength}}`]),
    ...(ownMask ? [] : [`mask=${mask}`]),
  ].join(', ');
  const value: readonly TextEdit[] = decay
    ? [{ start: decay.start, end: decay.end, ...filled(`\${1:${decoupledStrength}}`), label }]
    : [];
  return allOf(
    swap,
    value,
    keywords === '' ? [] : addKeyword(source, call, keywords, label),
    imports,
  );
}

/** Back to adam, where all of what was added is there; otherwise only the keyword. */
function removal(
  module: Module,
  { call, callee, kind }: OptaxOptimizer,
  args: readonly Argument[],
): readonly TextEdit[] | undefined {
  const { source, names } = module;
  const decay = args.find(({ name }) => name === 'weight_decay');
  const mask = args.find(({ name }) => name === 'mask');
  if (!decay) return undefined;
  const label = 'Remove the decay';
  const plain = { adamw: 'adam', nadamw: 'nadam', adamaxw: 'adamax' }[kind.name];
  const swap =
    plain === undefined
      ? []
      : swapCallee(source, names, callee, { module: 'optax', name: plain, label });
  if (!swap) return undefined;
  const isPair = mask && args.indexOf(mask) === args.indexOf(decay) + 1;
  const jax = librariesFor(module, call, ['jax'])?.text('jax') ?? 'jax';
  const isOurs = mask && textOf(source, mask.value) === matricesMask(jax);
  if (isPair && isOurs && args.at(-1) === mask) {
    const edits = removeTrailing(source, call, decay, label);
    return edits && [...swap, ...edits];
  }
  if (mask) return undefined;
  const edits = removeArgument(source, call, decay, label);
  return edits.length > 0 ? [...swap, ...edits] : undefined;
}

function isZero(text: string): boolean {
  return /^[\d._eE+-]+$/.test(text) && Number(text) === 0;
}

/** Squares summed over parameters in a loss function. */
function hasL2Term(module: Module): boolean {
  return lossFunctionsOf(module).some(({ definition }) =>
    nodesIn(definition).some(
      ({ type, start, end }) =>
        /^(?:generator_expression|list_comprehension)$/.test(type) &&
        /\*\*\s*2|square\(/.test(module.source.text.slice(start, end)),
    ),
  );
}

function detailOf({ kind }: OptaxOptimizer): string {
  const isCoupled = kind.decoupled === undefined && kind.decay === undefined;
  const how = isCoupled
    ? `The decay is added to the gradient before ${kind.name} sees it (coupled L2)` +
      (kind.isAdaptive ? ', so that its adaptive step rescales it. ' : '. ') +
      `Strength ${coupledStrength} is what most published SGD recipes use; 1e-5…1e-3 are common. `
    : `The weights shrink apart from the gradient, by learning rate × ${decoupledStrength} a step; 1e-3…1e-1 are common, and ` +
      "optax's own default of 1e-4 is hardly felt. ";
  return `${how}The mask leaves biases and norms (parameters with one axis) out; embeddings stay in.`;
}
