/** Weights that never had a gradient decay by the clock: what is left of them tells how much decay there was. */
import { counted } from '../core/words';
import type { LayerReport, TensorReport } from '../core/report';
import { groupFacts, type GroupFacts } from './evidence/optimizers';
import { mapParameters } from './evidence/parameterMapping';
import { numberOf, type Facts } from './facts';
import type { Hit, Rule } from './rule';
import { atLeast, digits, evidence } from './text';

export const dosimeter: Rule = {
  id: 'C6',
  name: 'decay-dosimeter',
  title: 'Rows without gradient show the decay',
  class: 'measured',
  severity: 'note',
  condition:
    'At least so many rows whose second moment is exactly zero have norms as alike as those of Gaussian rows, and shorter than the others.',
  rationale:
    'A row that never gets a gradient shrinks by e^−D, so its norm measures the decay that really happened.',
  caveats: [
    'Rows may have been drawn smaller from the start',
    'The initial scale is not in the file',
    'The other rows may have grown',
  ],
  techniques: ['l2'],
  sources: ['Land & Bartolo, EMNLP 2024 (tokens that are never trained)'],
  thresholds: ['decay-dosimeter.rows', 'decay-dosimeter.ratio'],
  *find(facts) {
    // Of several optimizers it cannot be told by number alone whose state it is.
    if (facts.optimizers.length !== 1) return;
    const moments = secondMoments(facts);
    const layers = new Map(facts.layers.map((layer) => [layer.tensor, layer]));
    let first = 0;
    for (const { group, parameters } of mapParameters(facts, groupFacts(facts))) {
      // Without decay shorter rows only mean that the others have grown.
      const held = group.weightDecay === 0 ? [] : (parameters ?? []);
      for (const [index, parameter] of held.entries()) {
        const layer = layers.get(parameter.name);
        const state = moments.get(first + index);
        if (!layer || state?.shape.join('×') !== parameter.shape.join('×')) continue;
        yield* rowsWithoutGradient(facts, { layer, state, group });
      }
      first += group.parameterCount;
    }
  },
};

export const decayedDeath: Rule = {
  id: 'C10',
  name: 'decayed-dead-filters',
  title: 'Filters decayed to almost nothing',
  class: 'measured',
  severity: 'note',
  condition: 'Filters with 0 < ‖w‖ below 1e-6 of the median.',
  rationale:
    'Without gradient a filter decays exponentially and never reaches zero: a tiny norm that is not zero is consistent with a dead unit under weight decay.',
  caveats: ['Layers that start near zero on purpose'],
  suggestion: 'The filters can be removed without changing the output much; check it on data.',
  techniques: ['l2'],
  sources: ['Mehta, Kim & Theobalt, CVPR 2019'],
  thresholds: ['decayed-dead-filters.norm'],
  *find(facts) {
    const limit = facts.threshold('decayed-dead-filters.norm');
    for (const layer of facts.eligible) {
      const norms = rowNormsOf(layer);
      const median = numberOf(layer, 'row.l2.median');
      if (!norms || median === undefined || !(median > 0)) continue;
      const tiny = norms.filter((norm) => norm > 0 && norm < limit * median);
      const smallest = Math.min(...tiny.slice(0, 10_000));
      if (tiny.length === 0) continue;
      yield {
        layer: layer.name,
        confidence: 'strong',
        strength: tiny.length / norms.length,
        message: `${counted(tiny.length, 'filter')} of ${norms.length} ${tiny.length === 1 ? 'has a norm' : 'have norms'} below ${digits(limit)} of the median but not zero, which is consistent with units that get no gradient under weight decay.`,
        evidence: [
          evidence('row.l2.min', smallest, `< ${digits(limit)} of the median`),
          evidence('row.l2.median', median),
        ],
      };
    }
  },
};

interface Place {
  readonly layer: LayerReport;
  readonly state: TensorReport;
  readonly group: GroupFacts;
}

function* rowsWithoutGradient(facts: Facts, { layer, state, group }: Place): Iterable<Hit> {
  const norms = rowNormsOf(layer);
  const zeroShare = numberOf(state, 'zero.frac');
  const width = layer.view?.[1];
  if (!norms || zeroShare === undefined || width === undefined || width < 4) return;
  const dead = Math.round(zeroShare * norms.length);
  // Whole rows: the zeros of a single input's column would come out as a fraction of rows.
  if (dead < facts.threshold('decay-dosimeter.rows') || dead > norms.length - 2) return;
  if (Math.abs(zeroShare * norms.length - dead) > 0.01) return;
  const sorted = [...norms].sort((a, b) => a - b);
  const low = sorted.slice(0, dead);
  const high = sorted.slice(dead);
  const ratio = middleOf(low) / middleOf(high);
  const limit = facts.threshold('decay-dosimeter.ratio');
  // Norms of Gaussian rows of width d spread by 1/√(2d).
  const spread = spreadOf(low) * Math.sqrt(2 * width);
  if (!(ratio < limit) || spread < 0.4 || spread > 2) return;
  const dose = -Math.log(ratio);
  yield {
    layer: layer.name,
    confidence: 'strong',
    strength: 1 - ratio,
    message: `${counted(dead, 'row')} never had a gradient (second moment exactly 0), and the shortest rows have ${digits(ratio, 2)} of the others' norm, which is consistent with a dose of weight decay of ${digits(dose, 2)}${recordText(dose, group)}.`,
    evidence: [
      {
        ...evidence(
          'opt.dead_frac',
          zeroShare,
          atLeast(facts.threshold('decay-dosimeter.rows') / norms.length),
        ),
        where: state.name,
      },
      evidence('norm over others', ratio, `< ${digits(limit)}`),
    ],
  };
}

/** What the record says of it. The other rows grow meanwhile, which makes the dose look larger than it was. */
function recordText(measured: number, { dose }: GroupFacts): string {
  if (!dose) return '';
  const rest = measured > dose[1] ? ', so the other rows have grown as well' : '';
  return `; the record gives up to ${digits(dose[1], 2)}${rest}`;
}

/** Second moments by the number of their parameter: they tell which elements ever had a gradient. */
function secondMoments({ report }: Facts): ReadonlyMap<number, TensorReport> {
  const moments = new Map<number, TensorReport>();
  for (const tensor of report.tensors) {
    if (tensor.role !== 'optimizer') continue;
    const number = /(?:^|[./])state[./](\d+)[./](?:exp_avg_sq|square_avg)$/.exec(tensor.name)?.[1];
    if (number !== undefined) moments.set(Number(number), tensor);
  }
  return moments;
}

function rowNormsOf(layer: LayerReport): readonly number[] | undefined {
  const norms = layer.metrics['row.l2'];
  return Array.isArray(norms) && norms.length > 0 ? norms : undefined;
}

function middleOf(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** Standard deviation over mean. */
function spreadOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return Math.sqrt(variance) / mean;
}
