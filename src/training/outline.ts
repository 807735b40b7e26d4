import { positionAt } from '../core/textPosition';
import { findLayerDefinitions } from './definitions';
import type { LayerDefinition } from './definition';
import { offersFor } from './offers';
import type { RecipeOffer } from './recipes/recipe';
import type { Source } from './source';
import { techniques } from './techniques';
import type { TechniqueId } from './techniques/technique';
import type { TextRange } from './textEdit';

/** An offer with the line and the layer that it is about. */
export interface PlacedOffer {
  readonly offer: RecipeOffer;
  /** 1-based. */
  readonly line: number;
  /** Path of the layer in the model, where the offer is about one: `features.0`. */
  readonly layer: string | undefined;
  /** Strength, rate or probability that stands there, where the technique is present. */
  readonly current: string | undefined;
}

/** One technique in one script: where it is, where it could be added, and why not. */
export interface TechniqueOutline {
  readonly id: TechniqueId;
  readonly title: string;
  readonly isRelated: boolean;
  readonly present: readonly PlacedOffer[];
  /** The best way of adding it first. */
  readonly offered: readonly PlacedOffer[];
  /** Why it is not offered; undefined where it is there or offered. */
  readonly reason: string | undefined;
}

/** Every technique of the catalogue in a script, in the catalogue's order. */
export function outlineOf(source: Source): readonly TechniqueOutline[] {
  const definitions = findLayerDefinitions(source);
  const placed = offersFor(source).map((offer) => placedOf(source, offer, definitions));
  return techniques.map(({ id, title, summary, isRelated = false }) => {
    const mine = placed.filter(({ offer }) => offer.technique === id);
    const inState = (state: RecipeOffer['state']): readonly PlacedOffer[] =>
      mine.filter(({ offer }) => offer.state === state);
    const present = inState('present');
    const offered = inState('offered');
    const reason =
      present.length + offered.length > 0
        ? undefined
        : (inState('unavailable')[0]?.offer.detail ??
          `${summary} Nothing in this file that it could be added to.`);
    return { id, title, isRelated, present, offered, reason };
  });
}

/** The framework that a script is written for, by what it imports. */
export function frameworkOf({ text, language }: Source): string | undefined {
  if (language !== 'python') return /@tensorflow\/tfjs/.test(text) ? 'tfjs' : undefined;
  const imports = (name: string): boolean =>
    new RegExp(`^[ \\t]*(?:import|from)[ \\t]+${name}\\b`, 'm').test(text);
  if (imports('flax') || imports('optax')) return 'flax';
  if (imports('keras') || imports('tensorflow')) return 'keras';
  if (
    ['torch', 'torchvision', 'lightning', 'pytorch_lightning', 'transformers', 'timm'].some(imports)
  ) {
    return 'pytorch';
  }
  return undefined;
}

function placedOf(
  { text }: Source,
  offer: RecipeOffer,
  definitions: readonly LayerDefinition[],
): PlacedOffer {
  const { where, strength } = offer;
  return {
    offer,
    line: positionAt(text, where.start).line + 1,
    layer: layerAt(where, definitions),
    current: strength && text.slice(strength.start, strength.end),
  };
}

/** The layer whose definition the range is in, or holds alone. */
function layerAt(where: TextRange, definitions: readonly LayerDefinition[]): string | undefined {
  const touching = definitions.filter(
    ({ range }) => range.start < where.end && where.start < range.end,
  );
  const path = touching.length === 1 ? touching[0]?.sites[0]?.path : undefined;
  return path === '' ? undefined : path;
}
