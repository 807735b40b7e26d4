import { removeArgument } from '../../edits/keywords';
import { removeItem } from '../../edits/listItem';
import { removeStatement, removeUnused, unwrapCall } from '../../edits/removal';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, argumentValue, textOf } from '../../syntax';
import type { TextEdit, TextRange } from '../../textEdit';
import type { Chain, Operation } from '../../torch/modelChains';
import type { RecipeOffer } from '../recipe';
import { assignmentOf, dropAttribute, functionalImport } from './layerEdits';

/** Dropout that a chain has. */
export function presentDropout(module: Module, chain: Chain): readonly RecipeOffer[] {
  return chain.operations.flatMap((operation): readonly RecipeOffer[] => {
    const { kind, origin, place, made } = operation;
    if (kind !== 'dropout' || !made) return [];
    const isFunctional = origin.startsWith('torch.nn.functional.');
    const rate = argumentValue(argumentsOf(module.source, made), 'p', isFunctional ? 1 : 0);
    const text = rate ? textOf(module.source, rate) : 'not given, so it is 0.5';
    const way = chain.kind === 'sequential' ? 'element' : isFunctional ? 'functional' : 'attribute';
    return [
      {
        technique: 'dropout',
        variant: `torch.dropout.${way}`,
        title: `Dropout (${origin.split('.').at(-1) ?? ''})`,
        state: 'present',
        detail: `Its probability is ${text}`,
        where: { start: place.start, end: place.end },
        edits: () => [],
        ...(rate ? { strength: { start: rate.start, end: rate.end } } : {}),
        removal: () =>
          chain.kind === 'sequential'
            ? nonEmpty(removeItem(module.source, place, 'Remove dropout'))
            : stepRemoval(module, chain, operation),
      },
    ];
  });
}

/** Takes a step out of `forward`: its line or the call around its input; and the attribute that nothing else uses. */
export function stepRemoval(
  module: Module,
  chain: Chain,
  { place, attribute }: Operation,
): readonly TextEdit[] | undefined {
  const { source } = module;
  const label = 'Remove the step';
  const [input] = argumentsOf(source, place);
  const assignment = assignmentOf(module, place);
  const isOwnLine =
    assignment && input && textOf(source, input.value) === assignment.target && !input.isSplat;
  const line = isOwnLine ? removeStatement(source, assignment.statement, label) : undefined;
  const edits = line ? [line] : unwrapCall(source, place, label);
  if (edits.length === 0) return undefined;
  const removed: readonly TextRange[] = line ? [assignment?.statement ?? place] : edits;
  const attributes =
    attribute === undefined ? [] : dropAttribute(module, chain.owner, attribute, removed);
  const gone = [...removed, ...attributes];
  const imports = removeUnused(
    source,
    { imports: [functionalImport, 'from torch import nn'] },
    gone,
  );
  return [...edits, ...attributes, ...imports];
}

/** The edits, if there are any. */
export function nonEmpty(edits: readonly TextEdit[]): readonly TextEdit[] | undefined {
  return edits.length > 0 ? edits : undefined;
}

/** Takes a keyword of a call out. */
export function keywordRemoval(
  module: Module,
  call: SyntaxNode,
  keyword: string,
): readonly TextEdit[] | undefined {
  const argument = argumentsOf(module.source, call).find(({ name }) => name === keyword);
  return argument && nonEmpty(removeArgument(module.source, call, argument, `Remove ${keyword}`));
}
