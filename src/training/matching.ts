import type { Role } from '../core/tensor';
import type { LayerDefinition, LayerSite, ShapePattern } from './definition';

/** What matching needs to know of a layer of a checkpoint. A LayerReport is one. */
export interface CheckpointLayer {
  /** Module path: `features.0`. */
  readonly name: string;
  /** Name of the weight tensor: `features.0.weight`. */
  readonly tensor: string;
  readonly shape: readonly number[];
  readonly role: Role;
}

/** A layer of the checkpoint that a definition makes. */
export interface LayerMatch {
  /** Index into the layers that were given. */
  readonly layer: number;
  /** 0…1. */
  readonly confidence: number;
  /** In words: `name and shape`, `name; sizes are not literal`, `shape only, unique`. */
  readonly reason: string;
}

/** A definition in the code and the layers that it makes. */
export interface DefinitionMatch {
  readonly definition: LayerDefinition;
  /** At least one; several where one definition makes several layers. */
  readonly layers: readonly LayerMatch[];
}

/** Prefixes that wrappers put before the names of a model: they say nothing about the model. */
const wrapperPrefix = /^(?:module|model|net|network|_orig_mod|state_dict|params)[./]/;

/** PyTorch and Flax put dots between the parts of a name, Keras and TensorFlow.js slashes. */
const separator = /[./]/;

/** A weight under the names that weight_norm, spectral_norm, pruning and parametrizations give it. */
const reparametrized = /^(?:weight_(?:v|g|orig)|parametrizations\.weight\.original\d?)$/;

/** Finds the definition of each layer: no layer has two, none contradicts a literal size, and a tie gives none. */
export function matchLayers(
  definitions: readonly LayerDefinition[],
  layers: readonly CheckpointLayer[],
): readonly DefinitionMatch[] {
  if (!definitions.some(({ sites }) => sites.some(({ naming }) => naming !== undefined))) {
    return matchNames(definitions, layers);
  }
  // A file names its layers in one of both ways; the one that explains more of them is meant.
  const [byName, byAttribute] = (['name', 'attribute'] as const).map((naming) =>
    matchNames(
      definitions.map((definition) => ({
        ...definition,
        sites: definition.sites.filter((site) => (site.naming ?? naming) === naming),
      })),
      layers,
    ),
  );
  const countOf = (matches: readonly DefinitionMatch[] = []): number =>
    matches.reduce((sum, match) => sum + match.layers.length, 0);
  const best = countOf(byAttribute) > countOf(byName) ? byAttribute : byName;
  const originals = new Map(definitions.map((definition) => [keyOf(definition), definition]));
  return (best ?? []).map(({ definition, layers: found }) => ({
    definition: originals.get(keyOf(definition)) ?? definition,
    layers: found,
  }));
}

function keyOf({ callee, range }: LayerDefinition): string {
  return `${callee} ${range.start} ${range.end}`;
}

function matchNames(
  definitions: readonly LayerDefinition[],
  layers: readonly CheckpointLayer[],
): readonly DefinitionMatch[] {
  const found = new Map<LayerDefinition, LayerMatch[]>();
  const add = (definition: LayerDefinition, match: LayerMatch): void => {
    const matches = found.get(definition);
    if (matches) matches.push(match);
    else found.set(definition, [match]);
  };
  const index = indexByLastSegment(definitions);
  const candidates = layers.map((layer) => nameCandidates(index, layer));
  const exactSites = new Set(
    candidates.flatMap((list) => list.filter(({ isExact }) => isExact).map(({ site }) => site)),
  );

  candidates.forEach((list, layer) => {
    // A site whose whole path names a layer is not meant by the mere ending of another.
    const best = bestOf(list.filter(({ isExact, site }) => isExact || !exactSites.has(site)));
    if (best) add(best.definition, { layer, ...wordsFor(best) });
  });
  const isTaken = new Set([...found.values()].flat().map(({ layer }) => layer));
  for (const { definition, layer } of uniqueShapes(definitions, layers)) {
    if (found.has(definition) || isTaken.has(layer)) continue;
    add(definition, { layer, confidence: 0.4, reason: 'shape only, unique' });
  }
  return definitions.flatMap((definition) => {
    const matches = found.get(definition);
    return matches ? [{ definition, layers: matches }] : [];
  });
}

/** How much of a shape the code says: all sizes, some, or none. */
type ShapeKnowledge = 'all' | 'some' | 'none';

interface Candidate {
  readonly definition: LayerDefinition;
  readonly site: IndexedSite;
  /** The whole path, rather than the end of the layer's name. */
  readonly isExact: boolean;
  readonly knowledge: ShapeKnowledge;
}

/** A site with what its path says, found out once for all layers. */
interface IndexedSite {
  readonly definition: LayerDefinition;
  readonly shapes: LayerSite['shapes'];
  /** A name, or the names that stars may stand for. */
  readonly segments: readonly (string | RegExp)[];
  /** Segments of the path that are not wildcards. */
  readonly literalCount: number;
  readonly isOpen: boolean;
}

/** Sites by the last segment of their path, so that thousands of layers and sites are not all compared. */
type SiteIndex = ReadonlyMap<string, readonly IndexedSite[]>;

const anyLast = '*';

function indexByLastSegment(definitions: readonly LayerDefinition[]): SiteIndex {
  const index = new Map<string, IndexedSite[]>();
  for (const definition of definitions) {
    for (const { path, shapes } of definition.sites) {
      if (path === '') continue;
      const names = path.split(separator);
      const last = names.at(-1) ?? '';
      const key = last.includes('*') ? anyLast : last;
      const list = index.get(key) ?? [];
      index.set(key, list);
      list.push({
        definition,
        shapes,
        segments: names.map((name) => (name.includes('*') ? openName(name) : name)),
        literalCount: names.filter((name) => /[^\d*]/.test(name)).length,
        isOpen: path.includes('*'),
      });
    }
  }
  return index;
}

function nameCandidates(index: SiteIndex, layer: CheckpointLayer): readonly Candidate[] {
  const full = layer.tensor.replace(/:\d+$/, '').split(separator);
  const result: Candidate[] = [];
  let wrapped: number | undefined;
  // The tensor's own part of the name has one segment (`weight`) or two (`out_proj.weight`, `linear1.weight`), or three.
  for (let own = 1; own <= Math.min(3, full.length - 1); own++) {
    const path = full.slice(0, full.length - own);
    const sites = [...(index.get(path.at(-1) ?? '') ?? []), ...(index.get(anyLast) ?? [])];
    if (sites.length === 0) continue;
    const parts = full.slice(full.length - own);
    const names = [parts.join('.'), parts.join('/')];
    const isReparametrized = reparametrized.test(parts.join('.'));
    for (const site of sites) {
      const { definition, shapes, segments } = site;
      const key = names.find((name) => Object.hasOwn(shapes, name));
      if (key === undefined && !isReparametrized) continue;
      if (!endsWith(path, segments)) continue;
      const shape = key === undefined ? undefined : shapes[key];
      if (shape && !fits(shape, layer.shape)) continue;
      const surplus = path.length - segments.length;
      wrapped ??= wrapperCount(layer.tensor);
      result.push({
        definition,
        site,
        isExact: surplus <= wrapped,
        knowledge: shape ? knowledgeOf(shape) : 'none',
      });
    }
  }
  return result;
}

function wrapperCount(name: string): number {
  let rest = name;
  let count = 0;
  for (; wrapperPrefix.test(rest); count++) rest = rest.replace(wrapperPrefix, '');
  return count;
}

function endsWith(path: readonly string[], segments: readonly (string | RegExp)[]): boolean {
  const offset = path.length - segments.length;
  return (
    offset >= 0 &&
    segments.every((segment, index) => {
      const actual = path[offset + index] ?? '';
      return typeof segment === 'string' ? segment === actual : segment.test(actual);
    })
  );
}

/** `conv*` matches `conv12`: a star stands for digits. */
function openName(pattern: string): RegExp {
  const escaped = pattern.replace(/[^\w*]/g, '\\$&').replace(/\*+/g, '\\d+');
  return new RegExp(`^${escaped}$`);
}

function fits(pattern: ShapePattern, shape: readonly number[]): boolean {
  return (
    pattern.length === shape.length &&
    pattern.every((size, index) => size === undefined || size === shape[index])
  );
}

function knowledgeOf(pattern: ShapePattern): ShapeKnowledge {
  if (pattern.length > 0 && pattern.every((size) => size !== undefined)) return 'all';
  return pattern.some((size) => size !== undefined) ? 'some' : 'none';
}

/** The one candidate that ranks first; undefined where two definitions share the first rank. */
function bestOf(candidates: readonly Candidate[]): Candidate | undefined {
  const usable = candidates.filter(
    // `0.weight` at the end of a name says nothing unless the shape does.
    ({ isExact, site, knowledge }) => isExact || site.literalCount > 0 || knowledge === 'all',
  );
  if (usable.length < 2) return usable[0];
  const ranked = [...usable].sort((a, b) => rankOf(b) - rankOf(a));
  const [best] = ranked;
  if (!best) return undefined;
  const rivals = ranked.filter((candidate) => rankOf(candidate) === rankOf(best));
  return rivals.some(({ definition }) => definition !== best.definition) ? undefined : best;
}

/** A whole path before an ending, longer endings before shorter ones, then what is known of the shape. */
function rankOf({ isExact, knowledge, site }: Candidate): number {
  const { literalCount, isOpen } = site;
  const length = Math.min(site.segments.length, 60);
  const shape = knowledge === 'all' ? 2 : knowledge === 'some' ? 1 : 0;
  return (
    (isExact ? 1e6 : 0) + Math.min(literalCount, 60) * 1e3 + length * 10 + shape + (isOpen ? 0 : 5)
  );
}

function wordsFor({ isExact, knowledge, site: { isOpen } }: Candidate): {
  readonly confidence: number;
  readonly reason: string;
} {
  const name = isExact ? 'name' : 'end of the name';
  const certainty = (isExact ? 1 : 0.85) * (isOpen ? 0.95 : 1);
  const open = isOpen ? '; its index is not literal' : '';
  const round = (value: number): number => Math.round(value * 100) / 100;
  switch (knowledge) {
    case 'all':
      return { confidence: round(certainty), reason: `${name} and shape${open}` };
    case 'some':
      return {
        confidence: round(certainty * 0.9),
        reason: `${name} and the sizes that are literal${open}`,
      };
    case 'none':
      return {
        confidence: round(certainty * 0.75),
        reason: `${name}; sizes are not literal${open}`,
      };
  }
}

/** Pairs of a definition and a layer whose shape no other definition and no other layer has. */
function uniqueShapes(
  definitions: readonly LayerDefinition[],
  layers: readonly CheckpointLayer[],
): readonly { readonly definition: LayerDefinition; readonly layer: number }[] {
  const owners = new Map<string, Set<LayerDefinition>>();
  for (const definition of definitions) {
    for (const site of definition.sites) {
      for (const shape of Object.values(site.shapes)) {
        if (!shape || shape.length < 2 || knowledgeOf(shape) !== 'all') continue;
        const key = shape.join();
        owners.set(key, (owners.get(key) ?? new Set()).add(definition));
      }
    }
  }
  const byShape = new Map<string, number[]>();
  layers.forEach(({ shape }, index) => {
    const key = shape.join();
    const same = byShape.get(key);
    if (same) same.push(index);
    else byShape.set(key, [index]);
  });
  return [...owners].flatMap(([key, set]) => {
    const [definition, ...others] = set;
    const [layer, ...more] = byShape.get(key) ?? [];
    const isUnique = others.length === 0 && more.length === 0;
    return definition && layer !== undefined && isUnique ? [{ definition, layer }] : [];
  });
}
