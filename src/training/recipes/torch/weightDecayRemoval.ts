import { hasOtherUse, swapCallee } from '../../edits/importedName';
import { removeItems } from '../../edits/listItem';
import { removeUnused } from '../../edits/removal';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import {
  argumentsOf,
  argumentValue,
  callsIn,
  enclosing,
  fieldOf,
  partsOf,
  textOf,
} from '../../syntax';
import type { TextEdit, TextRange } from '../../textEdit';
import type { TorchOptimizer } from './torchOptimizers';

/** The call of an optimizer whose weights decay. */
export interface DecayingCall {
  readonly call: SyntaxNode;
  readonly callee: SyntaxNode;
  readonly optimizer: TorchOptimizer;
}

/** Where the strength of the decay stands: the keyword of the call, or that of the helper which makes its groups. */
export function decayStrength(
  module: Module,
  { call, optimizer }: DecayingCall,
): TextRange | undefined {
  const { source } = module;
  const args = argumentsOf(source, call);
  const decay =
    optimizer.position === undefined
      ? undefined
      : argumentValue(args, 'weight_decay', optimizer.position);
  const value = decay ?? helperCalls(module, args[0]?.value)[0]?.decay;
  return value && { start: value.start, end: value.end };
}

/**
 * Takes the decay out: the keyword, the groups with their helper, and AdamW, which decays unless told otherwise, becomes
 * Adam. Undefined where groups of the file's own decay.
 */
export function removeDecay(
  module: Module,
  { call, callee, optimizer }: DecayingCall,
): readonly TextEdit[] | undefined {
  const { source } = module;
  const label = 'Remove weight decay';
  const args = argumentsOf(source, call);
  if (args.some(({ isSplat }) => isSplat)) return undefined;
  const params = argumentValue(args, 'params', 0);
  const groups = helperCalls(module, params);
  const named = args.filter(({ name }) => /^(?:decoupled_)?weight_decay$/.test(name ?? ''));
  const isPositional =
    named.length === 0 &&
    optimizer.position !== undefined &&
    argumentValue(args, 'weight_decay', optimizer.position) !== undefined;
  const isOwnGroups =
    groups.length === 0 && params !== undefined && /weight_decay/.test(textOf(source, params));
  if (isPositional || isOwnGroups || !params) return undefined;

  const restored = groups.map(({ node, model }): TextEdit => {
    const newText = groups.length > 1 ? `list(${model}.parameters())` : `${model}.parameters()`;
    return { start: node.start, end: node.end, newText, label };
  });
  const [first, second] = named;
  const isRun = first && second && args.indexOf(second) === args.indexOf(first) + 1;
  const keywords = isRun
    ? removeItems(source, { first: first.node, last: second.node }, label)
    : named.flatMap(({ node }) => removeItems(source, { first: node, last: node }, label));
  if (keywords.length < (isRun ? 1 : named.length)) return undefined;
  const swap =
    optimizer.name === 'AdamW'
      ? swapBack(module, callee)
      : optimizer.defaultDecay === undefined
        ? []
        : undefined;
  if (!swap) return undefined;
  const edits = [...swap, ...restored, ...keywords];
  if (edits.length === 0) return undefined;
  const helpers = groups.map(({ name }) => name);
  return [...edits, ...removeUnused(source, { helpers: [...new Set(helpers)] }, edits)];
}

/** AdamW → Adam, and its import with it where nothing else uses it. */
function swapBack({ source, names }: Module, callee: SyntaxNode): readonly TextEdit[] | undefined {
  const label = 'AdamW → Adam';
  const swapped = swapCallee(source, names, callee, { module: 'torch.optim', name: 'Adam', label });
  const [binding] = callee.type === 'identifier' ? names.lookup('AdamW', callee) : [];
  const item = binding?.node;
  const isOnlyRename = swapped?.length === 1 && swapped[0]?.start === callee.start;
  if (!item || !isOnlyRename || hasOtherUse(source, 'AdamW', callee, item)) return swapped;
  // AdamW was imported beside Adam, which is still used elsewhere.
  const statement = enclosing(item, 'import_from_statement');
  const items = statement ? partsOf(statement).filter(({ field }) => field === 'name') : [];
  const before = items[items.indexOf(item) - 1];
  return before && before.end < item.start
    ? [...swapped, { start: before.end, end: item.end, newText: '', label }]
    : swapped;
}

interface HelperCall {
  readonly node: SyntaxNode;
  readonly name: string;
  readonly model: string;
  readonly decay: SyntaxNode | undefined;
}

/** Calls of the helper that splits parameters into groups. */
function helperCalls({ source }: Module, params: SyntaxNode | undefined): readonly HelperCall[] {
  return params
    ? callsIn(params).flatMap((node): HelperCall[] => {
        const callee = fieldOf(node, 'function');
        const name = callee && textOf(source, callee);
        const args = argumentsOf(source, node);
        const [model] = args;
        const isHelper = /^decay_param_groups(?:_by_shape)?$/.test(name ?? '');
        if (!isHelper || name === undefined || !model) return [];
        const decay = argumentValue(args, 'weight_decay', 1);
        return [{ node, name, model: textOf(source, model.value), decay }];
      })
    : [];
}
