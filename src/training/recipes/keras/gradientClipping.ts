import { addKeyword, removeArgument } from '../../edits/keywords';
import { optimizerCalls } from '../../keras/optimizers';
import { textOf } from '../../syntax';
import { compiledClipping, compiledClippingRemoval } from './compiledClipping';
import { offered, present, unavailable } from './offer';
import type { PythonRecipe } from '../recipe';

const facts = {
  technique: 'gradient-clipping',
  variant: 'keras.gradient-clipping.clipnorm',
  title: 'Clip the gradient’s norm',
} as const;

/** `clipnorm=` of an optimizer, unless it clips in another way. */
export const gradientClipping: PythonRecipe = {
  technique: 'gradient-clipping',
  framework: 'Keras',
  language: 'python',
  find: (module) => [
    ...compiledClipping(module),
    ...optimizerCalls(module).map((optimizer) => {
      const { call, args } = optimizer;
      const { source } = module;
      const given = args.find(({ name }) =>
        /^(?:clipnorm|global_clipnorm|clipvalue)$/.test(name ?? ''),
      );
      if (given) {
        return present({ ...facts, title: 'Gradient clipping' }, call, {
          detail: textOf(source, given.node),
          strength: given.value,
          removal: () => {
            const renamed = compiledClippingRemoval(module, optimizer);
            if (renamed) return renamed;
            const cuts = removeArgument(source, call, given, `Remove ${given.name ?? ''}`);
            return cuts.length > 0 ? cuts : undefined;
          },
        });
      }
      if (args.some(({ isSplat }) => isSplat)) {
        return unavailable(facts, call, 'Some arguments come from * or **');
      }
      return offered(
        facts,
        call,
        'Scales the gradient of each variable down to norm 1 where it is longer, so that one batch cannot throw the weights far away; global_clipnorm would do so with all variables together.',
        addKeyword(source, call, 'clipnorm=${1:1.0}', 'Add clipnorm'),
      );
    }),
  ],
};
