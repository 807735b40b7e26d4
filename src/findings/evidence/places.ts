import type { Evidence, EvidenceClass } from '../../core/finding';
import type { Sighting } from './sighting';

const maxShown = 4;
const maxListed = 30;

/** `drop1 0.25, encoder.dropout = 0.1 (the default), and 3 more`. */
export function placesOf(sightings: readonly Sighting[]): string {
  const shown = sightings.slice(0, maxShown).map(({ name, value, where, isDefault, remark }) => {
    const isKey = where === name || where.endsWith(`.${name}`);
    const place = isKey ? where : where === '' ? name : `${where} (${name})`;
    const said = value === name || value === where ? place : `${place} = ${value}`;
    const notes = [
      ...(isDefault === true ? ['the default'] : []),
      ...(remark === undefined ? [] : [remark]),
    ];
    return notes.length > 0 ? `${said} (${notes.join('; ')})` : said;
  });
  const left = sightings.length - shown.length;
  return left > 0 ? `${shown.join(', ')} and ${left} more` : shown.join(', ');
}

export function evidenceOf(
  sightings: readonly Sighting[],
): readonly (Evidence & { readonly class: EvidenceClass })[] {
  return sightings
    .slice(0, maxListed)
    .map((one) => ({ name: one.name, value: one.value, where: one.where, class: one.class }));
}
