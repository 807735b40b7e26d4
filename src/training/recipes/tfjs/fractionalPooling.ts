import { factoryText } from '../../javascript/factory';
import type { Layer } from '../../javascript/layers';
import { layersIn } from '../../javascript/layers';
import type { JavaScriptModule } from '../../javascript/module';
import { numberOf, sizesOf } from '../../javascript/numbers';
import { isBroken, propertiesOf, propertyOf } from '../../javascript/syntax';
import type { SyntaxNode } from '../../source';
import { rangeOf } from '../../textEdit';
import type { JavaScriptRecipe } from '../recipe';
import { fractionalMaxPooling } from './helpers/fractionalMaxPooling';
import { framework, present } from './offer';
import { replaceLayer, restoreLayer } from './ownLayer';

const variant = {
  technique: 'fractional-pooling',
  variant: 'tfjs.fractional-pooling.layer',
} as const;

const detail =
  'Pools 2×2 windows whose rows and columns are drawn for each batch in fit and fixed in predict. The output is smaller by 1.41 instead of 2 (8×8 → 5×5), so that what follows grows: a saved model has other sizes from the next dense layer on, and a reshape with literal sizes has to be adapted.';

/** Fractional max pooling in place of 2×2 max pooling: TensorFlow.js has none, so a class is added. */
export const fractionalPooling: JavaScriptRecipe = {
  technique: 'fractional-pooling',
  framework,
  language: 'javascript',
  find: (module) =>
    layersIn(module).flatMap((layer) => {
      if (isBroken(layer.call) || !layer.config) return [];
      if (layer.isOwn && layer.name === fractionalMaxPooling.name) {
        const factory = factoryText(module, layer.call, 'maxPooling2d');
        return [
          present(variant, {
            title: 'Fractional max pooling',
            detail,
            where: layer.call,
            strength: propertyOf(module.source, layer.config, 'ratio')?.value,
            removal: () =>
              factory === undefined
                ? undefined
                : restoreLayer(module, layer, fractionalMaxPooling, { factory, property: 'ratio' }),
          }),
        ];
      }
      if (layer.isOwn || layer.name !== 'maxPooling2d' || !isHalving(module, layer)) return [];
      const edits = replaceLayer(module, layer, fractionalMaxPooling, 'ratio: ${1:1.41}');
      if (!edits) return [];
      return [
        {
          ...variant,
          title: 'Pool over random fractions (fractional max pooling)',
          state: 'offered' as const,
          detail,
          where: rangeOf(layer.call),
          edits: () => edits,
        },
      ];
    }),
};

/** Windows of 2×2, two apart, without further options. */
function isHalving(module: JavaScriptModule, { config }: Layer): boolean {
  if (!config) return false;
  const isTwo = (value: SyntaxNode | undefined): boolean =>
    value !== undefined &&
    (numberOf(module, value) === 2 || sizesOf(module, value)?.join() === '2,2');
  return propertiesOf(module.source, config).every(({ key, value }) => {
    switch (key) {
      case 'poolSize':
      case 'strides':
        return isTwo(value);
      case 'name':
        return true;
      default:
        return false;
    }
  });
}
