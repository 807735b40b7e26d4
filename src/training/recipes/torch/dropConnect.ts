import { insertHelper } from '../../edits/helper';
import { addKeyword, removeArgument } from '../../edits/keywords';
import { removeUnused } from '../../edits/removal';
import { mayBeOf } from '../../families';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, callsIn, fieldOf, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import { chainsOf, isWeighted } from '../../torch/modelChains';
import type { Chain, Operation } from '../../torch/modelChains';
import { isModuleClass } from '../../torch/modelClass';
import { isBroken } from '../brokenCode';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { functionalImport, functionalName, layerName } from './layerEdits';

const helperName = 'DropConnectLinear';

const helper = (linear: string, apply: string, drop: string): string =>
  `class ${helperName}(${linear}):
    """${linear} whose weights are dropped with probability p in training (DropConnect)."""

    def __init__(self, in_features, out_features, bias=True, p=0.5, **kwargs):
        super().__init__(in_features, out_features, bias, **kwargs)
        self.p = p

    def forward(self, x):
        return ${apply}(x, ${drop}(self.weight, self.p, self.training), self.bias)`;

/**
 * DropConnect in place of a linear layer that is not the last one.
 *
 * @see Wan et al., Regularization of Neural Networks using DropConnect, ICML 2013
 */
export const dropConnect: PythonRecipe = {
  technique: 'dropconnect',
  framework: 'PyTorch',
  language: 'python',
  find: (module) => [
    ...chainsOf(module).flatMap((chain) =>
      chain.operations.flatMap((operation, index) => offerFor(module, chain, operation, index)),
    ),
    ...callsIn(module.source.root).flatMap((call) => presentIn(module, call)),
  ],
};

const facts = { technique: 'dropconnect', variant: 'torch.dropconnect.linear' } as const;

function offerFor(
  module: Module,
  chain: Chain,
  { origin, made }: Operation,
  index: number,
): readonly RecipeOffer[] {
  const callee = made && fieldOf(made, 'function');
  const isLinear = callee && module.names.origin(callee) === 'torch.nn.Linear';
  if (!isLinear || origin !== 'torch.nn.Linear' || isBroken(made)) return [];
  const isLast = !chain.operations.slice(index + 1).some((step) => isWeighted(module, step));
  if (isLast || hasExtras(module, made)) return [];
  const edits = replacement(module, made, callee);
  if (!edits) return [];
  return [
    {
      ...facts,
      title: 'nn.Linear → DropConnectLinear',
      state: 'offered',
      detail:
        'Zeroes each weight, not each unit, with probability 0.5 in training and scales the others up; nothing happens after model.eval(). One mask serves the whole batch, where the paper draws one for every sample. The keys of the state dict stay as they are.',
      where: { start: made.start, end: made.end },
      edits: () => edits,
    },
  ];
}

/** Whether arguments are given that the helper does not take at that place. */
function hasExtras(module: Module, made: SyntaxNode): boolean {
  const args = argumentsOf(module.source, made);
  const positional = args.filter(({ name }) => name === undefined);
  return args.some(({ isSplat }) => isSplat) || positional.length > 3;
}

function replacement(
  module: Module,
  made: SyntaxNode,
  callee: SyntaxNode,
): readonly TextEdit[] | undefined {
  const { source, names } = module;
  const existing = names.lookup(helperName, made);
  const rename = {
    start: callee.start,
    end: callee.end,
    newText: helperName,
    label: `Use ${helperName}`,
  };
  const edits = [rename, ...addKeyword(source, made, 'p=${1:0.5}', 'p=0.5')];
  if (existing.length > 0) {
    const isHelper = existing.every(({ kind, node }) => kind === 'class' && isOurs(module, node));
    return isHelper ? edits : undefined;
  }
  // The helper stands at module level, where names that a function imports are not seen.
  const linear = layerName(module, 'Linear', source.root);
  const apply = functionalName(module, 'linear', source.root);
  const drop = functionalName(module, 'dropout', source.root);
  if (!linear || !apply || !drop) return undefined;
  const imports = [...new Set([...linear.imports, ...apply.imports])];
  const code = helper(linear.text, apply.text, drop.text);
  return [...edits, insertHelper(source, code, made, `Add ${helperName}`, imports)];
}

function isOurs({ source }: Module, definition: SyntaxNode): boolean {
  return /\bself\.p\s*=\s*p\b/.test(textOf(source, definition));
}

/** Whether the class is one of PyTorch: by its bases where the file has it, else by what the file imports. */
function isTorchs(module: Module, callee: SyntaxNode): boolean {
  const { source, names } = module;
  const bindings = callee.type === 'identifier' ? names.lookup(textOf(source, callee), callee) : [];
  const definition = bindings.find(({ kind }) => kind === 'class')?.node;
  return definition ? isModuleClass(module, definition) : mayBeOf(source, 'PyTorch');
}

/** Layers of the helper, or of another class of that name. */
function presentIn(module: Module, call: SyntaxNode): readonly RecipeOffer[] {
  const { source } = module;
  const callee = fieldOf(call, 'function');
  const name = callee && /(?:^|\.)(DropConnect\w*)$/.exec(textOf(source, callee))?.[1];
  if (name === undefined || !callee || isBroken(call) || !isTorchs(module, callee)) return [];
  const rate = argumentsOf(source, call).find((argument) => argument.name === 'p');
  return [
    {
      ...facts,
      title: `DropConnect (${name})`,
      state: 'present',
      detail: rate
        ? `Its probability is ${textOf(source, rate.value)}`
        : 'Zeroes weights in training',
      where: { start: call.start, end: call.end },
      edits: () => [],
      ...(rate ? { strength: { start: rate.value.start, end: rate.value.end } } : {}),
      removal: () => {
        const linear = layerName(module, 'Linear', call);
        if (name !== helperName || !linear || linear.imports.length > 0) return undefined;
        const label = `Use ${linear.text}`;
        const edits: readonly TextEdit[] = [
          { start: callee.start, end: callee.end, newText: linear.text, label },
          ...(rate ? removeArgument(source, call, rate, 'Remove p') : []),
        ];
        const imports = [functionalImport, 'from torch import nn'];
        return [...edits, ...removeUnused(source, { helpers: [helperName], imports }, edits)];
      },
    },
  ];
}
