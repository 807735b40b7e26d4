import type { TechniqueEvidence } from '../core/finding';
import { activeSightings, sightingsOf } from './evidence';
import { containerOf, type Container } from './evidence/container';
import { evidenceOf, placesOf } from './evidence/places';
import type { Seen, Sighting } from './evidence/sighting';
import { measuredSign, noSign } from './evidence/weightSigns';
import { operationsOf } from './evidence/modules';
import type { Facts } from './facts';

/** The catalogue of techniques, in its order. */
export const catalogue = [
  ['l1', 'L1'],
  ['l2', 'L2 (weight decay)'],
  ['orthogonality', 'Orthogonality'],
  ['dropout', 'Dropout'],
  ['batch-norm', 'Batch normalization'],
  ['augmentation', 'Data augmentation'],
  ['dropconnect', 'DropConnect'],
  ['fractional-pooling', 'Fractional pooling'],
  ['stochastic-depth', 'Stochastic depth'],
  ['cutout', 'Cutout'],
  ['mixup', 'Mixup'],
] as const satisfies readonly (readonly [Seen, string])[];

export type CatalogueId = (typeof catalogue)[number][0];

/** What the file shows of each technique of the catalogue. */
export function techniqueEvidence(facts: Facts): readonly TechniqueEvidence[] {
  return catalogue.map(([technique]) => techniqueRow(technique, facts));
}

/** One row: what was found, or why this file cannot show it. What is found outweighs what is missing. */
export function techniqueRow(technique: CatalogueId, facts: Facts): TechniqueEvidence {
  const title = catalogue.find(([id]) => id === technique)?.[1] ?? technique;
  const all = sightingsOf(facts).filter(({ seen }) => seen === technique);
  const active = activeSightings(facts, technique);
  const row = { technique, title };
  const first = strongest(active);
  if (first) {
    const found = active.filter((one) => one.class === first.class);
    const evidence = evidenceOf([...found, ...active.filter((one) => one.class !== first.class)]);
    return { ...row, verdict: first.class, message: foundMessage(technique, found), evidence };
  }
  const measured = measuredSign(technique, facts);
  if (measured) {
    const evidence = measured.evidence.map((one) => ({ ...one, class: 'measured' as const }));
    return { ...row, verdict: 'measured', message: measured.message, evidence };
  }
  if (all.length > 0) {
    return {
      ...row,
      verdict: 'declared-off',
      message: `Switched off: ${placesOf(all)}.${offRemark(technique, all)}`,
      evidence: evidenceOf(all),
    };
  }
  const container = containerOf(facts);
  const absent = absentMessage(technique, container, facts);
  if (absent !== undefined) return { ...row, verdict: 'absent', message: absent, evidence: [] };
  const message = undeterminableMessage(technique, container, facts);
  return { ...row, verdict: 'undeterminable', message, evidence: [] };
}

function strongest(active: readonly Sighting[]): Sighting | undefined {
  const order = ['recorded', 'declared', 'structural'] as const;
  for (const kind of order) {
    const found = active.find((one) => one.class === kind);
    if (found) return found;
  }
  return undefined;
}

function foundMessage(technique: CatalogueId, found: readonly Sighting[]): string {
  const [first] = found;
  if (first?.class === 'structural') {
    return `The tensors show it: ${placesOf(found)}.`;
  }
  const areDefaults = found.every(({ isDefault }) => isDefault === true);
  const remark = areDefaults
    ? ' All are defaults of the library, so nobody need have chosen them.'
    : '';
  if (first?.class === 'recorded') return `Recorded by the optimizer: ${placesOf(found)}.${remark}`;
  const acted =
    technique === 'batch-norm' ? '' : ' That says that it was configured, not that it acted.';
  return `Declared: ${placesOf(found)}.${remark}${acted}`;
}

function offRemark(technique: CatalogueId, all: readonly Sighting[]): string {
  if (technique !== 'l2' || all.every((one) => one.class !== 'recorded')) return '';
  return ' A penalty added to the loss would not show there.';
}

/** Why its absence is certain; undefined where the file cannot show that. */
function absentMessage(
  technique: CatalogueId,
  { kind, text, hasRun }: Container,
  facts: Facts,
): string | undefined {
  if (kind === 'config') {
    switch (technique) {
      case 'l1':
      case 'orthogonality':
        return 'No layer of the configuration has such a penalty. One added to the loss by hand would not show.';
      case 'l2':
        return hasRun
          ? 'No layer of the configuration has such a penalty, and the optimizer has no weight decay.'
          : undefined;
      case 'dropout':
      case 'batch-norm':
      case 'dropconnect':
      case 'fractional-pooling':
      case 'stochastic-depth':
        return 'The configuration lists every layer, and none of them is of this kind.';
      case 'augmentation':
      case 'cutout':
      case 'mixup':
        return undefined;
    }
  }
  if (
    kind === 'script' &&
    ['dropout', 'batch-norm', 'fractional-pooling', 'stochastic-depth'].includes(technique)
  ) {
    return isScriptRead(facts) ? 'The program is in the file and makes no such call.' : undefined;
  }
  if (kind === 'modules' && technique === 'batch-norm') {
    return 'None of the pickled modules is of this kind.';
  }
  if (kind === 'tensors' && technique === 'batch-norm' && facts.layers.length > 0) {
    return `No tensor of ${text} is a running mean, which batch normalization keeps.`;
  }
  if (
    kind === 'graph' &&
    technique === 'fractional-pooling' &&
    operationsOf(facts.declared).size > 0
  ) {
    return 'The graph lists every operation, and none of them pools so.';
  }
  return undefined;
}

/** Whether the reader looked into the program: older files may keep it in a form that is not read. */
function isScriptRead({ declared }: Facts): boolean {
  return operationsOf(declared).size > 0;
}

function undeterminableMessage(
  technique: CatalogueId,
  { kind, text, hasRun }: Container,
  facts: Facts,
): string {
  const where = hasRun ? `${text} and what the run recorded` : text;
  switch (technique) {
    case 'l1':
    case 'orthogonality':
      return `Cannot be determined from this file: a penalty is part of the loss, which is not in ${where}. ${noSign(technique, facts)}`.trim();
    case 'l2':
      return `Cannot be determined from this file: ${hasRun ? 'nothing that was recorded mentions it, and a penalty may be part of the loss' : `${text} records no optimizer`}. Smaller weights alone prove nothing.`;
    case 'dropout':
    case 'dropconnect':
    case 'stochastic-depth':
      if (kind === 'graph')
        return `Cannot be determined from this file: exporters remove it from ${text} made for inference.`;
      if (kind === 'modules')
        return 'Cannot be determined from this file: no pickled module is of this kind, but calls in forward() are not in it.';
      return `Cannot be determined from this file: it acts in training only and leaves nothing in ${where}.`;
    case 'batch-norm':
      return `Cannot be determined from this file: exporters fold it into the layer before, as in ${text}.`;
    case 'fractional-pooling':
      return `Cannot be determined from this file: pooling has no weights, and ${text} holds ${kind === 'modules' ? 'no module of this kind but not what forward() calls' : 'no program'}.`;
    case 'augmentation':
    case 'cutout':
    case 'mixup':
      return `Cannot be determined from this file: what was done to the data leaves nothing in ${where}.`;
  }
}
