import { activeSightings } from './evidence';
import { evidenceOf, placesOf } from './evidence/places';
import { modulesOf } from './evidence/modules';
import { techniqueOfClass } from './evidence/layerClasses';
import { numberOf, type DeclaredLayer, type Facts } from './facts';
import type { Rule } from './rule';
import { techniqueRow } from './techniqueEvidence';
import { digits, evidence } from './text';

export const dropoutDeclared: Rule = {
  id: 'I1',
  name: 'declared-dropout',
  title: 'Dropout declared',
  class: 'declared',
  severity: 'info',
  condition: 'A layer, a node or a key sets dropout with a rate above 0.',
  rationale: 'Dropout leaves no mark in weights; only a configuration or a graph shows it.',
  caveats: ['Declared is not applied: a configuration may hold the defaults of its class'],
  techniques: ['dropout'],
  sources: [],
  thresholds: ['declared-dropout.high'],
  *find(facts) {
    const found = activeSightings(facts, 'dropout');
    if (found.length === 0) return;
    const limit = facts.threshold('declared-dropout.high');
    const high = found.filter(({ value }) => typeof value === 'number' && value >= limit);
    const before = dropoutBeforeBatchNorm(facts);
    const remarks = [
      ...(high[0] ? [`${high[0].value} at ${high[0].where} is unusually high`] : []),
      ...(before
        ? [
            `${before.name} stands directly before batch norm, whose statistics then differ between training and test`,
          ]
        : []),
    ];
    yield {
      class: found.some((one) => one.class === 'declared') ? 'declared' : 'structural',
      severity: remarks.length > 0 ? 'note' : 'info',
      confidence: 'certain',
      message: [`Dropout is declared: ${placesOf(found)}`, ...remarks].join('; ') + '.',
      evidence: evidenceOf(found),
      ...(before && {
        caveats: ['Li et al., CVPR 2019: variance shift between dropout and batch norm'],
      }),
    };
  },
};

export const dropoutNotFound: Rule = {
  id: 'I2',
  name: 'dropout-not-found',
  title: 'No dropout found',
  class: 'declared',
  severity: 'info',
  condition: 'Nothing in the file declares dropout with a rate above 0.',
  rationale: '"Not visible" is not "not used": which of the two it is depends on the kind of file.',
  caveats: [],
  techniques: ['dropout'],
  sources: [],
  thresholds: [],
  *find(facts) {
    if (activeSightings(facts, 'dropout').length > 0) return;
    const { verdict, message, evidence: read } = techniqueRow('dropout', facts);
    yield {
      confidence: verdict === 'undeterminable' ? 'suggestive' : 'certain',
      message,
      evidence:
        read.length > 0 ? read : [{ name: 'format', value: facts.report.checkpoint.description }],
    };
  },
};

export const closedBranches: Rule = {
  id: 'I3',
  name: 'layer-scale',
  title: 'Scales of residual branches',
  class: 'structural',
  severity: 'info',
  condition: 'The layer holds the scale of a residual branch (LayerScale, ReZero).',
  rationale:
    'Branches start nearly closed, at 1e-5 or 0.1, and open as far as training needs them.',
  caveats: ['The initial value is not in the weights'],
  techniques: [],
  sources: ['Touvron et al. (LayerScale), ICCV 2021'],
  thresholds: ['layer-scale.closed'],
  *find(facts) {
    const closed = facts.threshold('layer-scale.closed');
    for (const layer of facts.layersOf('layer_scale')) {
      const largest = numberOf(layer, 'linf');
      const mean = numberOf(layer, 'mean_abs');
      if (largest === undefined || mean === undefined) continue;
      const isClosed = largest < closed;
      yield {
        layer: layer.name,
        confidence: 'certain',
        strength: -largest,
        message: `scales of a residual branch, mean size ${digits(mean)}, largest ${digits(largest)}${isClosed ? ': the branch lets almost nothing through' : ''}.`,
        evidence: [evidence('linf', largest), evidence('mean_abs', mean)],
      };
    }
  },
};

/** Dropout whose next layer in the declaration is batch normalization. */
function dropoutBeforeBatchNorm(facts: Facts): DeclaredLayer | undefined {
  const seenOf = ({ type, config }: DeclaredLayer): string | undefined => {
    const found = techniqueOfClass(type, config);
    return found?.isOff === true ? undefined : found?.seen;
  };
  for (const layers of [facts.declaredLayers, modulesOf(facts.declared)]) {
    for (const [index, layer] of layers.entries()) {
      const next = layers[index + 1];
      if (next && seenOf(layer) === 'dropout' && seenOf(next) === 'batch-norm') return layer;
    }
  }
  return undefined;
}
