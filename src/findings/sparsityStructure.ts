import { counted } from '../core/words';
import { isJsonObject, property, type Json } from '../core/json';
import type { LayerReport } from '../core/report';
import {
  isPartialWeight,
  nonFiniteCountOf,
  numberOf,
  numbersOf,
  weightCountOf,
  type Facts,
} from './facts';
import type { Hit, Rule } from './rule';
import { atLeast, digits, evidence, percent } from './text';

const deadFilters: Rule = {
  id: 'B4',
  name: 'dead-filters',
  title: 'Dead filters',
  class: 'measured',
  severity: 'note',
  condition:
    'filters that are zero or a thousandth as long as the median, more than the share of zeros explains',
  rationale:
    'Whole filters vanish under a group-lasso penalty, under structured pruning, or when units die in training.',
  caveats: [
    'Blocks that start at zero',
    'Padding channels',
    'Outputs that stand for nothing, as in a padded vocabulary',
  ],
  suggestion:
    'Remove the filters and the inputs that read them. If they died unintended: a lower learning rate or weight decay, or a leaky activation',
  techniques: [],
  sources: ['Wen et al., NeurIPS 2016', 'Mehta, Kim & Theobalt, CVPR 2019'],
  thresholds: ['dead-filters.note', 'dead-filters.warn'],
  *find(facts) {
    for (const layer of facts.eligible) {
      const values = numbersOf(layer, 'row.zero', 'row.dead_rel');
      const rows = layer.view?.[0] ?? 0;
      if (!values || numberOf(layer, 'linf') === 0) continue;
      // Zero filters are shorter than a thousandth, too.
      const dead = Math.max(values['row.zero'], values['row.dead_rel']);
      const chance = layer.baselines['row.zero'] ?? 0;
      const limit = Math.max(1, facts.threshold('dead-filters.note') * rows);
      if (dead < limit || chance > dead / 2) continue;
      const isMany = dead >= facts.threshold('dead-filters.warn') * rows;
      yield {
        layer: layer.name,
        ...(isMany ? { severity: 'warn' as const } : {}),
        confidence: 'strong',
        strength: dead / rows,
        evidence: [
          evidence('row.zero', values['row.zero'], `${digits(chance, 2)} by chance`),
          evidence('row.dead_rel', values['row.dead_rel'], atLeast(limit)),
        ],
        message: `${counted(dead, 'filter')} of ${rows} ${dead === 1 ? 'is' : 'are'} dead (${percent(dead / rows)}), consistent with structured pruning, a group penalty or dying units.`,
      };
    }
  },
};

/** The strictest first: each implies those after it. */
const patterns = ['1,4', '2,4', '4,8', '8,16'] as const;

const groupSparsity: Rule = {
  id: 'B5',
  name: 'nm-sparsity',
  title: 'N:M sparsity',
  class: 'measured',
  severity: 'note',
  condition:
    'share of groups along the input axis that keep at most N of M weights, where chance at this share of zeros does not explain it',
  rationale:
    'Hardware multiplies 2:4 patterns at up to twice the speed; the pattern does not arise by itself.',
  caveats: ['From 90 % zeros on most groups keep the pattern by chance'],
  suggestion: 'Run it with kernels that use the pattern',
  techniques: [],
  sources: ['Mishra et al., arXiv 2104.08378'],
  thresholds: ['nm-sparsity.conformity', 'nm-sparsity.chance', 'nm-sparsity.elements'],
  *find(facts) {
    for (const layer of facts.eligible) {
      if (weightCountOf(layer) < facts.threshold('nm-sparsity.elements')) continue;
      if ((numberOf(layer, 'linf') ?? 0) === 0) continue;
      const found = patternOf(layer, facts);
      if (found) yield found;
    }
  },
};

function patternOf(layer: LayerReport, facts: Facts): Hit | undefined {
  for (const pattern of patterns) {
    for (const id of [`nm(${pattern})`, `nm_channel(${pattern})`]) {
      const share = numberOf(layer, id);
      const chance = layer.baselines[id];
      if (share === undefined || chance === undefined) continue;
      const conformity = facts.threshold('nm-sparsity.conformity');
      if (share < conformity || chance >= facts.threshold('nm-sparsity.chance')) continue;
      return {
        layer: layer.name,
        confidence: 'certain',
        strength: 1 - chance,
        evidence: [
          evidence(id, share, atLeast(conformity)),
          evidence('zero.frac', numberOf(layer, 'zero.frac') ?? 0),
        ],
        message: `${percent(share)} of the groups keep the ${pattern.replace(',', ':')} pattern; ${percent(chance)} would by chance.`,
      };
    }
  }
  return undefined;
}

const blocks = ['64x64', '32x32', '16x16', '8x8', '4x4'] as const;

const blockSparsity: Rule = {
  id: 'B6',
  name: 'block-sparsity',
  title: 'Block sparsity',
  class: 'measured',
  severity: 'note',
  condition:
    'share of the zeros in aligned blocks of nothing but zeros, where neither whole rows or columns nor chance explain it',
  rationale: 'Whole blocks of zeros come from pruning for kernels that skip blocks.',
  caveats: ['Block-diagonal layers by design'],
  techniques: [],
  sources: ['Gray, Radford & Kingma, 2017'],
  thresholds: ['block-sparsity.share', 'block-sparsity.zeros'],
  *find(facts) {
    for (const layer of facts.eligible) {
      const values = numbersOf(layer, 'zero.frac', 'row.zero', 'col.zero');
      const [rows, columns] = layer.view ?? [1, 1];
      if (!values || numberOf(layer, 'linf') === 0) continue;
      if (values['zero.frac'] < facts.threshold('block-sparsity.zeros')) continue;
      // Zero rows and columns are blocks of their own accord.
      const lines = values['row.zero'] / rows + values['col.zero'] / columns;
      if (lines > 0.5 * values['zero.frac']) continue;
      const limit = facts.threshold('block-sparsity.share');
      const found = blocks.find(
        (size) =>
          (numberOf(layer, `block(${size})`) ?? 0) >= limit &&
          (layer.baselines[`block(${size})`] ?? 1) < 0.5,
      );
      if (found === undefined) continue;
      const share = numberOf(layer, `block(${found})`) ?? 0;
      yield {
        layer: layer.name,
        confidence: 'certain',
        strength: share,
        evidence: [
          evidence(`block(${found})`, share, atLeast(limit)),
          evidence('zero.frac', values['zero.frac']),
        ],
        message: `${percent(share)} of the zeros lie in ${found.replace('x', ' × ')} blocks of nothing but zeros.`,
      };
    }
  },
};

const pruningMachinery: Rule = {
  id: 'B7',
  name: 'pruning-machinery',
  title: 'Pruning in progress',
  class: 'structural',
  severity: 'note',
  condition:
    'a weight stored as X_orig with X_mask, a PruneLowMagnitude layer, or a declared sparsity_config',
  rationale: 'The weight that acts is the stored one times its mask.',
  caveats: ['The numbers of such a layer are those of the masked weight'],
  suggestion:
    'Make the pruning permanent before export (torch.nn.utils.prune.remove, strip_pruning)',
  techniques: [],
  sources: ['torch.nn.utils.prune', 'tensorflow_model_optimization'],
  thresholds: [],
  *find(facts) {
    for (const layer of facts.layers) {
      if (!layer.combined?.startsWith('pruning') && !layer.tensor.endsWith('_orig')) continue;
      const mask = facts.tensor(`${layer.tensor.replace(/_orig$/, '')}_mask`);
      if (!mask) continue;
      yield {
        layer: layer.name,
        confidence: 'certain',
        evidence: [{ name: 'mask', value: mask.name, where: layer.tensor }],
        message: 'stored whole with a mask beside it: pruned by torch.nn.utils.prune.',
      };
    }
    for (const { name, type } of facts.declaredLayers) {
      if (type !== 'PruneLowMagnitude') continue;
      yield modelHit({ name: 'class_name', value: type, where: name });
    }
    for (const source of [facts.declared, property(facts.declared, 'quantization_config')]) {
      const config = sparsityConfig(source);
      if (config !== undefined) yield modelHit({ name: 'sparsity_config', value: config });
    }
  },
};

function sparsityConfig(source: Json | undefined): string | undefined {
  const config = property(source, 'sparsity_config');
  return isJsonObject(config) && Object.keys(config).length > 0
    ? JSON.stringify(config).slice(0, 200)
    : undefined;
}

function modelHit(found: Hit['evidence'][number]): Hit {
  return {
    confidence: 'certain',
    evidence: [found],
    message: 'The configuration declares pruning.',
  };
}

const embeddingRows: Rule = {
  id: 'B9',
  name: 'embedding-rows',
  title: 'Embedding rows hardly trained',
  class: 'measured',
  severity: 'info',
  condition: 'rows that are zero, or far shorter than the median row',
  rationale:
    'A padding row is zero by design; other short rows stand for tokens that training hardly met.',
  caveats: ['One zero row is usually the padding index'],
  suggestion: 'Resize the vocabulary, or train these tokens',
  techniques: [],
  sources: ['Land & Bartolo, EMNLP 2024'],
  thresholds: ['embedding-rows.low'],
  *find(facts) {
    for (const layer of facts.layersOf('embedding')) {
      const values = numbersOf(layer, 'row.zero', 'row.l2.median', 'row.l2.min');
      if (!values || nonFiniteCountOf(layer) > 0 || isPartialWeight(layer)) continue;
      const median = values['row.l2.median'];
      const limit = facts.threshold('embedding-rows.low') * median;
      const isShort = values['row.l2.min'] < limit;
      if (values['row.zero'] === 0 && !isShort) continue;
      const norms = layer.metrics['row.l2'];
      const low =
        typeof norms === 'object' ? norms.filter((norm) => norm < limit).length : undefined;
      yield {
        layer: layer.name,
        confidence: 'strong',
        strength: low ?? values['row.zero'],
        evidence: [
          evidence('row.zero', values['row.zero']),
          evidence('row.l2.min', values['row.l2.min'], `< ${digits(limit)}`),
          evidence('row.l2.median', median),
        ],
        message: `${low === undefined ? 'some rows are' : counted(low, 'row') + (low === 1 ? ' is' : ' are')} shorter than ${percent(facts.threshold('embedding-rows.low'))} of the median, ${values['row.zero']} of them zero: consistent with padding or tokens hardly met in training.`,
      };
    }
  },
};

/** How zeros lie, and what holds them there. */
export const structures: readonly Rule[] = [
  deadFilters,
  groupSparsity,
  blockSparsity,
  pruningMachinery,
  embeddingRows,
];
