import { insertItemAfter, removeItem } from '../../javascript/edits/properties';
import {
  insertStatementAfter,
  removeStatement,
  standsAlone,
} from '../../javascript/edits/statements';
import { styleOf } from '../../javascript/edits/style';
import { factoryText } from '../../javascript/factory';
import { placedLayers } from '../../javascript/graph';
import type { PlacedLayer } from '../../javascript/graph';
import { isActivation, isDropout, isPooling, isWeighted } from '../../javascript/layers';
import type { JavaScriptModule } from '../../javascript/module';
import { argumentsOf, isBroken, propertyOf } from '../../javascript/syntax';
import { rangeOf } from '../../textEdit';
import type { TextEdit } from '../../textEdit';
import type { JavaScriptRecipe, RecipeOffer } from '../recipe';
import { framework, present, styled } from './offer';

const variant = { technique: 'dropout', variant: 'tfjs.dropout.layer' } as const;

/** Dropout after a hidden layer, behind its normalization, activation and pooling. */
export const dropout: JavaScriptRecipe = {
  technique: 'dropout',
  framework,
  language: 'javascript',
  find: (module) =>
    placedLayers(module).flatMap((placed) => {
      if (!isHidden(placed) || isBroken(placed.layer.call)) return [];
      const offer = offerFor(module, placed);
      return offer ? [offer] : [];
    }),
};

/** A layer with weights that is not the last one with weights. */
export function isHidden({ layer, following }: PlacedLayer): boolean {
  const isEmbedding = layer.name === 'embedding';
  return isWeighted(layer) && !isEmbedding && following().some((next) => isWeighted(next.layer));
}

/** What belongs to the layer: normalization, activation, pooling, in the order of the model. */
export function groupOf(placed: PlacedLayer): readonly PlacedLayer[] {
  const group = [placed];
  for (const next of placed.following()) {
    const { layer } = next;
    const belongs =
      layer.name === 'batchNormalization' ||
      layer.name === 'layerNormalization' ||
      isActivation(layer) ||
      isPooling(layer);
    if (!belongs) break;
    group.push(next);
  }
  return group;
}

function offerFor(module: JavaScriptModule, placed: PlacedLayer): RecipeOffer | undefined {
  const { source } = module;
  const { layer } = placed;
  const group = groupOf(placed);
  const existing = existingDropout(placed, group);
  const title = `Add dropout after ${layer.name}`;
  if (existing) {
    const config = existing.layer.config;
    return present(variant, {
      title: `Dropout after ${layer.name}`,
      detail: 'Zeroes activations in fit and in apply(x, {training: true}); predict never drops',
      where: layer.call,
      strength: config && propertyOf(source, config, 'rate')?.value,
      removal: () => removal(module, existing),
    });
  }
  const last = group.at(-1) ?? placed;
  const edits = insertion(module, last, rateFor(layer.name));
  if (edits.length === 0) return undefined;
  const isConvolution = layer.name.includes('onv');
  return {
    ...variant,
    title,
    state: 'offered',
    detail: `Zeroes ${isConvolution ? '20 %' : 'half'} of the activations in fit and scales the others up; predict is unchanged. ${
      isConvolution
        ? 'After convolutions 0.1…0.3 are common: neighbouring pixels tell much of what was dropped, and TensorFlow.js can drop whole maps only in 1d.'
        : '0.2…0.5 are common.'
    } The rate is the share that is dropped. In a loop of your own the model has to be called as apply(x, {training: true}).`,
    where: rangeOf(layer.call),
    edits: () => edits,
  };
}

function rateFor(name: string): string {
  return name === 'dense' || name === 'DropConnectDense' ? '0.5' : '0.2';
}

/** Dropout before the next layer with weights, also behind flatten and its like. */
function existingDropout(
  placed: PlacedLayer,
  group: readonly PlacedLayer[],
): PlacedLayer | undefined {
  for (const next of placed.following()) {
    if (isDropout(next.layer)) return next;
    const isBetween =
      group.includes(next) || /^(?:flatten|reshape|global\w+|zeroPadding2d)$/.test(next.layer.name);
    if (!isBetween) return undefined;
  }
  return undefined;
}

function insertion(
  module: JavaScriptModule,
  { layer, kind, anchor, method }: PlacedLayer,
  rate: string,
): readonly TextEdit[] {
  const { source } = module;
  const factory = factoryText(module, layer.call, 'dropout');
  if (factory === undefined) return [];
  const style = styleOf(source);
  const label = 'Add dropout';
  const made = `${factory}({rate: \${1:${rate}}})`;
  if (kind === 'add') {
    if (!standsAlone(source, anchor) || method === undefined) return [];
    return insertStatementAfter(source, anchor, styled(`${method}(${made});`, style), label);
  }
  if (kind === 'element') return insertItemAfter(source, anchor, styled(made, style), label);
  return [
    { start: anchor.start, end: anchor.start, ...styled(`${made}.apply(`, style), label },
    { start: anchor.end, end: anchor.end, newText: ')', label },
  ];
}

function removal(
  { source }: JavaScriptModule,
  { kind, anchor, layer }: PlacedLayer,
): readonly TextEdit[] | undefined {
  const label = 'Remove dropout';
  if (kind === 'add') return removeStatement(source, anchor, label);
  if (kind === 'element') return removeItem(source, anchor, label);
  const [argument, ...others] = argumentsOf(anchor);
  if (!argument || others.length > 0 || layer.call.start !== anchor.start) return undefined;
  return [
    { start: anchor.start, end: argument.start, newText: '', label },
    { start: argument.end, end: anchor.end, newText: '', label },
  ];
}
