/**
 * Which operation of a graph model consumes each weight. Weights are `Const` nodes; an operation's attributes say how its
 * kernel is oriented.
 *
 * @see https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/node_def.proto
 */
import { isJsonObject, property, type Json } from '../../core/json';
import type { ModuleInfo } from '../../core/tensor';
import { layerName } from '../tensorflow/layerName';

/** Operations that hand a weight on unchanged. */
const passing = new Set(['Identity', 'ReadVariableOp', 'Enter', 'StopGradient', 'Cast']);

/** Longest chain of such operations that is followed. */
const maxChain = 8;

/** Operations whose attributes decide what a weight is; preferred where several use it. */
const telling = new Set([
  'MatMul',
  '_FusedMatMul',
  'BatchMatMul',
  'BatchMatMulV2',
  'Conv2D',
  '_FusedConv2D',
  'FusedConv2D',
  'Conv1D',
  'Conv3D',
  'Conv2DBackpropInput',
  'DepthwiseConv2dNative',
  'FusedDepthwiseConv2dNative',
  'GatherV2',
  'FusedBatchNormV3',
  'FusedBatchNorm',
  'BiasAdd',
]);

interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly attributes: Json | undefined;
}

/** The consumer of a weight as its module: type is the operation, config its attributes and which input the weight is. */
export function graphLookup(
  topology: Json | undefined,
): (weightName: string) => ModuleInfo | undefined {
  const consumers = new Map<string, { node: GraphNode; input: number }[]>();
  for (const node of readNodes(topology)) {
    node.inputs.forEach((reference, input) => {
      // `^name` waits for a node without taking its value; `name:1` takes its second output.
      if (reference.startsWith('^')) return;
      const source = reference.replace(/:\d+$/, '');
      const known = consumers.get(source);
      if (known) known.push({ node, input });
      else consumers.set(source, [{ node, input }]);
    });
  }
  const find = (name: string, depth: number): { node: GraphNode; input: number } | undefined => {
    const uses = (consumers.get(name) ?? []).flatMap((use) => {
      if (!passing.has(use.node.op)) return [use];
      const next = depth < maxChain ? find(use.node.name, depth + 1) : undefined;
      return next ? [next] : [];
    });
    return uses.find((use) => telling.has(use.node.op)) ?? uses[0];
  };
  return (weightName) => {
    const use = find(weightName, 0);
    return use && toModule(use.node, use.input);
  };
}

function toModule(node: GraphNode, input: number): ModuleInfo {
  const config: Record<string, Json> = { input };
  for (const [key, attribute] of Object.entries(
    isJsonObject(node.attributes) ? node.attributes : {},
  )) {
    const value = attributeValue(attribute);
    if (value !== undefined) config[key] = value;
  }
  return { name: layerName(node), type: node.op, config };
}

/** A protobuf attribute as JSON; text is base64. Types, shapes and functions are of no use here. */
function attributeValue(attribute: Json): Json | undefined {
  const flag = property(attribute, 'b');
  if (typeof flag === 'boolean') return flag;
  const number = property(attribute, 'i') ?? property(attribute, 'f');
  if (number !== undefined) return Number(number);
  const text = property(attribute, 's');
  if (typeof text === 'string') return decodeText(text);
  const list = property(attribute, 'list');
  const numbers = property(list, 'i') ?? property(list, 'f');
  if (Array.isArray(numbers)) return numbers.map(Number);
  const texts = property(list, 's');
  if (Array.isArray(texts)) {
    return texts.map((item: unknown) => (typeof item === 'string' ? decodeText(item) : ''));
  }
  return undefined;
}

function decodeText(base64: string): string {
  try {
    return atob(base64);
  } catch {
    // Some converters write the text itself.
    return base64;
  }
}

/** The nodes of a model's topology; what is no node is passed over. */
export function readNodes(topology: Json | undefined): readonly GraphNode[] {
  const nodes = property(topology, 'node');
  if (!Array.isArray(nodes)) return [];
  return nodes.flatMap((node: unknown) => {
    const name = property(node, 'name');
    const op = property(node, 'op');
    const inputs = property(node, 'input');
    if (typeof name !== 'string' || typeof op !== 'string') return [];
    const names = Array.isArray(inputs)
      ? inputs.filter((input: unknown): input is string => typeof input === 'string')
      : [];
    return [{ name, op, inputs: names, attributes: property(node, 'attr') }];
  });
}
