import { layerCallsIn } from '../../keras/layerCalls';
import type { LayerCall } from '../../keras/layerCalls';
import type { Module } from '../../module';
import type { TechniqueId } from '../../techniques/technique';
import type { PythonRecipe, RecipeOffer } from '../recipe';

/** One way of adding a technique to a layer; undefined where the layer is not of the kind. */
export type LayerVariant = (module: Module, layer: LayerCall) => RecipeOffer | undefined;

/** A technique that is a matter of one layer's own arguments. Where one variant is present, the others are not offered. */
export function layerTechnique(
  technique: TechniqueId,
  variants: readonly LayerVariant[],
): PythonRecipe {
  return {
    technique,
    framework: 'Keras',
    language: 'python',
    find: (module) =>
      layerCallsIn(module, module.source.root).flatMap((layer) => {
        const offers = variants.flatMap((variant) => variant(module, layer) ?? []);
        const there = offers.filter(({ state }) => state === 'present');
        return there.length > 0 ? there : offers;
      }),
  };
}
