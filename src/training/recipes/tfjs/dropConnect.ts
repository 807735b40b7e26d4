import { factoryText } from '../../javascript/factory';
import { placedLayers } from '../../javascript/graph';
import { hasSpread, isBroken, propertyOf } from '../../javascript/syntax';
import { rangeOf } from '../../textEdit';
import type { JavaScriptRecipe } from '../recipe';
import { isHidden } from './dropout';
import { dropConnectDense } from './helpers/dropConnectDense';
import { framework, present } from './offer';
import { replaceLayer, restoreLayer } from './ownLayer';

const variant = { technique: 'dropconnect', variant: 'tfjs.dropconnect.dense' } as const;

const detail =
  'Drops half of the weights, not of the activations, in fit and scales the others up; predict uses all of them. One mask is drawn for each batch (the paper draws one for each sample). The class keeps all options of dense; its name in a saved model is DropConnectDense, which has to be registered where the model is loaded, and weights that were saved before are found by position only.';

/** Dense layers with dropped weights: TensorFlow.js has none, so a class is added. */
export const dropConnect: JavaScriptRecipe = {
  technique: 'dropconnect',
  framework,
  language: 'javascript',
  find: (module) =>
    placedLayers(module).flatMap((placed) => {
      const { layer } = placed;
      if (isBroken(layer.call) || !layer.config) return [];
      if (layer.isOwn && layer.name === dropConnectDense.name) {
        const factory = factoryText(module, layer.call, 'dense');
        return [
          present(variant, {
            title: 'DropConnect',
            detail,
            where: layer.call,
            strength: propertyOf(module.source, layer.config, 'rate')?.value,
            removal: () =>
              factory === undefined
                ? undefined
                : restoreLayer(module, layer, dropConnectDense, { factory, property: 'rate' }),
          }),
        ];
      }
      if (layer.isOwn || layer.name !== 'dense' || !isHidden(placed)) return [];
      if (hasSpread(layer.config)) return [];
      const edits = replaceLayer(module, layer, dropConnectDense, 'rate: ${1:0.5}');
      if (!edits) return [];
      return [
        {
          ...variant,
          title: 'Drop weights of dense (DropConnect)',
          state: 'offered' as const,
          detail,
          where: rangeOf(layer.call),
          edits: () => edits,
        },
      ];
    }),
};
