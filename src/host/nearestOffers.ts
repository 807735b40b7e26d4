import type { OfferFacts, TextRange } from '../training';

/** An offer and its place in the list of its script, by which its edits are asked for. */
export interface ListedOffer {
  readonly offer: OfferFacts;
  readonly index: number;
}

/** What can be added of a technique, that whose code is nearest first; without a place in the order of the list. */
export function nearestOffers(
  offers: readonly OfferFacts[],
  technique: string,
  near: TextRange | undefined,
): readonly ListedOffer[] {
  const offered = offers
    .map((offer, index) => ({ offer, index }))
    .filter(({ offer }) => offer.technique === technique && offer.state === 'offered');
  if (!near) return offered;
  return offered.sort((a, b) => gap(a.offer.where, near) - gap(b.offer.where, near));
}

/** Characters between two ranges; 0 where they meet. */
function gap(a: TextRange, b: TextRange): number {
  return Math.max(0, a.start - b.end, b.start - a.end);
}
