import { modelClassesOf } from '../../flax/modelClasses';
import { linenHiddenOf, linenModelsOf } from '../../flax/linenPlaces';
import { optimizersOf } from '../../flax/optimizers';
import { fieldOf } from '../../syntax';
import type { PythonRecipe } from '../recipe';
import { unavailable } from './offer';

/** Techniques of which a user may think here, and why there is no change for them. */
export const notAtHand: readonly PythonRecipe[] = [
  {
    technique: 'spectral-norm',
    framework: 'Flax',
    language: 'python',
    find: (module) =>
      modelClassesOf(module).flatMap(({ api, definition, layer }) => {
        const name = fieldOf(definition, 'name');
        if (!name || layer !== undefined) return [];
        const detail =
          api === 'nnx'
            ? 'nnx.SpectralNorm has to be told at every call whether to update its statistics (update_stats=), which the code that calls the model has to hand down'
            : 'nn.SpectralNorm keeps statistics in a collection of its own, which init, apply and the train state have to carry, often in several files';
        const variant = `${api}.spectral-norm.module`;
        return [
          unavailable(
            { technique: 'spectral-norm', variant, title: 'Spectral normalization', detail },
            name,
          ),
        ];
      }),
  },
  {
    technique: 'max-norm',
    framework: 'optax',
    language: 'python',
    find: (module) =>
      optimizersOf(module).map(({ call }) =>
        unavailable(
          {
            technique: 'max-norm',
            variant: 'optax.max-norm.projection',
            title: 'Max-norm constraint',
            detail:
              'optax has no constraint on weights: which axis of a kernel belongs to a unit differs from layer to layer, and the projection has to come after the update',
          },
          call,
        ),
      ),
  },
  {
    technique: 'batch-norm',
    framework: 'Flax',
    language: 'python',
    find: (module) =>
      linenModelsOf(module).flatMap((model) =>
        linenHiddenOf(module, model)
          .filter(({ isNormalized }) => !isNormalized)
          .slice(0, 1)
          .map(({ statement }) =>
            unavailable(
              {
                technique: 'batch-norm',
                variant: 'linen.batch-norm.module',
                title: 'Add batch normalization before the activation',
                detail:
                  'Linen keeps running statistics outside of the parameters: init, the train state, the loss (mutable=["batch_stats"]) and every evaluation have to carry batch_stats. nn.LayerNorm or nn.GroupNorm need none of that',
              },
              statement,
            ),
          ),
      ),
  },
];
