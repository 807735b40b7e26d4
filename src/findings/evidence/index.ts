import type { Facts } from '../facts';
import { keySightings } from './configKeys';
import { layerSightings } from './declaredLayers';
import { optimizerSightings } from './optimizerSightings';
import type { Seen, Sighting } from './sighting';
import { structuralSightings } from './structure';
import { isJsonObject } from '../../core/json';

const known = new WeakMap<Facts, readonly Sighting[]>();

/** All that a file says of techniques without its numbers: declared, recorded, structural. Gathered once for all rules. */
export function sightingsOf(facts: Facts): readonly Sighting[] {
  const gathered = known.get(facts);
  if (gathered) return gathered;
  const sightings = [
    ...optimizerSightings(facts),
    ...layerSightings(facts),
    ...keySightings(facts.recorded),
    ...declaredKeys(facts),
    ...structuralSightings(facts),
  ];
  known.set(facts, sightings);
  return sightings;
}

/** Those of one technique that are not off. */
export function activeSightings(facts: Facts, ...seen: readonly Seen[]): readonly Sighting[] {
  return sightingsOf(facts).filter((one) => one.isOff !== true && seen.includes(one.seen));
}

/** A declared configuration is searched for keys where it is no list of layers, whose keys mean other things. */
function declaredKeys({ declared, declaredLayers, framework }: Facts): readonly Sighting[] {
  if (!isJsonObject(declared) || framework === 'keras' || framework === 'tfjs') return [];
  if (declaredLayers.length > 0 || Object.hasOwn(declared, 'modules')) return [];
  return keySightings(declared);
}
