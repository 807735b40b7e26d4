import type { Framework, OptimizerRecord } from '../core/checkpoint';
import { isJsonObject, property, type Json, type JsonObject } from '../core/json';
import type { MetricValue } from '../core/metric';
import type { LayerReport, Measurements, TensorReport } from '../core/report';
import { elementCountOf, type Role } from '../core/tensor';
import { defaultThresholds, type ThresholdName, type Thresholds } from './thresholds';

/** Nesting and number of layers up to which a declared configuration is searched. */
const maxConfigDepth = 24;
const maxConfigLayers = 100_000;

/** Parts of a configuration whose classes are optimizers, losses, metrics and types. */
const notTheModel = new Set(['compile_config', 'training_config', 'trainingConfig', 'dtype']);

/** Weights whose stored values are not what the layer computes with: parts of a parametrization, low-rank updates. */
const partialWeights =
  /(^|[./])(weight_(orig|g|v)|(original|parametrizations[./].*)\d*|lora_(a|b|down|up|delta)([./].*)?|hada_w\d.*)$|[./]parametrizations[./]/i;

/** A layer as a declared Keras configuration has it. */
export interface DeclaredLayer {
  readonly name: string;
  /** Class without its package: `Dense`. */
  readonly type: string;
  readonly config: JsonObject;
}

/** What rules ask of a report again and again. */
export interface Facts {
  readonly report: Measurements;
  readonly framework: Framework;
  readonly layers: readonly LayerReport[];
  readonly optimizers: readonly OptimizerRecord[];
  readonly recorded: { readonly [key: string]: Json };
  readonly declared: Json | undefined;
  /** Layers of a declared Keras or TensorFlow.js configuration, in order, nested models flattened. */
  readonly declaredLayers: readonly DeclaredLayer[];
  /** Weights that a rule on measured numbers may judge: dense, convolution or recurrent, whole, finite, not constant and large enough. */
  readonly eligible: readonly LayerReport[];
  threshold(name: ThresholdName): number;
  layersOf(...roles: readonly Role[]): readonly LayerReport[];
  layer(name: string): LayerReport | undefined;
  tensor(name: string): TensorReport | undefined;
  /** Tensors of a layer that have one of the roles: its running statistics, its bias. */
  companions(layer: LayerReport, ...roles: readonly Role[]): readonly TensorReport[];
  /** Name of the layer that a tensor belongs to. */
  ownerOf(tensor: string): string | undefined;
  /** The declared layer that a measured one belongs to. */
  declaredOf(layer: LayerReport): DeclaredLayer | undefined;
}

export function factsOf(report: Measurements, thresholds: Thresholds = defaultThresholds): Facts {
  const { layers, tensors, checkpoint } = report;
  const layersByName = new Map(layers.map((layer) => [layer.name, layer]));
  const tensorsByName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const owners = new Map(
    layers.flatMap((layer) => layer.tensors.map((name) => [name, layer.name])),
  );
  const declaredLayers = declaredLayersOf(checkpoint.declared);
  const declaredByName = new Map(declaredLayers.map((layer) => [layer.name, layer]));
  const threshold = (name: ThresholdName): number => thresholds[name];
  return {
    report,
    framework: checkpoint.framework,
    layers,
    optimizers: checkpoint.optimizers,
    recorded: checkpoint.recorded,
    declared: checkpoint.declared,
    declaredLayers,
    eligible: layers.filter((layer) => isEligible(layer, threshold)),
    threshold,
    layersOf: (...roles) => layers.filter(({ role }) => roles.includes(role)),
    layer: (name) => layersByName.get(name),
    tensor: (name) => tensorsByName.get(name),
    companions: (layer, ...roles) =>
      layer.tensors.flatMap((name) => {
        const tensor = tensorsByName.get(name);
        return tensor && roles.includes(tensor.role) ? [tensor] : [];
      }),
    ownerOf: (tensor) => owners.get(tensor),
    declaredOf: ({ name }) =>
      name
        .split(/[./]/)
        .reverse()
        .flatMap((part) => declaredByName.get(part) ?? [])[0],
  };
}

/** The scalar of a metric; undefined where it was not measured. */
export function numberOf(
  measured: { readonly metrics?: Readonly<Record<string, MetricValue>> } | undefined,
  id: string,
): number | undefined {
  const metrics = measured?.metrics;
  const value = metrics && Object.hasOwn(metrics, id) ? metrics[id] : undefined;
  return typeof value === 'number' ? value : undefined;
}

/** Several scalars at once; undefined unless all were measured. */
export function numbersOf<Id extends string>(
  measured: { readonly metrics?: Readonly<Record<string, MetricValue>> },
  ...ids: readonly Id[]
): Readonly<Record<Id, number>> | undefined {
  const values: Partial<Record<Id, number>> = {};
  for (const id of ids) {
    const value = numberOf(measured, id);
    if (value === undefined) return undefined;
    values[id] = value;
  }
  return hasAll(values, ids) ? values : undefined;
}

/** Number of weights of the measured tensor. */
export function weightCountOf({ shape }: LayerReport): number {
  return elementCountOf(shape);
}

/** Rows and columns of one of the layer's matrices: of one group, one gate. */
export function blockOf(
  layer: LayerReport,
): { readonly m: number; readonly k: number; readonly p: number } | undefined {
  if (!layer.view) return undefined;
  const [rows, k] = layer.view;
  const m = rows / layer.blocks;
  return { m, k, p: Math.min(m, k) };
}

/** How many values are not finite. */
export function nonFiniteCountOf(measured: Parameters<typeof numberOf>[0]): number {
  return ['n_nan', 'n_pinf', 'n_ninf'].reduce((sum, id) => sum + (numberOf(measured, id) ?? 0), 0);
}

/** Whether the stored values are only a part of what the layer computes with. */
export function isPartialWeight({ tensor, notCombined }: LayerReport): boolean {
  return notCombined !== undefined || partialWeights.test(tensor);
}

function isEligible(layer: LayerReport, threshold: Facts['threshold']): boolean {
  const block = blockOf(layer);
  return (
    ['matrix', 'conv', 'recurrent'].includes(layer.role) &&
    block !== undefined &&
    weightCountOf(layer) >= threshold('any.elements') &&
    block.p >= threshold('any.side') &&
    numberOf(layer, 'rms') !== undefined &&
    numberOf(layer, 'min') !== numberOf(layer, 'max') &&
    nonFiniteCountOf(layer) === 0 &&
    !isPartialWeight(layer)
  );
}

function hasAll<Id extends string>(
  values: Partial<Record<Id, number>>,
  ids: readonly Id[],
): values is Record<Id, number> {
  return ids.every((id) => values[id] !== undefined);
}

/** Finds `{ class_name, config: { name, … } }` wherever it stands; a Sequential in a wrapper, a model in a model. */
function declaredLayersOf(declared: Json | undefined): readonly DeclaredLayer[] {
  const found: DeclaredLayer[] = [];
  const visit = (value: Json | undefined, depth: number): void => {
    if (depth > maxConfigDepth || found.length >= maxConfigLayers) return;
    if (value === undefined || value === null || typeof value !== 'object') return;
    if (!isJsonObject(value)) {
      for (const item of value) visit(item, depth + 1);
      return;
    }
    const type = property(value, 'class_name');
    const config = property(value, 'config');
    const name = property(config, 'name');
    if (typeof type === 'string' && isJsonObject(config) && typeof name === 'string') {
      found.push({ name, type: type.replace(/^.*[.>]/, ''), config });
    }
    for (const [key, item] of Object.entries(value)) {
      if (!notTheModel.has(key)) visit(item, depth + 1);
    }
  };
  visit(declared, 0);
  return found;
}
