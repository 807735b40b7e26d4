import { counted } from '../core/words';
import { numberOf, numbersOf } from './facts';
import type { Rule } from './rule';
import { atLeast, atMost, digits, evidence, percent } from './text';

const redundantFilters: Rule = {
  id: 'E3',
  name: 'redundant-filters',
  title: 'Near-duplicate filters',
  class: 'measured',
  severity: 'warn',
  condition: 'redundant(0.95), where less than 0.01 such pairs are expected by chance',
  rationale:
    'Filters that point the same way compute the same: capacity that is paid for and not used.',
  caveats: [
    'Symmetry that initialisation never broke: with constant weights, a bug',
    'Copied channels (Net2Net, heads copied from grouped queries, a first layer widened to more inputs)',
  ],
  suggestion:
    'A narrower layer; if validation is worse than training, try an orthogonality penalty or dropout',
  techniques: ['orthogonality', 'dropout'],
  sources: [
    'Rodríguez et al., ICLR 2017',
    'Wang et al., CVPR 2020',
    'Roychowdhury, Sharma & Kumar, 2017',
  ],
  thresholds: ['redundant-filters.count', 'redundant-filters.share'],
  *find(facts) {
    for (const layer of facts.eligible) {
      const count = numberOf(layer, 'redundant(0.95)');
      const rows = layer.view?.[0] ?? 0;
      const limit = Math.max(
        facts.threshold('redundant-filters.count'),
        facts.threshold('redundant-filters.share') * rows,
      );
      if (count === undefined || count < limit) continue;
      yield {
        layer: layer.name,
        confidence: 'strong',
        strength: count / rows,
        evidence: [
          evidence('redundant(0.95)', count, atLeast(limit)),
          evidence('cos.max', numberOf(layer, 'cos.max') ?? 1),
        ],
        message: `${counted(count, 'filter')} of ${rows} ${count === 1 ? 'is' : 'are'} nearly parallel to another (${percent(count / rows)}), consistent with features that were learned twice or copied.`,
      };
    }
  },
};

const correlatedFilters: Rule = {
  id: 'E4',
  name: 'correlated-filters',
  title: 'Correlated filters',
  class: 'measured',
  severity: 'info',
  condition: 'orthogonality index of filters, and z-score of the smaller side',
  rationale:
    'Filters share directions: the features are of low dimension, or adapted to each other.',
  caveats: ['Very common in networks that generalise well'],
  suggestion: 'If validation is worse than training, an orthogonality penalty keeps filters apart',
  techniques: ['orthogonality'],
  sources: ['Rodríguez et al., ICLR 2017', 'Bansal, Chen & Wang, NeurIPS 2018'],
  thresholds: ['correlated-filters.index', 'orthogonality.z'],
  *find(facts) {
    for (const layer of facts.eligible) {
      const values = numbersOf(layer, 'OI_row', 'oi.z');
      const limit = facts.threshold('correlated-filters.index');
      const z = facts.threshold('orthogonality.z');
      if (!values || values.OI_row <= limit || values['oi.z'] > -z) continue;
      yield {
        layer: layer.name,
        confidence: 'suggestive',
        strength: values.OI_row,
        evidence: [
          evidence('OI_row', values.OI_row, `> ${digits(limit)}`),
          evidence('oi.z', values['oi.z'], atMost(-z)),
        ],
        message: `filters are ${digits(values.OI_row, 2)} times as correlated as random directions, consistent with features that depend on each other.`,
      };
    }
  },
};

/** Filters that do the same. */
export const redundancy: readonly Rule[] = [redundantFilters, correlatedFilters];
