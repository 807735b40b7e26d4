/**
 * Layers that a graph hands to a BatchNormalization node and to nothing else. Products (MatMul) are left out: whether their outputs
 * lie along the axis that is normalized follows from the rank of what comes in.
 *
 * @see https://onnx.ai/onnx/operators/onnx__BatchNormalization.html
 */
import type { NormalizedWeight } from '../../core/checkpoint';
import type { Uses } from './graph';
import type { GraphNode, Model } from './model';

/** By the definition of the operator. */
const defaultEpsilon = 1e-5;
/** Longest chain of nodes between a stored tensor and the node that takes it. */
const maxChain = 8;

const layers = /^(Conv|ConvTranspose|Gemm)$/;
/** Nodes that hand on their first input. */
const handing = /^(Identity|Cast|DequantizeLinear)$/;

/** @param uses who takes which value */
export function batchNormsOf(model: Model, uses: Uses): readonly NormalizedWeight[] {
  const producers = new Map<string, GraphNode>();
  const ambiguous = new Set<string>();
  for (const node of model.nodes) {
    for (const output of node.outputs) {
      // Names repeat in the branches of a graph: what they mean is then not known here.
      if (producers.has(output)) ambiguous.add(output);
      else producers.set(output, node);
    }
  }
  const stored = new Map<string, number>();
  for (const { name } of model.tensors) stored.set(name, (stored.get(name) ?? 0) + 1);
  const producer = (value: string): GraphNode | undefined =>
    ambiguous.has(value) ? undefined : producers.get(value);

  /** The stored tensor behind a value; `isAlone` that nothing else takes it on the way. */
  const storedTensor = (value: string | undefined, isAlone: boolean): string | undefined => {
    let name = value ?? '';
    for (let step = 0; step < maxChain && name !== ''; step++) {
      if (isAlone && uses.direct(name).length !== 1) return undefined;
      if (stored.has(name)) return stored.get(name) === 1 ? name : undefined;
      const node = producer(name);
      if (!node || !handing.test(node.op)) return undefined;
      name = node.inputs[0] ?? '';
    }
    return undefined;
  };

  const found: NormalizedWeight[] = [];
  for (const node of model.nodes) {
    if (node.op !== 'BatchNormalization') continue;
    const [input = '', scale, , , variance] = node.inputs;
    const layer = producer(input);
    if (!layer || !layers.test(layer.op) || uses.direct(input).length !== 1) continue;
    if (model.outputs.includes(input) || (numberOf(layer, 'alpha') ?? 1) !== 1) continue;
    const weight = storedTensor(layer.inputs[1], true);
    const gamma = storedTensor(scale, false);
    const running = storedTensor(variance, false);
    const epsilon = numberOf(node, 'epsilon') ?? defaultEpsilon;
    if (weight === undefined || gamma === undefined || running === undefined) continue;
    if (epsilon >= 0) found.push({ weight, gamma, variance: running, epsilon });
  }
  return found;
}

function numberOf(node: GraphNode, name: string): number | undefined {
  const value = node.attributes.get(name);
  return typeof value === 'number' ? value : undefined;
}
