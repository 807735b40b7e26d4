import { planHelper, removeHelper } from '../../javascript/edits/helper';
import { appendItem, removeItem } from '../../javascript/edits/properties';
import { styleOf } from '../../javascript/edits/style';
import { initializerProperty, layersIn, regularizerProperty } from '../../javascript/layers';
import type { Layer } from '../../javascript/layers';
import type { JavaScriptModule } from '../../javascript/module';
import { gramName, kernelRegularizer } from '../../javascript/regularizers';
import {
  bare,
  calleeOf,
  hasSpread,
  isBroken,
  literalText,
  propertyOf,
} from '../../javascript/syntax';
import { rangeOf } from '../../textEdit';
import type { JavaScriptRecipe, RecipeOffer } from '../recipe';
import { gramRegularizer } from './helpers/gramRegularizer';
import { reasonAgainstPenalties } from './layerPenalties';
import { framework, present, styled, unavailable } from './offer';

/** Kernels whose columns are the filters. A depthwise kernel has one filter per channel, an embedding is a table. */
const matrixLayers = /^(?:dense|conv1d|conv2d|conv3d)$/;

/**
 * A penalty on WᵀW − I, and the orthogonal initializer.
 *
 * @see Bansal, Chen & Wang, Can We Gain More from Orthogonality Regularizations, NeurIPS 2018
 */
export const orthogonality: JavaScriptRecipe = {
  technique: 'orthogonality',
  framework,
  language: 'javascript',
  find: (module) =>
    layersIn(module).flatMap((layer) => {
      if (layer.isOwn || !matrixLayers.test(layer.name)) return [];
      if (!layer.config || isBroken(layer.call)) return [];
      return [penaltyOffer(module, layer), initializerOffer(module, layer)].filter(
        (offer) => offer !== undefined,
      );
    }),
};

const gram = { technique: 'orthogonality', variant: 'tfjs.orthogonality.gram' } as const;

function penaltyOffer(module: JavaScriptModule, layer: Layer): RecipeOffer | undefined {
  const { source } = module;
  const found = kernelRegularizer(module, layer);
  const { config } = layer;
  const key = regularizerProperty(layer);
  if (!found || !config || key === undefined) return undefined;
  const title = `Add a Gram penalty (WᵀW − I) to ${layer.name}`;
  if (found.kind === 'gram') {
    return present(gram, {
      title: `Gram penalty of ${layer.name}`,
      detail: 'The loss has factor × ‖WᵀW − I‖² of this kernel, on its smaller side',
      where: layer.call,
      strength: found.factor,
      removal: () => {
        const edits = removeItem(source, found.property.node, 'Remove the Gram penalty');
        return edits && [...edits, ...removeHelper(module, gramRegularizer, [found.property.node])];
      },
    });
  }
  if (found.kind === 'other') return undefined;
  if (found.kind === 'l1l2') {
    return unavailable(
      gram,
      title,
      'A layer has one kernelRegularizer; take its norm penalty out first (the steps after each batch can do the same)',
      layer.call,
    );
  }
  const against = reasonAgainstPenalties(module);
  if (against !== undefined) return unavailable(gram, title, against, layer.call);
  if (hasSpread(config) || found.property) return undefined;
  const plan = planHelper(module, gramRegularizer);
  if (!plan) return undefined;
  const style = styleOf(source);
  // The declared type of the property knows no registered classes.
  const cast = style.isTyped ? ' as never' : '';
  const property = styled(
    `${key}: {className: '${gramName}', config: {factor: \${1:1e-2}}}${cast}`,
    style,
  );
  return {
    ...gram,
    title,
    state: 'offered',
    detail:
      'Adds factor × ‖WᵀW − I‖² of the kernel, reshaped to (inputs, units), to the loss of fit: filters stay apart and of length one. Factor 1e-2; 1e-4…1e-1 are common. The class is registered, so that the saved model can be loaded where it is registered too.',
    where: rangeOf(layer.call),
    edits: () => [...appendItem(source, config, property, 'Add the Gram penalty'), ...plan.edits()],
  };
}

const initializer = {
  technique: 'orthogonality',
  variant: 'tfjs.orthogonality.initializer',
} as const;

function initializerOffer(module: JavaScriptModule, layer: Layer): RecipeOffer | undefined {
  const { source, names } = module;
  const key = initializerProperty(layer);
  const { config } = layer;
  if (key === undefined || !config) return undefined;
  const property = propertyOf(source, config, key);
  const value = property?.value && bare(property.value);
  if (property && value) {
    const callee = calleeOf(value);
    const isOrthogonal =
      literalText(source, value) === 'orthogonal' ||
      (callee && names.origin(callee)) === 'tf.initializers.orthogonal';
    if (!isOrthogonal) return undefined;
    return present(initializer, {
      title: `Orthogonal start of ${layer.name}`,
      detail: 'The kernel starts orthogonal; training does not keep it so',
      where: layer.call,
      removal: () => removeItem(source, property.node, 'Remove the initializer'),
    });
  }
  if (hasSpread(config) || property) return undefined;
  return {
    ...initializer,
    title: `Start ${layer.name} orthogonal`,
    state: 'offered',
    detail:
      'The kernel starts with orthonormal columns (rows, where there are more units than inputs). Training does not keep it so; the Gram penalty does.',
    where: rangeOf(layer.call),
    edits: () =>
      appendItem(
        source,
        config,
        styled(`${key}: 'orthogonal'`, styleOf(source)),
        'Add the initializer',
      ),
  };
}
