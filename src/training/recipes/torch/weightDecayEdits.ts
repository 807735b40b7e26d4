import { filled } from '../../edits/filled';
import { insertHelper } from '../../edits/helper';
import { addKeyword, removeArgument } from '../../edits/keywords';
import type { Names } from '../../imports';
import type { Module } from '../../module';
import type { Source, SyntaxNode } from '../../source';
import { fieldOf, textOf } from '../../syntax';
import type { Argument } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import { groupsHelper, groupsHelperIn } from './parameterGroups';
import { coupledStrength, decoupledStrength } from './torchOptimizers';
import type { TorchOptimizer } from './torchOptimizers';
import type { DecayingCall } from './weightDecayRemoval';

const decouplingLabel = 'Decay apart from the gradient';

/** A call of an optimizer that decay may be given to. */
export interface OptimizerCall extends DecayingCall {
  readonly module: Module;
  readonly source: Source;
  readonly names: Names;
  /** Why the parameters must stay in one group, if so. */
  oneGroupReason(): string | undefined;
}

/** `weight_decay=` as a keyword: all parameters decay. */
export function keywordEdits(
  place: OptimizerCall,
  args: readonly Argument[],
  decay: SyntaxNode | undefined,
): readonly TextEdit[] {
  const { source, call, optimizer } = place;
  const strength = strengthFor(optimizer);
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
export function groupEdits(
  place: OptimizerCall,
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

function addMissing(
  source: Source,
  call: SyntaxNode,
  missing: readonly string[],
): readonly TextEdit[] {
  return missing.length > 0 ? addKeyword(source, call, missing.join(', '), decouplingLabel) : [];
}

/** NAdam and RAdam decay apart from the gradient only when told to. */
function decoupling(
  { source, optimizer }: OptimizerCall,
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

/** The change makes every decay decoupled that can be. */
function strengthFor({ decay }: TorchOptimizer): string {
  return decay === 'coupled' ? coupledStrength : decoupledStrength;
}
