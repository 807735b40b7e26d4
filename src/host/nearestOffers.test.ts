import { describe, expect, it } from 'vitest';

import type { OfferFacts } from '../training';
import { nearestOffers } from './nearestOffers';

const offer = (start: number, end: number, facts: Partial<OfferFacts> = {}): OfferFacts => ({
  technique: 'l2',
  variant: 'test',
  title: `${start}`,
  state: 'offered',
  detail: '',
  where: { start, end },
  canRemove: false,
  ...facts,
});

const offers = [
  offer(0, 10),
  offer(20, 30),
  offer(40, 90),
  offer(50, 52, { technique: 'l1' }),
  offer(54, 56, { state: 'present' }),
];

describe('nearestOffers', () => {
  it.each<[string, { start: number; end: number } | undefined, readonly number[]]>([
    ['nowhere', undefined, [0, 1, 2]],
    ['before all', { start: 0, end: 0 }, [0, 1, 2]],
    ['in a long one, whose ends are far', { start: 55, end: 55 }, [2, 1, 0]],
    ['between two, nearer to the second', { start: 17, end: 18 }, [1, 0, 2]],
    ['in the middle of two: as listed', { start: 15, end: 15 }, [0, 1, 2]],
    ['a range that meets two', { start: 5, end: 22 }, [0, 1, 2]],
  ])('%s', (_, near, expected) => {
    expect(nearestOffers(offers, 'l2', near).map(({ index }) => index)).toEqual(expected);
  });
});
