import { filled } from '../../edits/filled';
import { addKeyword, removeArgument } from '../../edits/keywords';
import { insertHelper } from '../../edits/helper';
import { swapCallee } from '../../edits/importedName';
import type { Names } from '../../imports';
import type { Module } from '../../module';
import type { Source, SyntaxNode } from '../../source';
import { argumentsOf, argumentValue, callsIn, fieldOf, textOf } from '../../syntax';
import type { Argument } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import { isBroken } from '../brokenCode';
import {
  groupsHelper,
  groupsHelperIn,
  hasDecayKey,
  hasOwnGroups,
  isZero,
  modelsOf,
  reasonForOneGroup,
} from './parameterGroups';
import type { Recipe, RecipeOffer } from '../recipe';
import { coupledStrength, decoupledStrength, torchOptimizers } from './torchOptimizers';
import type { TorchOptimizer } from './torchOptimizers';
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

interface Place {
  readonly module: Module;
  readonly source: Source;
  readonly names: Names;
  readonly call: SyntaxNode;
  readonly callee: SyntaxNode;
  readonly optimizer: TorchOptimizer;
  /** Why the parameters must stay in one group, if so. */
  oneGroupReason(): string | undefined;
}

function offerFor(place: Place): RecipeOffer {
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
function presentFacts(place: Place): Pick<RecipeOffer, 'strength' | 'removal'> {
  const strength = decayStrength(place.module, place);
  return {
    ...(strength ? { strength } : {}),
    removal: () => removeDecay(place.module, place),
  };
}

/** The class after the change: Adam becomes AdamW, unless the call uses an option that AdamW has not. */
function isSwapped({ optimizer }: Place, args: readonly Argument[]): boolean {
  return optimizer.name === 'Adam' && !args.some(({ name }) => name === 'decoupled_weight_decay');
}

/** The change makes every decay decoupled that can be. */
function strengthFor({ decay }: TorchOptimizer): string {
  return decay === 'coupled' ? coupledStrength : decoupledStrength;
}

function offered(
  place: Place,
  args: readonly Argument[],
  parameters: SyntaxNode,
  decay: SyntaxNode | undefined,
): RecipeOffer {
  const { source, names, call, callee, optimizer } = place;
  const swaps = isSwapped(place, args);
  const strength = strengthFor(optimizer);
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
        : keywordEdits(place, args, { decay, strength })),
    ],
  };
}

/** `weight_decay=` as a keyword: all parameters decay. */
function keywordEdits(
  place: Place,
  args: readonly Argument[],
  plan: { readonly decay: SyntaxNode | undefined; readonly strength: string },
): readonly TextEdit[] {
  const { source, call } = place;
  const { decay, strength } = plan;
  const { changed, missing } = decoupling(place, args);
  const keyword = `weight_decay=${strength}`;
  const added = decay ? missing : [keyword, ...missing];
  return [
    ...(decay ? [replacement(decay, strength, keyword)] : []),
    ...changed,
    ...(added.length > 0
      ? addKeyword(
          source,
          call,
          added.join(', ').replace(keyword, `weight_decay=\${1:${strength}}`),
          keyword,
        )
      : []),
  ];
}

/** Parameter groups in place of `model.parameters()`, each with a decay of its own. */
function groupEdits(
  place: Place,
  args: readonly Argument[],
  plan: {
    readonly parameters: SyntaxNode;
    readonly decay: SyntaxNode | undefined;
    readonly models: readonly string[];
  },
): readonly TextEdit[] {
  const { source, names, call } = place;
  const { parameters, decay, models } = plan;
  const strength = strengthFor(place.optimizer);
  const helper = groupsHelperIn(source, names, call);
  const groups = models
    .map((model) => `${helper.name}(${model}, weight_decay=\${1:${strength}})`)
    .join(' + ');
  const split = 'Leave biases and norms out';
  const helperEdits = helper.isDefined
    ? []
    : [insertHelper(source, groupsHelper(helper.name), call, `Add ${helper.name}`)];
  const { changed, missing } = decoupling(place, args);

  if (fieldOf(call, 'arguments') === parameters) {
    // A bare generator, whose parentheses are those of the call.
    const all = [groups, ...missing].join(', ');
    return [replacement(parameters, `(${all})`, split), ...helperEdits];
  }
  const zero = args.find(({ value }) => value === decay);
  const zeroEdits = !zero
    ? addMissing(source, call, missing)
    : zero.name === undefined
      ? [
          replacement(zero.value, strength, `weight_decay=${strength}`),
          ...addMissing(source, call, missing),
        ]
      : missing.length > 0
        ? [replacement(zero.node, missing.join(', '), decouplingLabel)]
        : removeArgument(source, call, zero, 'Remove weight_decay=0');
  return [replacement(parameters, groups, split), ...changed, ...zeroEdits, ...helperEdits];
}

const decouplingLabel = 'Decay apart from the gradient';

function addMissing(
  source: Source,
  call: SyntaxNode,
  missing: readonly string[],
): readonly TextEdit[] {
  return missing.length > 0 ? addKeyword(source, call, missing.join(', '), decouplingLabel) : [];
}

/** NAdam and RAdam decay apart from the gradient only when told to. */
function decoupling(
  { source, optimizer }: Place,
  args: readonly Argument[],
): { readonly changed: readonly TextEdit[]; readonly missing: readonly string[] } {
  const keyword = 'decoupled_weight_decay';
  const existing = args.find(({ name }) => name === keyword);
  if (existing) {
    const isOn = textOf(source, existing.value) === 'True';
    const changed = isOn ? [] : [replacement(existing.value, 'True', decouplingLabel)];
    return { changed, missing: [] };
  }
  const needsIt = optimizer.decay === 'optional' && optimizer.name !== 'Adam';
  return { changed: [], missing: needsIt ? [`${keyword}=True`] : [] };
}

function replacement({ start, end }: SyntaxNode, pattern: string, label: string): TextEdit {
  return { start, end, ...filled(pattern), label };
}

function offerDetail(
  { source, optimizer }: Place,
  swaps: boolean,
  oneGroup: string | undefined,
): string {
  const { name } = optimizer;
  const sentences: string[] = [];
  if (swaps) {
    sentences.push(
      'AdamW shrinks the weights apart from the gradient; in Adam the adaptive step would rescale the decay.',
    );
  }
  if (optimizer.decay !== 'coupled') {
    sentences.push(
      `Strength ${decoupledStrength} is AdamW's own default; each step shrinks the weights by learning rate × ${decoupledStrength}.`,
    );
  } else {
    sentences.push(
      name === 'SGD'
        ? 'SGD adds the decay to the gradient (coupled L2): with momentum it goes through the momentum too.'
        : `${name} adds the decay to the gradient (coupled L2), so that its adaptive step rescales it.`,
      `Strength ${coupledStrength} is what most published SGD recipes use; 1e-5…1e-3 are common.`,
    );
  }
  if (oneGroup !== undefined) {
    sentences.push(`Biases and norms are decayed as well, since ${oneGroup}.`);
    return sentences.join(' ');
  }
  sentences.push('Biases and norms (parameters with one dimension) are left out.');
  if (/requires_grad|\bfreeze|unfreeze/.test(source.text)) {
    sentences.push('So are parameters that are frozen when the optimizer is made.');
  }
  if (/optim\w*\.load_state_dict/.test(source.text)) {
    sentences.push(
      'An optimizer state that was saved before has one group and can no longer be loaded.',
    );
  }
  return sentences.join(' ');
}

function presentDetail(
  { source, names, optimizer }: Place,
  args: readonly Argument[],
  decay: SyntaxNode,
): string {
  const option = args.find(({ name }) => name === 'decoupled_weight_decay');
  const isDecoupled =
    optimizer.decay === 'decoupled' || (option && textOf(source, option.value) === 'True');
  const parameters = argumentValue(args, 'params', 0);
  const isPlain = parameters && modelsOf(source, names, parameters) !== undefined;
  return [
    `weight_decay is ${textOf(source, decay)}`,
    isDecoupled ? 'decoupled' : 'added to the gradient (coupled L2)',
    ...(isPlain ? ['on biases and norms as well'] : []),
  ].join(', ');
}
