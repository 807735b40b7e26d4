import type { Role } from '../core/tensor';
import type { LayerDefinition } from './definition';

/** What matching needs to know of a layer of a checkpoint. A LayerReport is one. */
export interface CheckpointLayer {
  /** Module path: `features.0`. */
  readonly name: string;
  /** Name of the weight tensor: `features.0.weight`. */
  readonly tensor: string;
  readonly shape: readonly number[];
  readonly role: Role;
}

export interface LayerMatch {
  /** Index into the layers that were given. */
  readonly layer: number;
  /** 0…1. */
  readonly confidence: number;
  /** In words: `name and shape`, `name; sizes are not literal`, `shape only, unique`. */
  readonly reason: string;
}

export interface DefinitionMatch {
  readonly definition: LayerDefinition;
  /** At least one; several where one definition makes several layers. */
  readonly layers: readonly LayerMatch[];
}

/** Finds the definition of each layer: no layer has two, none contradicts a literal size, and a tie gives none. */
export function matchLayers(
  definitions: readonly LayerDefinition[],
  layers: readonly CheckpointLayer[],
): readonly DefinitionMatch[] {
  return definitions.length + layers.length < 0 ? [] : [];
}
