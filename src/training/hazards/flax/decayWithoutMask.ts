import { addKeyword } from '../../edits/keywords';
import { librariesFor } from '../../flax/names';
import { matricesMask, optimizersOf, originOf } from '../../flax/optimizers';
import { importLines } from '../../recipes/flax/helpers';
import { allOf } from '../../recipes/flax/offer';
import { argumentsOf, argumentValue, enclosing, textOf } from '../../syntax';
import type { PythonHazard } from '../hazard';

/** Without a mask optax decays every parameter. */
export const decayWithoutMask: PythonHazard = {
  id: 'optax/decay-without-mask',
  title: 'Decay without a mask shrinks biases and norm scales as well',
  severity: 'information',
  language: 'python',
  find: (module) => {
    const { source } = module;
    return optimizersOf(module).flatMap(({ kind, call }) => {
      if (kind.decay === undefined || kind.mask === undefined) return [];
      const args = argumentsOf(source, call);
      const decay = argumentValue(args, 'weight_decay', kind.decay);
      const isOff =
        decay && /^[\d.]+$/.test(textOf(source, decay)) && Number(textOf(source, decay)) === 0;
      const hasMask = argumentValue(args, 'mask', kind.mask) !== undefined;
      const decays = decay ? !isOff : kind.defaultDecay !== undefined;
      if (!decays || hasMask || args.some(({ isSplat }) => isSplat)) return [];
      // Another transformation may choose the parameters.
      const around = enclosing(call, 'call');
      if (
        around &&
        /^optax\.(?:masked|multi_transform|partition)$/.test(originOf(module, around) ?? '')
      ) {
        return [];
      }
      if (enclosing(call, 'dictionary', 'pair')) return [];
      const strength = decay
        ? `by ${textOf(source, decay)}`
        : `by its default of ${kind.defaultDecay ?? ''}`;
      const libraries = librariesFor(module, call, ['jax']);
      const edits =
        libraries &&
        allOf(
          addKeyword(
            source,
            call,
            `mask=${matricesMask(libraries.text('jax'))}`,
            'Leave vectors out',
          ),
          importLines(module, call, libraries.imports),
        );
      return [
        {
          message: `optax.${kind.name} decays ${strength} all that it is given, biases and norm scales as well; a mask of p.ndim > 1 keeps it to matrices and kernels.`,
          where: { start: call.start, end: call.end },
          ...(edits && { fix: { title: 'Leave biases and norms out', edits: () => edits } }),
        },
      ];
    });
  },
};
