import type { Alarm } from '../../core/series';
import type { SeriesInput } from './seriesOf';

/** ‖W‖ this many times the median of the points before is no training any more. */
const explodingRatio = 10;
/** A median of fewer says nothing: norms grow from their initial values. */
const fewestBefore = 2;

type AlarmLayer = SeriesInput['layers'][number];

/** What is wrong in the newest point and was not in the one before. Says each kind once, of the worst layer. */
export function alarmsOf(points: readonly Pick<SeriesInput, 'layers'>[]): readonly Alarm[] {
  const newest = points.at(-1);
  if (!newest) return [];
  const before = points.slice(0, -1);
  const found = [
    nonFinite(newest.layers),
    deadLayer(newest.layers, before),
    exploding(newest.layers, before),
  ];
  return found.filter((alarm) => alarm !== undefined);
}

function nonFinite(layers: readonly AlarmLayer[]): Alarm | undefined {
  for (const layer of layers) {
    const nan = numberOf(layer, 'n_nan') ?? 0;
    const infinite = (numberOf(layer, 'n_pinf') ?? 0) + (numberOf(layer, 'n_ninf') ?? 0);
    if (nan + infinite === 0) continue;
    const parts = [
      ...(nan > 0 ? [`${nan} NaN`] : []),
      ...(infinite > 0 ? [`${infinite} infinite`] : []),
    ];
    return {
      kind: 'non-finite',
      layer: layer.name,
      message: `${layer.name} has ${parts.join(' and ')} weights`,
    };
  }
  return undefined;
}

/** All weights are zero. A layer that was so from the start is meant to be: zero-initialised ends of residual branches. */
function deadLayer(
  layers: readonly AlarmLayer[],
  before: readonly Pick<SeriesInput, 'layers'>[],
): Alarm | undefined {
  const wasAlive = (name: string): boolean =>
    before.some(({ layers: earlier }) => {
      const zeros = numberOf(
        earlier.find((one) => one.name === name),
        'zero.frac',
      );
      return zeros !== undefined && zeros < 1;
    });
  const dead = layers.filter((layer) => numberOf(layer, 'zero.frac') === 1 && wasAlive(layer.name));
  const [first] = dead;
  if (!first) return undefined;
  const more = dead.length > 1 ? `, and ${dead.length - 1} more` : '';
  return {
    kind: 'dead-layer',
    layer: first.name,
    message: `All weights of ${first.name} are zero${more}`,
  };
}

function exploding(
  layers: readonly AlarmLayer[],
  before: readonly Pick<SeriesInput, 'layers'>[],
): Alarm | undefined {
  let worst: { readonly name: string; readonly norm: number; readonly usual: number } | undefined;
  for (const layer of layers) {
    const norm = numberOf(layer, 'l2');
    const earlier = before.flatMap(
      (point) =>
        numberOf(
          point.layers.find(({ name }) => name === layer.name),
          'l2',
        ) ?? [],
    );
    if (norm === undefined || earlier.length < fewestBefore) continue;
    const usual = medianOf(earlier);
    if (usual === 0 || norm / usual < explodingRatio) continue;
    if (!worst || norm / usual > worst.norm / worst.usual)
      worst = { name: layer.name, norm, usual };
  }
  if (!worst) return undefined;
  const { name, norm, usual } = worst;
  const ratio = Number((norm / usual).toPrecision(2));
  return {
    kind: 'exploding-norm',
    layer: name,
    message: `‖W‖ of ${name} is ${digits(norm)}, ${ratio} times its median of ${digits(usual)} before`,
  };
}

function numberOf(layer: AlarmLayer | undefined, id: string): number | undefined {
  const value = layer && Object.hasOwn(layer.metrics, id) ? layer.metrics[id] : undefined;
  return typeof value === 'number' ? value : undefined;
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? 0;
  return sorted.length % 2 === 1
    ? upper
    : (upper + (sorted[(sorted.length >> 1) - 1] ?? upper)) / 2;
}

function digits(value: number): string {
  return String(Number(value.toPrecision(3)));
}
