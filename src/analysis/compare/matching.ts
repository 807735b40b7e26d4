import type { Framework } from '../../core/checkpoint';
import type { LayerMatch } from '../../core/comparison';
import { transposedView } from '../axes';
import { lastPart } from '../tensorName';
import { throwIfStopped, type IsStopped } from '../stop';
import type { Layer } from '../layers';
import { matchBySimilarity } from './matchBySimilarity';
import { normalisedName } from './normalisedName';
import { Pairing, type MatchedPair } from './pairing';
import { sameShape, shapeKey, viewOfLayer } from './pairViews';
import { matchRenamedPrefixes } from './renamedPrefixes';
import { correlation, correlationLimit, readSample } from './weightSample';

export interface Matching {
  /** In B's file order. */
  readonly pairs: readonly MatchedPair[];
  /** Indices of layers without a partner, in file order. */
  readonly unmatchedA: readonly number[];
  readonly unmatchedB: readonly number[];
}

export interface MatchingSide {
  readonly layers: readonly Layer[];
  readonly framework: Framework;
}

/**
 * Finds which layer of A is which of B: by name, by name without wrappers, by a renamed prefix, by shape (where several have it by
 * their weights, else by order), by weights read the other way round. Linear in the number of layers but for groups of equal shape
 * without names in common, where each is compared with up to 256 others.
 */
export async function matchLayers(
  a: MatchingSide,
  b: MatchingSide,
  isStopped: IsStopped,
): Promise<Matching> {
  const pairing = new Pairing(a.layers, b.layers);
  matchByName(pairing, (layer) => layer.name, { by: 'name', confidence: 1 });
  matchByName(pairing, ({ weight }) => weight.name, { by: 'name', confidence: 1 });
  const normalised: LayerMatch = { by: 'normalised-name', confidence: 0.95 };
  matchByName(pairing, ({ weight }) => normalisedName(weight.name), normalised);
  matchRenamedPrefixes(pairing);
  await matchByShape(pairing, isStopped);
  for (const group of pairing.groups(unorderedShapeKey)) {
    await matchBySimilarity(pairing, group, { isStopped, isTransposed: true });
  }
  // What was held back for its size has found no better partner.
  joinOnly(pairing, (layer) => layer.name, { by: 'name', confidence: 0.7 });

  const pairs: MatchedPair[] = [];
  for (const pair of pairing.pairs) {
    throwIfStopped(isStopped);
    const isTurned = await isTransposed(pair, a, b);
    pairs.push(isTurned ? { ...pair, match: { ...pair.match, isTransposed: true } } : pair);
  }
  pairs.sort((x, y) => x.b - y.b);
  return { pairs, unmatchedA: pairing.restA, unmatchedB: pairing.restB };
}

/**
 * Pairs layers of one name. Numbered ones (`net.4`) must also have one shape: in a sequence that has grown by a layer, the numbers
 * have moved on.
 */
function matchByName(pairing: Pairing, keyOf: (layer: Layer) => string, match: LayerMatch): void {
  joinOnly(pairing, keyOf, match, (a, b) => !/^\d+$/.test(lastPart(a.name)) || sameShape(a, b));
}

/** Joins where just one layer of each side has a key. */
function joinOnly(
  pairing: Pairing,
  keyOf: (layer: Layer) => string,
  match: LayerMatch,
  isAllowed: (a: Layer, b: Layer) => boolean = () => true,
): void {
  for (const { a, b } of pairing.groups(keyOf)) {
    const [one, ...moreA] = a;
    const [other, ...moreB] = b;
    if (one === undefined || other === undefined || moreA.length + moreB.length > 0) continue;
    if (!isAllowed(pairing.layer('a', one), pairing.layer('b', other))) continue;
    pairing.join(one, other, match);
  }
}

async function matchByShape(pairing: Pairing, isStopped: IsStopped): Promise<void> {
  const keyOf = (layer: Layer): string => `${layer.role} ${shapeKey(layer)}`;
  for (const group of pairing.groups(keyOf)) {
    if (group.a.length === 1 && group.b.length === 1) continue;
    await matchBySimilarity(pairing, group, { isStopped });
  }
  for (const { a, b } of pairing.groups(keyOf)) {
    if (a.length !== b.length) continue;
    for (const [place, index] of a.entries()) {
      const other = b[place];
      if (other === undefined) continue;
      pairing.join(index, other, {
        by: 'shape-and-order',
        confidence: a.length === 1 ? 0.7 : 0.5,
        ...(a.length > 1 && { detail: `${place + 1} of ${a.length} layers of this shape` }),
      });
    }
  }
}

/** The same for a matrix and its transpose. */
function unorderedShapeKey(layer: Layer): string | undefined {
  if (!isTurnable(layer)) return undefined;
  const { rows, columns } = viewOfLayer(layer);
  return `${layer.role} ${Math.min(rows, columns)}×${Math.max(rows, columns)}`;
}

/**
 * Whether B's weights are A's with rows and columns exchanged. Two layers of one name whose shapes are each other's reverse are: no
 * layer is resized so. Of a square one that is not surely stored the same way on both sides, the weights tell.
 */
async function isTransposed(
  { a, b, match }: MatchedPair,
  sideA: MatchingSide,
  sideB: MatchingSide,
): Promise<boolean> {
  const [one, other] = [sideA.layers[a], sideB.layers[b]];
  if (!one || !other || match.isTransposed) return false;
  if (!isTurnable(one) || !isTurnable(other)) return false;
  const [viewA, viewB] = [viewOfLayer(one), viewOfLayer(other)];
  if (viewA.rows !== viewB.columns || viewA.columns !== viewB.rows) return false;
  if (viewA.rows !== viewA.columns) return true;
  const isSure =
    sideA.framework === sideB.framework &&
    one.oriented?.orientation === 'known' &&
    other.oriented?.orientation === 'known';
  if (isSure) return false;
  const sample = await readSample(one.weight, viewA);
  const turned = await readSample(other.weight, transposedView(viewB));
  const straight = await readSample(other.weight, viewB);
  if (!sample || !turned || !straight) return false;
  const value = correlation(sample, turned);
  return value >= correlationLimit(sample.length) && value > correlation(sample, straight);
}

/** One matrix of more than a row and a column, stored as such. */
function isTurnable({ oriented, weight }: Layer): boolean {
  if (!oriented || weight.shape.length !== 2) return false;
  const { blocks, rows, columns } = oriented.view;
  return blocks === 1 && rows > 1 && columns > 1;
}
