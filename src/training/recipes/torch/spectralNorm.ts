import { qualifiedName } from '../../edits/addImport';
import { removeUnused, unwrapCall } from '../../edits/removal';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { callsIn, fieldOf, partsOf } from '../../syntax';
import { madeLayer } from '../../torch/modelLayer';
import { isBroken } from '../brokenCode';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { importEdits, together, wrap } from './layerEdits';

const line = 'from torch.nn.utils.parametrizations import spectral_norm';

/**
 * Spectral normalization of a layer.
 *
 * @see Miyato et al., Spectral Normalization for Generative Adversarial Networks, ICLR 2018
 */
export const spectralNorm: PythonRecipe = {
  technique: 'spectral-norm',
  framework: 'PyTorch',
  language: 'python',
  find: (module) =>
    callsIn(module.source.root).flatMap((call) => {
      const callee = fieldOf(call, 'function');
      const origin = callee && module.names.origin(callee);
      if (origin === undefined) return [];
      if (/^torch\.nn\.utils\.(?:parametrizations\.)?spectral_norm$/.test(origin)) {
        return isBroken(call) ? [] : [present(module, call)];
      }
      return /^torch\.nn\.(?:Linear|Conv(?:Transpose)?[123]d)$/.test(origin)
        ? offerFor(module, call)
        : [];
    }),
};

const facts = { technique: 'spectral-norm', variant: 'torch.spectral-norm.wrap' } as const;

function offerFor(module: Module, call: SyntaxNode): readonly RecipeOffer[] {
  if (isBroken(call) || isWrapped(module, call) || !isModulePlace(module, call)) return [];
  const name = qualifiedName(module, 'torch.nn.utils.parametrizations.spectral_norm', call, {
    loaded: 'torch.nn.utils.parametrizations',
    fallback: {
      line,
      binds: 'spectral_norm',
      origin: 'torch.nn.utils.parametrizations.spectral_norm',
    },
  });
  const label = 'Add spectral_norm';
  const edits =
    name &&
    together(wrap(call, `${name.text}(`, ')', label), importEdits(module, name.imports, call));
  if (!edits) return [];
  return [
    {
      ...facts,
      title: 'Wrap in spectral_norm',
      state: 'offered',
      detail:
        'Divides the weight by its largest singular value in every forward pass, so that the layer cannot amplify. The estimate gets better with each training step (one power iteration). In the state dict `weight` becomes `parametrizations.weight.original`: an old checkpoint no longer loads by itself, and torch.nn.utils.parametrize.remove_parametrizations writes the divided weight back.',
      where: { start: call.start, end: call.end },
      edits: () => edits,
    },
  ];
}

/** Whether the call is an argument of a parametrization already. */
function isWrapped(module: Module, call: SyntaxNode): boolean {
  const around = call.parent?.parent;
  const callee = around?.type === 'call' ? fieldOf(around, 'function') : undefined;
  const origin = callee && module.names.origin(callee);
  return origin?.startsWith('torch.nn.utils.') === true;
}

/** An element of a Sequential or ModuleList, or the value of an assignment or of a return: places that take any module. */
function isModulePlace(module: Module, call: SyntaxNode): boolean {
  const { parent } = call;
  if (parent?.type === 'assignment' || parent?.type === 'return_statement') return true;
  const list = parent?.type === 'list' ? parent.parent : parent;
  const callee = list?.type === 'argument_list' && list.parent && fieldOf(list.parent, 'function');
  const origin = callee ? module.names.origin(callee) : undefined;
  return /^torch\.nn\.(?:Sequential|ModuleList)$/.test(origin ?? '');
}

function present(module: Module, call: SyntaxNode): RecipeOffer {
  const [first] = partsOf(fieldOf(call, 'arguments') ?? call);
  const layer = first?.type === 'call' ? madeLayer(module, first).origin : '';
  return {
    ...facts,
    title: 'Spectral normalization',
    state: 'present',
    detail: `The largest singular value of ${layer === '' ? 'the weight' : layer.replace('torch.', '')} is held at 1`,
    where: { start: call.start, end: call.end },
    edits: () => [],
    removal: () => {
      const edits = unwrapCall(module.source, call, 'Remove spectral_norm');
      if (edits.length === 0) return undefined;
      return [...edits, ...removeUnused(module.source, { imports: [line] }, edits)];
    },
  };
}
