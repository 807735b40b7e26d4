import { swapCallee } from '../../edits/importedName';
import type { SyntaxNode } from '../../source';
import { argumentsOf, argumentValue, callsIn, fieldOf } from '../../syntax';
import type { Argument } from '../../syntax';
import { isBroken } from '../brokenCode';
import type { Recipe, RecipeOffer } from '../recipe';
import { hasDecayKey, hasOwnGroups, isZero, modelsOf, reasonForOneGroup } from './parameterGroups';
import { torchOptimizers } from './torchOptimizers';
import { offerDetail, presentDetail } from './weightDecayDetails';
import { groupEdits, keywordEdits, type OptimizerCall } from './weightDecayEdits';
import { decayStrength, removeDecay } from './weightDecayRemoval';

/**
 * Weight decay in PyTorch's optimizers: decoupled where there is a class for it, and on matrices and kernels only.
 *
 * @see Loshchilov & Hutter, Decoupled Weight Decay Regularization, ICLR 2019
 */
export const torchWeightDecay: Recipe = {
  technique: 'l2',
  framework: 'PyTorch',
  language: 'python',
  find: (module) => {
    const { source, names } = module;
    // Asks the whole file, so once for all its optimizers.
    let reason: { readonly oneGroup: string | undefined } | undefined;
    const oneGroupReason = (): string | undefined =>
      (reason ??= { oneGroup: reasonForOneGroup(source, names) }).oneGroup;
    return callsIn(source.root).flatMap((call) => {
      const callee = fieldOf(call, 'function');
      const optimizer = callee && torchOptimizers.get(names.origin(callee) ?? '');
      if (!optimizer) return [];
      return [offerFor({ module, source, names, call, callee, optimizer, oneGroupReason })];
    });
  },
};

const l2 = { technique: 'l2', variant: 'torch.l2.optimizer' } as const;

function offerFor(place: OptimizerCall): RecipeOffer {
  const { source, call, optimizer } = place;
  const { name, position } = optimizer;
  const where = { start: call.start, end: call.end };
  const settled = (state: 'present' | 'unavailable', detail: string): RecipeOffer => ({
    ...l2,
    ...(state === 'present' ? presentFacts(place) : {}),
    title: state === 'present' ? `Weight decay in ${name}` : `Add weight decay to ${name}`,
    state,
    detail,
    where,
    edits: () => [],
  });

  if (isBroken(call)) {
    return settled('unavailable', 'The code around this optimizer has a syntax error');
  }
  if (position === undefined) {
    return settled(
      'unavailable',
      `torch.optim.${name} has no weight_decay; L2 can be added to the loss instead`,
    );
  }
  const args = argumentsOf(source, call);
  const parameters = argumentValue(args, 'params', 0);
  const decay = argumentValue(args, 'weight_decay', position);
  if (args.some(({ isSplat }) => isSplat)) {
    return decay && !isZero(source, decay)
      ? settled('present', presentDetail(place, args, decay))
      : settled(
          'unavailable',
          'Some arguments come from * or **; whether weight_decay is among them is not known',
        );
  }
  if (!parameters) return settled('unavailable', 'The optimizer is given no parameters here');
  if (decay && !isZero(source, decay)) {
    return settled('present', presentDetail(place, args, decay));
  }
  if (hasOwnGroups(source, parameters)) {
    return settled('present', 'The parameter groups have a weight decay of their own');
  }
  const isBuiltElsewhere =
    ['identifier', 'attribute', 'call'].includes(parameters.type) &&
    modelsOf(source, place.names, parameters) === undefined;
  if (isBuiltElsewhere && hasDecayKey(source, source.root)) {
    return settled('present', 'The file builds parameter groups with a weight decay of their own');
  }
  return offered(place, args, parameters, decay);
}

/** Where the strength stands, and how the decay is taken out. */
function presentFacts(place: OptimizerCall): Pick<RecipeOffer, 'strength' | 'removal'> {
  const strength = decayStrength(place.module, place);
  return {
    ...(strength ? { strength } : {}),
    removal: () => removeDecay(place.module, place),
  };
}

/** The class after the change: Adam becomes AdamW, unless the call uses an option that AdamW has not. */
function isSwapped({ optimizer }: OptimizerCall, args: readonly Argument[]): boolean {
  return optimizer.name === 'Adam' && !args.some(({ name }) => name === 'decoupled_weight_decay');
}

function offered(
  place: OptimizerCall,
  args: readonly Argument[],
  parameters: SyntaxNode,
  decay: SyntaxNode | undefined,
): RecipeOffer {
  const { source, names, call, callee, optimizer } = place;
  const swaps = isSwapped(place, args);
  const models = modelsOf(source, names, parameters);
  const oneGroup = models
    ? place.oneGroupReason()
    : 'the parameters are not taken from a model in this call';
  const swap = swaps
    ? swapCallee(source, names, callee, {
        module: 'torch.optim',
        name: 'AdamW',
        label: 'Adam → AdamW',
      })
    : [];
  const where = { start: call.start, end: call.end };
  const title = swaps ? 'Add weight decay: Adam → AdamW' : `Add weight decay to ${optimizer.name}`;
  if (!swap) {
    const detail = 'AdamW cannot be imported here under its own name';
    return { ...l2, title, state: 'unavailable', detail, where, edits: () => [] };
  }
  if (oneGroup !== undefined && optimizer.defaultDecay !== undefined && !decay) {
    const detail = `${optimizer.name} decays by ${optimizer.defaultDecay} unless told otherwise; biases and norms as well, since ${oneGroup}`;
    const name = `Weight decay in ${optimizer.name}`;
    const facts = presentFacts(place);
    return { ...l2, ...facts, title: name, state: 'present', detail, where, edits: () => [] };
  }

  return {
    ...l2,
    title,
    state: 'offered',
    detail: offerDetail(place, swaps, oneGroup),
    where,
    edits: () => [
      ...swap,
      ...(models && oneGroup === undefined
        ? groupEdits(place, args, { parameters, decay, models })
        : keywordEdits(place, args, decay)),
    ],
  };
}
