import { appendItem, removeItem } from '../../javascript/edits/properties';
import { styleOf } from '../../javascript/edits/style';
import { fitsIn } from '../../javascript/fits';
import { layersIn, regularizerProperty } from '../../javascript/layers';
import type { Layer } from '../../javascript/layers';
import { lossFunctionsIn, readsLosses } from '../../javascript/loops';
import type { JavaScriptModule } from '../../javascript/module';
import { kernelRegularizer } from '../../javascript/regularizers';
import type { KernelRegularizer } from '../../javascript/regularizers';
import { hasSpread, isBroken } from '../../javascript/syntax';
import { textOf } from '../../syntax';
import { rangeOf } from '../../textEdit';
import type { TextEdit } from '../../textEdit';
import type { JavaScriptRecipe, RecipeOffer } from '../recipe';
import { framework, present, styled, unavailable } from './offer';
import type { Variant } from './offer';

type Norm = 'l1' | 'l2';
type Factory = Extract<KernelRegularizer, { kind: 'l1l2' }>;

const strengths = { l1: '1e-4', l2: '1e-3' } as const;

const words = {
  l1: 'an L1 penalty',
  l2: 'an L2 penalty',
} as const;

const details = {
  l1: 'fit adds the sum of the absolute weights to the loss, times 1e-4; 1e-5…1e-3 are common. Weights become small, not exactly zero: the proximal step after each batch does that. evaluate reports the loss without the penalty.',
  l2: 'fit adds the sum of the squared weights to the loss, times 1e-3; 1e-5…1e-2 are common. With Adam its gradient is rescaled like any other; decay after each batch is not. evaluate reports the loss without the penalty.',
} as const;

/** `kernelRegularizer` with a norm of the weights: the penalty of one layer. */
export const layerPenalties: readonly JavaScriptRecipe[] = [recipeOf('l1'), recipeOf('l2')];

function recipeOf(norm: Norm): JavaScriptRecipe {
  return {
    technique: norm,
    framework,
    language: 'javascript',
    find: (module) =>
      layersIn(module).flatMap((layer) => {
        const offer = offerFor(module, layer, norm);
        return offer ? [offer] : [];
      }),
  };
}

/** Why a layer's regularizer would do nothing in this file; undefined where it works. */
export function reasonAgainstPenalties(module: JavaScriptModule): string | undefined {
  const isLoop = lossFunctionsIn(module).length > 0 && fitsIn(module).length === 0;
  return isLoop && !readsLosses(module)
    ? 'The training loop of this file does not add the losses of the layers to its own: model.calculateLosses() has to be in it first'
    : undefined;
}

function offerFor(module: JavaScriptModule, layer: Layer, norm: Norm): RecipeOffer | undefined {
  const { source } = module;
  const found = kernelRegularizer(module, layer);
  if (!found || !layer.config || isBroken(layer.call)) return undefined;
  const variant: Variant = { technique: norm, variant: `tfjs.${norm}.regularizer` };
  const title = `Add ${words[norm]} to ${layer.name}`;
  const other: Norm = norm === 'l1' ? 'l2' : 'l1';
  const against = reasonAgainstPenalties(module);

  if (found.kind === 'l1l2' && found[norm].isThere) {
    const value = found[norm].property?.value;
    return present(variant, {
      title: `${norm.toUpperCase()} penalty of ${layer.name}`,
      detail: `${regularizerProperty(layer) ?? ''} is ${textOf(source, found.property.value ?? layer.call)}${value ? '' : '; what is not given is 0.01'}`,
      where: layer.call,
      strength: value,
      removal: () => removal(module, found, norm, other),
    });
  }
  if (found.kind === 'gram' || found.kind === 'other') {
    return found.kind === 'gram'
      ? unavailable(
          variant,
          title,
          'A layer has one kernelRegularizer, and this one keeps the Gram matrix near the identity; the steps after each batch can be added to it',
          layer.call,
        )
      : undefined;
  }
  if (against !== undefined) return unavailable(variant, title, against, layer.call);
  if (hasSpread(layer.config)) return undefined;
  const edits =
    found.kind === 'l1l2' ? joined(module, found, norm) : added(module, layer, found, norm);
  if (!edits) return undefined;
  return {
    ...variant,
    title,
    state: 'offered',
    detail: details[norm],
    where: rangeOf(layer.call),
    edits: () => edits,
  };
}

/** `kernelRegularizer: tf.regularizers.l2({l2: 1e-3})`. */
function added(
  { source, names }: JavaScriptModule,
  layer: Layer,
  found: Extract<KernelRegularizer, { kind: 'none' }>,
  norm: Norm,
): readonly TextEdit[] | undefined {
  const factory = factoryText({ source, names }, layer, norm);
  const key = regularizerProperty(layer);
  if (factory === undefined || key === undefined || !layer.config) return undefined;
  const value = `${factory}({${norm}: \${1:${strengths[norm]}}})`;
  const label = `Add ${words[norm]}`;
  const existing = found.property?.value;
  if (existing) {
    return [{ start: existing.start, end: existing.end, ...styled(value, styleOf(source)), label }];
  }
  return appendItem(source, layer.config, styled(`${key}: ${value}`, styleOf(source)), label);
}

/** `tf.regularizers.l2` in the words of the layer's own callee: `tfl.layers.dense` has `tfl.regularizers` beside it. */
function factoryText(
  { source, names }: JavaScriptModule,
  layer: Layer,
  norm: string,
): string | undefined {
  const callee = layer.call.children[0];
  const prefix = callee && /^(.*)\.layers\s*\.\s*\w+$/.exec(textOf(source, callee))?.[1];
  if (prefix !== undefined) return `${prefix}.regularizers.${norm}`;
  const namespace = ['tf', 'tfl', 'tfc'].find((name) => {
    const bindings = names.lookup(name, layer.call);
    return (
      bindings.length === 1 && bindings[0]?.path?.length === 0 && namedOrigin(bindings[0].module)
    );
  });
  if (namespace !== undefined) return `${namespace}.regularizers.${norm}`;
  const [binding] = names.lookup('regularizers', layer.call);
  const isTheirs = binding?.path?.join('.') === 'regularizers';
  return isTheirs ? `regularizers.${norm}` : undefined;
}

function namedOrigin(module: string | undefined): boolean {
  return module === undefined || module.includes('@tensorflow/');
}

/** `l2({l2: a})` → `l1l2({l1: b, l2: a})`. */
function joined(
  { source }: JavaScriptModule,
  { factory, name, argument, l1, l2 }: Factory,
  norm: Norm,
): readonly TextEdit[] | undefined {
  const label = `Add ${words[norm]}`;
  const own = (norm === 'l1' ? l1 : l2).property;
  const others = (norm === 'l1' ? l2 : l1).property;
  if (own?.value) {
    return [
      {
        start: own.value.start,
        end: own.value.end,
        newText: strengths[norm],
        stops: [{ start: 0, end: strengths[norm].length }],
        label,
      },
    ];
  }
  if (factory === 'l1l2' || !name || !argument || !others) return undefined;
  const item = styled(`${norm}: \${1:${strengths[norm]}}`, styleOf(source));
  const rename = { start: name.start, end: name.end, newText: 'l1l2', label: 'Use l1l2' };
  const { start, end } = others.node;
  return norm === 'l1'
    ? [rename, { start, end: start, ...item, newText: `${item.newText}, `, label }]
    : [
        rename,
        {
          start: end,
          end,
          newText: `, ${item.newText}`,
          stops: (item.stops ?? []).map((stop) => ({ start: stop.start + 2, end: stop.end + 2 })),
          label,
        },
      ];
}

function removal(
  { source }: JavaScriptModule,
  { property, factory, name, l1, l2 }: Factory,
  norm: Norm,
  other: Norm,
): readonly TextEdit[] | undefined {
  const label = `Remove ${words[norm]}`;
  const [own, others] = norm === 'l1' ? [l1, l2] : [l2, l1];
  if (factory !== 'l1l2' || !others.isThere) return removeItem(source, property.node, label);
  if (!own.property || !others.property || !name) return undefined;
  const rename = { start: name.start, end: name.end, newText: other, label: `Use ${other}` };
  const [a, b] = [own.property.node, others.property.node];
  const cut = a.start < b.start ? { start: a.start, end: b.start } : { start: b.end, end: a.end };
  return [rename, { ...cut, newText: '', label }];
}
