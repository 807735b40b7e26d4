import { qualifiedName } from '../../edits/addImport';
import type { QualifiedName } from '../../edits/addImport';
import { insertHelper } from '../../edits/helper';
import { insertBefore, statementOf } from '../../edits/insertStatement';
import { insertItemAfter } from '../../edits/listItem';
import type { Module } from '../../module';
import { remembered } from '../../remember';
import type { Source, SyntaxNode } from '../../source';
import { fieldOf, nodesIn, partsOf, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import { isModuleClass, methodOf, selfOf } from '../../torch/modelClass';
import { residualsOf } from '../../torch/modelResidual';
import type { Residual } from '../../torch/modelResidual';
import { isBroken } from '../brokenCode';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { presentDepth } from './depthPresent';
import { scheduleEdits, sitesOf } from './depthSites';
import {
  addAttribute,
  importEdits,
  isFreeAttribute,
  layerName,
  together,
  wrap,
} from './layerEdits';

const depthHelper = 'DropPath';
const depthImport = 'from torchvision.ops import StochasticDepth';

const helper = (base: string, rand: string): string =>
  `class ${depthHelper}(${base}):
    """Stochastic depth: drop the residual branch of whole samples with probability p in training."""

    def __init__(self, p=0.0):
        super().__init__()
        self.p = p

    def forward(self, x):
        if not self.training or self.p == 0.0:
            return x
        keep = ${rand}(x.shape[0], *[1] * (x.ndim - 1), device=x.device) >= self.p
        return x * keep / (1 - self.p)`;

/**
 * Stochastic depth on the residual branches of a block.
 *
 * @see Huang et al., Deep Networks with Stochastic Depth, ECCV 2016
 */
export const stochasticDepth: PythonRecipe = {
  technique: 'stochastic-depth',
  framework: 'PyTorch',
  language: 'python',
  find: (module) =>
    nodesIn(module.source.root).flatMap((node) => {
      if (node.type !== 'class_definition' || !isModuleClass(module, node)) return [];
      const present = presentDepth(module, node);
      return present.length > 0 ? present : offerFor(module, node);
    }),
};

function offerFor(module: Module, definition: SyntaxNode): readonly RecipeOffer[] {
  const residuals = residualsOf(module, definition);
  const [first] = residuals;
  if (!first || isBroken(first.where) || definition.hasError) return [];
  if (!isFreeAttribute(module, definition, 'drop_path')) return [];
  const sites = sitesOf(module, definition);
  const schedule = scheduleEdits(module, sites);
  const edits = together(
    blockEdits(module, definition, residuals, schedule ? '0.0' : '${1:0.1}'),
    schedule ?? [],
  );
  if (!edits) return [];
  const rates = schedule
    ? 'The rate grows linearly from 0 at the first block to 0.2 at the last one.'
    : 'Every block gets the rate 0.1, the default of its new parameter: where the blocks of a stack are made one by one, let it grow towards the last.';
  return [
    {
      technique: 'stochastic-depth',
      variant: usesTorchvision(module)
        ? 'torch.stochastic-depth.torchvision'
        : 'torch.stochastic-depth.helper',
      title: 'Add stochastic depth to the residual branch',
      state: 'offered',
      detail: `Skips the branch for whole samples at random in training and scales it up for the others; in evaluation every block runs. ${rates} It needs a stack of several blocks. The state dict keeps its keys.`,
      where: { start: first.where.start, end: first.where.end },
      edits: () => edits,
    },
  ];
}

function blockEdits(
  module: Module,
  definition: SyntaxNode,
  residuals: readonly Residual[],
  rate: string,
): readonly TextEdit[] | undefined {
  const init = methodOf(module, definition, '__init__');
  const forward = methodOf(module, definition, 'forward');
  const self = forward && selfOf(module, forward);
  const parameters = init && fieldOf(init, 'parameters');
  const all = parameters ? partsOf(parameters) : [];
  const last = all.at(-1);
  const isPlain = all.every(({ type }) =>
    /^(?:identifier|(?:typed_)?default_parameter|typed_parameter)$/.test(type),
  );
  const isTaken = all.some((parameter) => /^drop_path\b/.test(textOf(module.source, parameter)));
  if (!last || !isPlain || isTaken || self === undefined) return undefined;
  const layer = layerFor(module, definition);
  if (!layer) return undefined;
  return together(
    insertItemAfter(module.source, last, `drop_path=${rate}`, 'Add the parameter drop_path'),
    addAttribute(module, definition, { name: 'drop_path', value: layer.value }),
    layer.edits,
    ...residuals.map((residual) => residualEdits(module, residual, `${self}.drop_path`)),
  );
}

function residualEdits(
  { source }: Module,
  { kind, branch, where }: Residual,
  apply: string,
): readonly TextEdit[] | undefined {
  const label = 'Apply drop_path';
  if (kind === 'sum') return wrap(branch, `${apply}(`, ')', label);
  const left = fieldOf(where, 'left');
  if (left === branch && branch.type === 'identifier') {
    const name = textOf(source, branch);
    const edit = insertBefore(source, statementOf(where), `${name} = ${apply}(${name})`, label);
    return edit && [edit];
  }
  return wrap(branch, `${apply}(`, ')', label);
}

function layerFor(
  module: Module,
  at: SyntaxNode,
): { readonly value: string; readonly edits: readonly TextEdit[] } | undefined {
  if (usesTorchvision(module)) {
    const origin = 'torchvision.ops.StochasticDepth';
    const name = qualifiedName(module, origin, at, {
      fallback: { line: depthImport, binds: 'StochasticDepth', origin },
    });
    const edits = name && importEdits(module, name.imports, at);
    return name && edits && { value: `${name.text}(drop_path, mode="row")`, edits };
  }
  const value = `${depthHelper}(drop_path)`;
  const existing = module.names.lookup(depthHelper, at);
  if (existing.length > 0) return { value, edits: [] };
  // At module level, where names that a function imports are not seen.
  const { root } = module.source;
  const base = layerName(module, 'Module', root);
  const rand = torchName(module, root);
  if (!base || !rand) return undefined;
  const imports = [...new Set([...rand.imports, ...base.imports])];
  const code = helper(base.text, rand.text);
  return { value, edits: [insertHelper(module.source, code, at, `Add ${depthHelper}`, imports)] };
}

function torchName(module: Module, at: SyntaxNode): QualifiedName | undefined {
  const fallback = { line: 'import torch', binds: 'torch', origin: 'torch' };
  return qualifiedName(module, 'torch.rand', at, { fallback });
}

function usesTorchvision({ source }: Module): boolean {
  return importsTorchvision(source);
}

const importsTorchvision = remembered((source: Source): boolean =>
  nodesIn(source.root).some(
    (node) =>
      /^import_(?:from_)?statement$/.test(node.type) &&
      /^(?:from|import)\s+torchvision\b/.test(textOf(source, node)),
  ),
);
