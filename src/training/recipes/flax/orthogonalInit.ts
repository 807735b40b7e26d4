import { addKeyword, removeArgument } from '../../edits/keywords';
import { librariesFor } from '../../flax/names';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, callsIn, fieldOf, textOf } from '../../syntax';
import { isBroken } from '../brokenCode';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { importLines } from './helpers';
import { allOf, offered, present } from './offer';

/**
 * Orthogonal starting values of a linear layer or convolution.
 *
 * @see Saxe et al., Exact solutions to the nonlinear dynamics of learning in deep linear neural networks, ICLR 2014
 */
export const orthogonalInit: PythonRecipe = {
  technique: 'orthogonality',
  framework: 'Flax',
  language: 'python',
  find: (module) =>
    callsIn(module.source.root).flatMap((call) => {
      const callee = fieldOf(call, 'function');
      const origin = callee && module.names.origin(callee);
      const match = /^flax\.(nnx|linen)\.(?:Linear|Dense|Conv)$/.exec(origin ?? '');
      return match ? offerFor(module, call, match[1] === 'nnx' ? 'nnx' : 'linen') : [];
    }),
};

function offerFor(module: Module, call: SyntaxNode, api: 'nnx' | 'linen'): readonly RecipeOffer[] {
  const { source } = module;
  const facts = {
    technique: 'orthogonality',
    variant: `${api}.orthogonality.init`,
    title: 'Start from an orthogonal kernel',
  } as const;
  const args = argumentsOf(source, call);
  const init = args.find(({ name }) => name === 'kernel_init');
  if (init) {
    if (!/orthogonal\(/.test(textOf(source, init.value))) return [];
    const detail = `The kernel starts from ${textOf(source, init.value)}; training may leave it`;
    const title = 'Orthogonal starting values';
    return [
      present({ ...facts, title, detail }, call, {
        removal: () => {
          const edits = removeArgument(source, call, init, 'Remove kernel_init');
          return edits.length > 0 ? edits : undefined;
        },
      }),
    ];
  }
  if (isBroken(call) || args.length === 0 || args.some(({ isSplat }) => isSplat)) return [];
  const origin = api === 'nnx' ? 'flax.nnx' : 'flax.linen';
  const libraries = librariesFor(module, call, [origin]);
  const edits =
    libraries &&
    allOf(
      addKeyword(
        source,
        call,
        `kernel_init=${libraries.text(origin)}.initializers.orthogonal()`,
        'Start from an orthogonal kernel',
      ),
      importLines(module, call, libraries.imports),
    );
  if (!edits) return [];
  const detail =
    'The first kernel has orthonormal columns (or rows, on the smaller side): signals keep their length through a deep linear stack. ' +
    'It is a start only: nothing holds the weights there in training, for which there is the Gram penalty.';
  return [offered({ ...facts, detail }, call, () => edits)];
}
