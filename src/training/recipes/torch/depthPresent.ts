import { removeArgument } from '../../edits/keywords';
import { removeItem } from '../../edits/listItem';
import { removeStatement, removeUnused, unwrapCall } from '../../edits/removal';
import { statementOf } from '../../edits/insertStatement';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, fieldOf, nodesIn, partsOf, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import { attributeUses, methodOf } from '../../torch/modelClass';
import type { RecipeOffer } from '../recipe';
import { loopOf, roundName, sitesOf, usesName } from './depthSites';
import { assignmentOf, dropAttribute } from './layerEdits';

/** Stochastic depth that a module class has: StochasticDepth of torchvision, DropPath of timm or of the file. */
export function presentDepth(module: Module, definition: SyntaxNode): readonly RecipeOffer[] {
  const { source } = module;
  for (const [name, values] of module.attributes.of(definition)) {
    const [value] = values;
    const made = value && nodesIn(value).find((node) => isDepthCall(module, node));
    const [use] = attributeCalls(module, definition, name);
    if (!made || !use) continue;
    const strength = strengthOf(module, definition, made);
    return [
      {
        technique: 'stochastic-depth',
        variant: /StochasticDepth/.test(textOf(source, made))
          ? 'torch.stochastic-depth.torchvision'
          : 'torch.stochastic-depth.helper',
        title: 'Stochastic depth',
        state: 'present',
        detail: `self.${name} skips the branch for whole samples at random in training`,
        where: { start: use.start, end: use.end },
        edits: () => [],
        ...(strength ? { strength: { start: strength.start, end: strength.end } } : {}),
        removal: () => removal(module, definition, name),
      },
    ];
  }
  return [];
}

function isDepthCall({ source, names }: Module, node: SyntaxNode): boolean {
  const callee = node.type === 'call' ? fieldOf(node, 'function') : undefined;
  if (!callee) return false;
  const origin = names.origin(callee) ?? textOf(source, callee);
  return /(?:^|\.)(?:StochasticDepth|DropPath)$/.test(origin);
}

function attributeCalls(
  module: Module,
  definition: SyntaxNode,
  name: string,
): readonly SyntaxNode[] {
  return attributeUses(module, definition, name).flatMap((use) =>
    use.field === 'function' && use.parent?.type === 'call' ? [use.parent] : [],
  );
}

/** The first number in what the blocks are given, else the parameter's default, else that of the layer. */
function strengthOf(
  module: Module,
  definition: SyntaxNode,
  made: SyntaxNode,
): SyntaxNode | undefined {
  const given = sitesOf(module, definition).flatMap(
    (site) => keyword(module, site, 'drop_path')?.value ?? [],
  );
  const parameter = parameterOf(module, definition);
  const places = [
    ...given.reverse(),
    ...(parameter ? [fieldOf(parameter, 'value') ?? parameter] : []),
    made,
  ];
  for (const place of places) {
    const number = nodesIn(place).find(({ type }) => type === 'float' || type === 'integer');
    if (number && Number(textOf(module.source, number)) !== 0) return number;
  }
  return undefined;
}

function keyword({ source }: Module, call: SyntaxNode, name: string) {
  return argumentsOf(source, call).find((argument) => argument.name === name);
}

function parameterOf(module: Module, definition: SyntaxNode): SyntaxNode | undefined {
  const init = methodOf(module, definition, '__init__');
  const parameters = init ? partsOf(fieldOf(init, 'parameters') ?? init) : [];
  return parameters.find((parameter) => {
    const name = fieldOf(parameter, 'name');
    return name !== undefined && textOf(module.source, name) === 'drop_path';
  });
}

function removal(
  module: Module,
  definition: SyntaxNode,
  name: string,
): readonly TextEdit[] | undefined {
  const { source } = module;
  const label = 'Remove drop_path';
  const edits: TextEdit[] = [];
  const gone: { readonly start: number; readonly end: number }[] = [];
  for (const call of attributeCalls(module, definition, name)) {
    const assignment = assignmentOf(module, call);
    const [input] = argumentsOf(source, call);
    const isOwnLine = assignment && input && textOf(source, input.value) === assignment.target;
    const line = isOwnLine ? removeStatement(source, statementOf(call), label) : undefined;
    const found = line ? [line] : unwrapCall(source, call, label);
    if (found.length === 0) return undefined;
    edits.push(...found);
    gone.push(...(line ? [statementOf(call)] : found));
  }
  const attribute = dropAttribute(module, definition, name, gone);
  if (attribute.length === 0) return undefined;
  edits.push(...attribute);

  const parameter = parameterOf(module, definition);
  if (parameter && name === 'drop_path') {
    const item = removeItem(source, parameter, label);
    const isUsed = nodesIn(definition).some(
      (node) =>
        node.type === 'identifier' &&
        node.field !== 'attribute' &&
        textOf(source, node) === 'drop_path' &&
        ![...attribute, parameter].some(({ start, end }) => start <= node.start && node.end <= end),
    );
    if (item.length === 0 || isUsed) return undefined;
    edits.push(...item);
    for (const site of sitesOf(module, definition)) {
      edits.push(...siteRemoval(module, site, label));
    }
  }
  const candidates = {
    helpers: ['DropPath'],
    imports: [
      'from torchvision.ops import StochasticDepth',
      'import torch',
      'from torch import nn',
    ],
  };
  return [...edits, ...removeUnused(source, candidates, edits)];
}

function siteRemoval(module: Module, site: SyntaxNode, label: string): readonly TextEdit[] {
  const { source } = module;
  const argument = keyword(module, site, 'drop_path');
  if (!argument) return [];
  const edits = removeArgument(source, site, argument, label);
  const loop = loopOf(site);
  const target = loop && fieldOf(loop, 'left');
  const isOurs = target && textOf(source, target) === roundName;
  if (!isOurs || usesName(module, site, roundName, argument.node)) return edits;
  return [...edits, { start: target.start, end: target.end, newText: '_', label }];
}
