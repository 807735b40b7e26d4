import {
  checkpointPaths,
  findLayerDefinitions,
  offersFor,
  type CheckpointPath,
  type LayerDefinition,
  type Source,
  type RecipeOffer,
} from '../training';

/** A parsed script and what has been found in it, each part once: lenses and links ask again and again. */
export class Script {
  private foundDefinitions: readonly LayerDefinition[] | undefined;
  private foundPaths: readonly CheckpointPath[] | undefined;
  private foundOffers: readonly RecipeOffer[] | undefined;

  constructor(readonly source: Source) {}

  get definitions(): readonly LayerDefinition[] {
    return (this.foundDefinitions ??= findLayerDefinitions(this.source));
  }

  get paths(): readonly CheckpointPath[] {
    return (this.foundPaths ??= checkpointPaths(this.source));
  }

  get offers(): readonly RecipeOffer[] {
    return (this.foundOffers ??= offersFor(this.source));
  }
}
