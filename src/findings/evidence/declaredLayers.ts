import { property } from '../../core/json';
import type { DeclaredLayer, Facts } from '../facts';
import { innerDropouts, techniqueOfClass } from './layerClasses';
import { modulesOf } from './modules';
import { maxNormOf, regularizersOf } from './regularizers';
import { tidy, type Sighting } from './sighting';

/** What the declared layers say: of a Keras or TensorFlow.js configuration, a pickled module, the nodes of a graph. */
export function layerSightings(facts: Facts): readonly Sighting[] {
  const modules = modulesOf(facts.declared);
  // A program's calls have the rates that its modules, whose constants are in the text, do not tell.
  const called = new Set(
    modules.flatMap((one) =>
      isCall(one) ? (techniqueOfClass(one.type, one.config)?.seen ?? []) : [],
    ),
  );
  return [...facts.declaredLayers, ...modules].flatMap((layer) => [
    ...ofClass(layer).filter(({ seen }) => isCall(layer) || !called.has(seen)),
    ...ofRegularizers(layer),
  ]);
}

/** `torch.dropout`, `torchvision.stochastic_depth`: a function, not a class. */
function isCall({ type }: DeclaredLayer): boolean {
  return /^torch(vision)?\./.test(type);
}

function ofClass({ name, type, config }: DeclaredLayer): readonly Sighting[] {
  const found = techniqueOfClass(type, config);
  const own: Sighting[] = found ? [{ class: 'declared', name: type, where: name, ...found }] : [];
  const inner = innerDropouts(type, config).map(({ key, value }): Sighting => ({
    seen: 'dropout',
    class: 'declared',
    name: key,
    value,
    where: name,
    ...(value === 0 && { isOff: true }),
  }));
  // Nearly every recurrent and attention layer has the key at 0: that alone is not worth a line.
  return [...own, ...inner.filter(({ isOff }) => isOff !== true)];
}

function ofRegularizers(layer: DeclaredLayer): readonly Sighting[] {
  const found = regularizersOf(layer).map(({ key, type, coefficient, isActivity }): Sighting => {
    const isOff = coefficient === 0;
    const seen = isActivity ? 'activity' : type;
    return {
      seen,
      class: 'declared',
      name: `${key} ${type}`,
      value: coefficient,
      where: layer.name,
      ...(isOff && { isOff }),
    };
  });
  const limit = maxNormOf(layer);
  if (limit !== undefined) {
    found.push({
      seen: 'max-norm',
      class: 'declared',
      name: 'kernel_constraint',
      value: limit,
      where: layer.name,
    });
  }
  // L1L2 records both; the zero beside the other coefficient says nothing new.
  const kept = found.filter(
    (one) => one.isOff !== true || !found.some((other) => other.isOff !== true),
  );
  return [...kept, ...embeddingMaxNorm(layer)];
}

/** torch.nn.Embedding(max_norm=…). */
function embeddingMaxNorm({ name, type, config }: DeclaredLayer): readonly Sighting[] {
  const limit = type.startsWith('Embedding') ? property(config, 'max_norm') : undefined;
  if (typeof limit !== 'number') return [];
  return [
    { seen: 'max-norm', class: 'declared', name: 'max_norm', value: tidy(limit), where: name },
  ];
}
