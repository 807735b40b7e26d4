import { counted } from '../core/words';
import { modulesOf } from './evidence/modules';
import { activeSightings } from './evidence';
import { techniqueOfClass } from './evidence/layerClasses';
import { numberOf, type DeclaredLayer } from './facts';
import type { Rule } from './rule';
import { evidence, percent } from './text';

export const averagedCopy: Rule = {
  id: 'I7',
  name: 'averaged-copy',
  title: 'Averaged copy of the weights',
  class: 'structural',
  severity: 'info',
  condition: 'The file holds a moving average of the weights (EMA, SWA).',
  rationale: 'Averaging regularizes too, and the copy is usually the one that is deployed.',
  caveats: ['The difference of two norms is only the least distance between the weights'],
  suggestion: 'Judge the copy that is deployed.',
  techniques: [],
  sources: [],
  thresholds: [],
  *find(facts) {
    const [average] = activeSightings(facts, 'average').filter((one) => one.class === 'structural');
    if (!average) return;
    const layers = new Map(facts.layers.map((layer) => [layer.tensor, layer]));
    let copied = 0;
    let largest: { readonly name: string; readonly change: number } | undefined;
    for (const tensor of facts.report.tensors) {
      if (tensor.role !== 'ema_copy') continue;
      copied += 1;
      const original = layers.get(tensor.name.replace(/^ema[._]/, ''));
      const [own, other] = [numberOf(tensor, 'l2'), numberOf(original, 'l2')];
      if (!original || own === undefined || other === undefined || !(other > 0)) continue;
      const change = Math.abs(own - other) / other;
      if (!largest || change > largest.change) largest = { name: original.name, change };
    }
    yield {
      confidence: 'certain',
      message: `${copied > 0 ? `The file holds averaged copies of ${counted(copied, 'tensor')}` : `The weights are averages, as ${average.where} says`}${largest ? `, whose norms differ by up to ${percent(largest.change)} (${largest.name})` : ''}.`,
      evidence: [
        { name: average.name, value: average.where },
        ...(largest
          ? [{ ...evidence('‖W_ema − W‖/‖W‖, at least', largest.change), where: largest.name }]
          : []),
      ],
    };
  },
};

export const trainingExport: Rule = {
  id: 'I8',
  name: 'exported-in-training-mode',
  title: 'Exported in training mode',
  class: 'declared',
  severity: 'warn',
  condition: 'A dropout of the graph is set to act at inference.',
  rationale: 'Such a model answers differently each time and worse than it could.',
  caveats: ['Monte Carlo dropout does so on purpose'],
  suggestion: 'Export again in evaluation mode: model.eval() before tracing or exporting.',
  techniques: ['dropout'],
  sources: [],
  thresholds: [],
  *find(facts) {
    const acting = modulesOf(facts.declared).filter(isActing);
    const [first] = acting;
    if (!first) return;
    yield {
      confidence: 'certain',
      message: `${counted(acting.length, 'dropout node')} ${acting.length === 1 ? 'acts' : 'act'} at inference too, first ${first.name || first.type}.`,
      evidence: acting
        .slice(0, 10)
        .map(({ name, type }) => ({ name: type, value: 'training', where: name })),
    };
  },
};

function isActing({ type, config }: DeclaredLayer): boolean {
  if (config['training'] !== true) return false;
  const found = techniqueOfClass(type, config);
  return found?.seen === 'dropout' && found.isOff !== true;
}
