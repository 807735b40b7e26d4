import { qualifiedName } from '../../edits/addImport';
import { freeName } from '../../edits/freeName';
import { insertAfter } from '../../edits/insertStatement';
import { removeStatement, removeUnused, unwrapCall } from '../../edits/removal';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { callsIn, enclosing, fieldOf, nodesIn, partsOf, textOf } from '../../syntax';
import { methodOf, selfOf } from '../../torch/modelClass';
import { rangeOf } from '../../textEdit';
import { isBroken } from '../brokenCode';
import type { Recipe, RecipeOffer } from '../recipe';
import { importEdits, layerName, together, wrap } from './layerEdits';

const origin = 'torch.nn.utils.parametrizations.orthogonal';
const importLine = 'from torch.nn.utils.parametrizations import orthogonal';

/** Hard orthogonality: a linear layer whose weight is kept orthogonal by the way it is computed. */
export const orthogonalLayers: Recipe = {
  technique: 'orthogonality',
  framework: 'PyTorch',
  language: 'python',
  find: (module) =>
    callsIn(module.source.root).flatMap((call): readonly RecipeOffer[] => {
      const callee = fieldOf(call, 'function');
      const name = callee && module.names.origin(callee);
      if (name === origin) return isBroken(call) ? [] : [present(module, call)];
      return name === 'torch.nn.Linear' ? offerFor(module, call) : [];
    }),
};

const facts = {
  technique: 'orthogonality',
  variant: 'torch.orthogonality.parametrization',
} as const;

function offerFor(module: Module, call: SyntaxNode): readonly RecipeOffer[] {
  const { parent } = call;
  const isPlace =
    parent?.type === 'assignment' ||
    isElement(module, parent?.type === 'list' ? parent.parent : parent);
  if (isBroken(call) || !isPlace) return [];
  const name = qualifiedName(module, origin, call, {
    loaded: 'torch.nn.utils.parametrizations',
    fallback: { line: importLine, binds: 'orthogonal', origin },
  });
  const edits =
    name &&
    together(
      wrap(call, `${name.text}(`, ')', 'Add orthogonal'),
      importEdits(module, name.imports, call),
    );
  if (!edits) return [];
  return [
    {
      ...facts,
      title: 'Keep this weight orthogonal (parametrization)',
      state: 'offered',
      detail:
        'The weight is computed in every forward pass so that its rows, or else its columns, are orthonormal: nothing to tune, but its length is fixed at 1 too. In the state dict `weight` becomes `parametrizations.weight.original`: an old checkpoint no longer loads by itself, and torch.save(model) of a whole model fails. torch.nn.utils.parametrize.remove_parametrizations writes the weight back.',
      where: rangeOf(call),
      edits: () => edits,
    },
  ];
}

/** An argument of a container that takes any module. */
function isElement(module: Module, list: SyntaxNode | undefined): boolean {
  const call = list?.type === 'argument_list' ? list.parent : undefined;
  const callee = call && fieldOf(call, 'function');
  return /^torch\.nn\.(?:Sequential|ModuleList)$/.test(
    (callee && module.names.origin(callee)) ?? '',
  );
}

function present(module: Module, call: SyntaxNode): RecipeOffer {
  return {
    ...facts,
    title: 'Orthogonal weight (parametrization)',
    state: 'present',
    detail: 'The weight is kept orthogonal by the way it is computed',
    where: rangeOf(call),
    edits: () => [],
    removal: () => {
      const edits = unwrapCall(module.source, call, 'Remove orthogonal');
      if (edits.length === 0) return undefined;
      return [...edits, ...removeUnused(module.source, { imports: [importLine] }, edits)];
    },
  };
}

/**
 * An orthogonal start, in the constructor of a model.
 *
 * @see Saxe et al., Exact Solutions to the Nonlinear Dynamics of Learning in Deep Linear Neural Networks, ICLR 2014
 */
export const orthogonalStart: Recipe = {
  technique: 'orthogonality',
  framework: 'PyTorch',
  language: 'python',
  find: (module) =>
    nodesIn(module.source.root).flatMap((node) =>
      node.type === 'class_definition' ? startOf(module, node) : [],
    ),
};

function startOf(module: Module, definition: SyntaxNode): readonly RecipeOffer[] {
  const { source, names } = module;
  const init = methodOf(module, definition, '__init__');
  const self = init && selfOf(module, init);
  const body = init && fieldOf(init, 'body');
  const bases = fieldOf(definition, 'superclasses');
  const isModule =
    bases !== undefined &&
    partsOf(bases).some((base) =>
      /^torch\.nn\.Module$|\.LightningModule$/.test(names.origin(base) ?? ''),
    );
  if (!isModule || self === undefined || !body || isBroken(body)) return [];
  const layers = callsIn(body).filter((call) => {
    const callee = fieldOf(call, 'function');
    return /^torch\.nn\.(?:Linear|Conv2d)$/.test((callee && names.origin(callee)) ?? '');
  });
  const last = partsOf(body).at(-1);
  const [layer] = layers;
  if (!layer || !last) return [];
  const offer = {
    technique: 'orthogonality',
    variant: 'torch.orthogonality.init',
    where: rangeOf(fieldOf(init, 'name') ?? init),
    edits: () => [],
  } as const;

  const call = callsIn(definition).find((candidate) => {
    const callee = fieldOf(candidate, 'function');
    return names.origin(callee ?? candidate) === 'torch.nn.init.orthogonal_';
  });
  if (call) {
    const loop = enclosing(call, 'for_statement');
    const isOurs =
      loop?.parent === body &&
      callsIn(loop).length === 3 &&
      textOf(source, loop).includes(`in ${self}.modules():`);
    return [
      {
        ...offer,
        title: 'Orthogonal start',
        state: 'present',
        detail: 'Weights start orthogonal; nothing keeps them so',
        ...(isOurs
          ? {
              removal: () => {
                const edit = removeStatement(source, loop, 'Remove the orthogonal start');
                return edit && [edit];
              },
            }
          : {}),
      },
    ];
  }
  const m = freeName(module, last, 'm', 'layer', 'module');
  const linear = layerName(module, 'Linear', last);
  const conv = layerName(module, 'Conv2d', last);
  const init_ = layerName(module, 'init.orthogonal_', last);
  if (m === undefined || !linear || !conv || !init_) return [];
  const lines = [
    `for ${m} in ${self}.modules():`,
    `    if isinstance(${m}, (${linear.text}, ${conv.text})):`,
    `        ${init_.text}(${m}.weight)`,
  ].join('\n');
  const edits = together(
    insertAfter(source, last, lines, 'Start orthogonal'),
    importEdits(module, init_.imports, last),
  );
  if (!edits) return [];
  return [
    {
      ...offer,
      title: 'Start with orthogonal weights',
      state: 'offered',
      detail:
        'Linear and 2-d convolution weights start with orthonormal rows or columns, so that signals keep their length through a deep network. Nothing keeps them orthogonal: training moves them away.',
      edits: () => edits,
    },
  ];
}
