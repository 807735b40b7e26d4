import { qualifiedName } from '../../edits/addImport';
import { insertHelper } from '../../edits/helper';
import { insertBefore, statementOf } from '../../edits/insertStatement';
import { removeStatement, removeUnused } from '../../edits/removal';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, callsIn, enclosing, fieldOf, nodesIn, textOf } from '../../syntax';
import { chainsOf } from '../../torch/modelChains';
import { modelOf } from '../../torch/modelOutputs';
import { isBroken } from '../brokenCode';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { assignmentOf, together } from './layerEdits';

const helperName = 'cutout';

const helper = (torch: string): string =>
  `def ${helperName}(x, size):
    """Zero one size x size square per image of a (N, C, H, W) batch; squares may overlap the border."""
    n, _, h, w = x.shape
    cy = ${torch}.randint(h, (n, 1, 1), device=x.device)
    cx = ${torch}.randint(w, (n, 1, 1), device=x.device)
    yy = ${torch}.arange(h, device=x.device).view(1, h, 1)
    xx = ${torch}.arange(w, device=x.device).view(1, 1, w)
    hole = ((yy - cy + size // 2) % (2 * h) < size) & ((xx - cx + size // 2) % (2 * w) < size)
    return x.masked_fill(hole.unsqueeze(1), 0.0)`;

const facts = { technique: 'cutout', variant: 'torch.cutout.batch' } as const;

/** Cutout on the batches of a training loop, for images that are tensors and go through no transforms. */
export const cutoutBatch: PythonRecipe = {
  technique: 'cutout',
  framework: 'PyTorch',
  language: 'python',
  find: (module) => {
    const { text, root } = module.source;
    const hasTransforms = /\bCompose\b|\bRandomErasing\b/.test(text);
    return callsIn(root).flatMap((call): readonly RecipeOffer[] => {
      const present = presentAt(module, call);
      if (present) return isBroken(call) ? [] : [present];
      return hasTransforms || isBroken(call) ? [] : offerFor(module, call);
    });
  },
};

/** `output = model(data)` in a training loop over `data`, with a model that starts with a 2-d convolution. */
function offerFor(module: Module, call: SyntaxNode): readonly RecipeOffer[] {
  const { source } = module;
  const callee = fieldOf(call, 'function');
  const [input, ...others] = argumentsOf(source, call);
  const isOne = input?.value.type === 'identifier' && input.name === undefined;
  const loop = enclosing(call, 'for_statement');
  if (!callee || !isOne || others.length > 0 || !loop) return [];
  const data = textOf(source, input.value);
  if (!isTrainingLoop(module, loop, data) || !takesImages(module, callee)) return [];
  const isDone = callsIn(loop).some((other) => presentAt(module, other));
  const torch = qualifiedName(module, 'torch.arange', source.root, {
    fallback: { line: 'import torch', binds: 'torch', origin: 'torch' },
  });
  const existing = module.names.lookup(helperName, call);
  if (isDone || !torch || existing.some(({ kind }) => kind !== 'function')) return [];
  const line = `${data} = ${helperName}(${data}, size=\${1:${data}.size(-1) // 2})`;
  const edits = together(
    insertBefore(source, statementOf(call), line, 'Cut a square out of every image'),
    existing.length > 0
      ? []
      : insertHelper(
          source,
          helper(torch.text.replace(/\.arange$/, '')),
          call,
          `Add ${helperName}`,
          torch.imports,
        ),
  );
  if (!edits) return [];
  return [
    {
      ...facts,
      title: 'Cut squares out of the training batches',
      state: 'offered',
      detail:
        'Sets one square of every image to 0, at a random place and partly beyond the border; half the side of the image is what the paper took for CIFAR-10. 0 should be the mean of the images.',
      where: { start: call.start, end: call.end },
      edits: () => edits,
    },
  ];
}

function isTrainingLoop({ source }: Module, loop: SyntaxNode, data: string): boolean {
  const target = fieldOf(loop, 'left');
  const isTarget =
    target &&
    nodesIn(target).some((node) => node.type === 'identifier' && textOf(source, node) === data);
  const isPair = target && /pattern/.test(target.type);
  return isTarget === true && isPair === true && /\.backward\s*\(/.test(textOf(source, loop));
}

function takesImages(module: Module, callee: SyntaxNode): boolean {
  const owner = modelOf(module, callee);
  const starts = chainsOf(module).filter((chain) => chain.owner === owner && chain.startsAtInput);
  return (
    owner !== undefined &&
    starts.length === 1 &&
    starts[0]?.operations[0]?.origin === 'torch.nn.Conv2d'
  );
}

/** `data = cutout(data, size=…)`, with a function of the file. */
function presentAt(module: Module, call: SyntaxNode): RecipeOffer | undefined {
  const { source, names } = module;
  const callee = fieldOf(call, 'function');
  if (callee?.type !== 'identifier' || textOf(source, callee) !== helperName) return undefined;
  const [binding, ...others] = names.lookup(helperName, callee);
  const size = argumentsOf(source, call).find(({ name }) => name === 'size')?.value;
  if (binding?.kind !== 'function' || others.length > 0) return undefined;
  return {
    ...facts,
    title: 'Cutout',
    state: 'present',
    detail: size ? `The square has a side of ${textOf(source, size)}` : 'Squares are set to 0',
    where: { start: call.start, end: call.end },
    edits: () => [],
    ...(size ? { strength: { start: size.start, end: size.end } } : {}),
    removal: () => {
      const assignment = assignmentOf(module, call);
      const edit = assignment && removeStatement(source, assignment.statement, 'Remove cutout');
      if (!edit) return undefined;
      const gone = [assignment.statement];
      return [
        edit,
        ...removeUnused(source, { helpers: [helperName], imports: ['import torch'] }, gone),
      ];
    },
  };
}
