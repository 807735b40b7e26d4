import { factoryText } from '../../javascript/factory';
import { insertItemAfter, removeItem } from '../../javascript/edits/properties';
import {
  insertStatementAfter,
  removeStatement,
  standsAlone,
} from '../../javascript/edits/statements';
import { styleOf } from '../../javascript/edits/style';
import { placedLayers } from '../../javascript/graph';
import type { PlacedLayer } from '../../javascript/graph';
import { isActivation } from '../../javascript/layers';
import type { JavaScriptModule } from '../../javascript/module';
import { argumentsOf, hasSpread, isBroken, propertyOf } from '../../javascript/syntax';
import type { Property } from '../../javascript/syntax';
import { textOf } from '../../syntax';
import { rangeOf } from '../../textEdit';
import type { TextEdit } from '../../textEdit';
import type { JavaScriptRecipe, RecipeOffer } from '../recipe';
import { isHidden } from './dropout';
import { framework, present, styled } from './offer';

const variant = { technique: 'batch-norm', variant: 'tfjs.batch-norm.layer' } as const;

/** Batch normalization between a hidden layer and its activation. */
export const batchNorm: JavaScriptRecipe = {
  technique: 'batch-norm',
  framework,
  language: 'javascript',
  find: (module) =>
    placedLayers(module).flatMap((placed) => {
      const isPossible = /^(?:dense|conv[123]d|conv2dTranspose|separableConv2d)$/.test(
        placed.layer.name,
      );
      if (!isPossible || !isHidden(placed) || isBroken(placed.layer.call)) return [];
      const offer = offerFor(module, placed);
      return offer ? [offer] : [];
    }),
};

const detail =
  'Normalizes each unit over the batch before its activation; predict uses running averages instead. Batches should not be smaller than about 16. ';

function offerFor(module: JavaScriptModule, placed: PlacedLayer): RecipeOffer | undefined {
  const { source } = module;
  const { layer } = placed;
  const next = placed.following()[0];
  if (next?.layer.name === 'batchNormalization') {
    return present(variant, {
      title: `Batch normalization after ${layer.name}`,
      detail,
      where: layer.call,
      removal: () => removal(module, placed, next),
    });
  }
  if (!layer.config || hasSpread(layer.config)) return undefined;
  const activation = propertyOf(source, layer.config, 'activation');
  const plan = activation
    ? splitActivation(module, placed, activation)
    : next && isActivation(next.layer)
      ? insertLayers(module, placed, [
          `${factoryText(module, layer.call, 'batchNormalization') ?? ''}()`,
        ])
      : undefined;
  if (!plan || plan.length === 0) return undefined;
  return {
    ...variant,
    title: `Add batch normalization after ${layer.name}`,
    state: 'offered',
    detail:
      detail +
      (activation
        ? 'The activation becomes a layer of its own, and the bias, which the normalization would cancel, is left out.'
        : "The layer's bias is cancelled by the normalization; useBias: false saves it."),
    where: rangeOf(layer.call),
    edits: () => plan,
  };
}

/** `activation: 'relu'` → `useBias: false`, and the activation as a layer behind the normalization. */
function splitActivation(
  module: JavaScriptModule,
  placed: PlacedLayer,
  { node, value }: Property,
): readonly TextEdit[] | undefined {
  const { source } = module;
  const { layer } = placed;
  const isNamed = value?.type === 'string';
  const hasBias = layer.config && propertyOf(source, layer.config, 'useBias') !== undefined;
  const normalization = factoryText(module, layer.call, 'batchNormalization');
  const factory = factoryText(module, layer.call, 'activation');
  if (!isNamed || hasBias !== false || normalization === undefined || factory === undefined) {
    return undefined;
  }
  if (/softmax|linear/.test(textOf(source, value))) return undefined;
  const added = insertLayers(module, placed, [
    `${normalization}()`,
    `${factory}({activation: ${textOf(source, value)}})`,
  ]);
  if (added.length === 0) return undefined;
  const label = 'Leave the bias out';
  return [{ start: node.start, end: node.end, newText: 'useBias: false', label }, ...added];
}

function insertLayers(
  { source }: JavaScriptModule,
  { kind, anchor, method }: PlacedLayer,
  made: readonly string[],
): readonly TextEdit[] {
  const style = styleOf(source);
  const label = 'Add batch normalization';
  if (made[0] === '()') return [];
  if (kind === 'add') {
    if (!standsAlone(source, anchor) || method === undefined) return [];
    const lines = made.map((layer) => `${method}(${layer});`).join('\n');
    return insertStatementAfter(source, anchor, styled(lines, style), label);
  }
  if (kind === 'element') {
    return made
      .map((layer) => insertItemAfter(source, anchor, styled(layer, style), label))
      .reduce(merged, []);
  }
  const before = [...made].reverse().map((layer) => `${layer}.apply(`);
  return [
    { start: anchor.start, end: anchor.start, ...styled(before.join(''), style), label },
    { start: anchor.end, end: anchor.end, newText: ')'.repeat(made.length), label },
  ];
}

/** Two insertions after the same item: the second continues where the first ends, the comma before a comment comes once. */
function merged(first: readonly TextEdit[], second: readonly TextEdit[]): readonly TextEdit[] {
  if (first.length === 0) return second;
  return first.map((edit, i) => {
    const more = second[i];
    if (!more || edit.newText === ',') return edit;
    return { ...edit, newText: edit.newText + more.newText };
  });
}

/** The reverse of what is added; undefined where the code is another. */
function removal(
  { source }: JavaScriptModule,
  { layer, following }: PlacedLayer,
  normalization: PlacedLayer,
): readonly TextEdit[] | undefined {
  const label = 'Remove batch normalization';
  const activation = following()[1];
  const config = layer.config;
  const useBias = config && propertyOf(source, config, 'useBias');
  const isSplit =
    useBias?.value?.type === 'false' &&
    activation?.layer.name === 'activation' &&
    propertyOf(source, config ?? layer.call, 'activation') === undefined;
  const added = isSplit ? [normalization, activation] : [normalization];
  const given =
    isSplit && activation.layer.config
      ? propertyOf(source, activation.layer.config, 'activation')?.value
      : undefined;
  if (isSplit && given?.type !== 'string') return undefined;
  const edits: TextEdit[] = [];
  if (isSplit && given) {
    const { start, end } = useBias.node;
    edits.push({ start, end, newText: `activation: ${textOf(source, given)}`, label });
  }
  for (const { kind, anchor, layer: made } of added) {
    if (kind === 'apply') {
      const [argument, ...others] = argumentsOf(anchor);
      if (!argument || others.length > 0 || made.call.start !== anchor.start) return undefined;
      edits.push(
        { start: anchor.start, end: argument.start, newText: '', label },
        { start: argument.end, end: anchor.end, newText: '', label },
      );
      continue;
    }
    const cut =
      kind === 'add' ? removeStatement(source, anchor, label) : removeItem(source, anchor, label);
    if (!cut) return undefined;
    edits.push(...cut);
  }
  return edits;
}
