import { property } from '../../core/json';
import type { Facts } from '../facts';
import { groupFacts } from './optimizers';
import { tidy, type Seen, type Sighting } from './sighting';

/** Options of Keras optimizers and of FTRL beside weight decay. */
const options: readonly (readonly [key: string, seen: Seen])[] = [
  ['clipnorm', 'gradient-clipping'],
  ['clipvalue', 'gradient-clipping'],
  ['global_clipnorm', 'gradient-clipping'],
  ['use_ema', 'average'],
  ['l1_regularization_strength', 'l1'],
  ['l2_regularization_strength', 'l2'],
  ['l2_shrinkage_regularization_strength', 'l2'],
];

/** What recorded optimizers say. */
export function optimizerSightings(facts: Facts): readonly Sighting[] {
  return groupFacts(facts).flatMap(({ weightDecay, where, hyperparameters }) => {
    const sightings: Sighting[] = [];
    const add = (seen: Seen, name: string, value: number | string, isOff: boolean): void => {
      sightings.push({ seen, class: 'recorded', name, value, where, ...(isOff && { isOff }) });
    };
    if (weightDecay !== undefined) add('l2', 'weight_decay', weightDecay, weightDecay === 0);
    for (const [key, seen] of options) {
      const value = property(hyperparameters, key);
      if (typeof value === 'number') add(seen, key, tidy(value), value === 0);
      if (value === true) add(seen, key, 'true', false);
    }
    return sightings;
  });
}
