import type { TechniqueEvidence } from '../core/finding';
import type { Facts } from './facts';

/** What the file shows of each technique of the catalogue. */
export function techniqueEvidence(_facts: Facts): readonly TechniqueEvidence[] {
  return [];
}
