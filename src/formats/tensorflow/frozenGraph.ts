/**
 * A frozen graph (`.pb`): one GraphDef whose weights are the values of Const nodes.
 *
 * Protobuf has no signature. A GraphDef is told by its first field, a node: a name, then an operation.
 */
import type { CheckpointFiles } from '../../core/byteSource';
import type { Checkpoint, Skipped } from '../../core/checkpoint';
import type { Format } from '../../core/format';
import type { Json } from '../../core/json';
import type { Tensor } from '../../core/tensor';
import { WireReader } from '../onnx/wire';
import { type GraphNode, readGraph } from './graphDef';
import { modulesOf } from './graphModules';
import { countOperations } from '../operationCounts';
import { GraphUses } from './graphUses';
import { constantOf } from './tensorProto';

const format = 'TensorFlow graph';

export const frozenGraph: Format = {
  id: 'tensorflow-graph',
  title: 'TensorFlow graph',
  matches: ({ head }) => looksLikeGraph(head),
  open: openGraph,
};

/** Field 1 as bytes, in it field 1 (a name) and field 2 (an operation: `Const`, `_Arg`, `Package>Op`). */
function looksLikeGraph(head: Uint8Array): boolean {
  let at = 0;
  const bytes = (tag: number): number | undefined => {
    if (head[at++] !== tag) return undefined;
    let length = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = head[at++];
      if (byte === undefined) return undefined;
      length += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return length;
    }
    return undefined;
  };
  if (bytes(0x0a) === undefined) return false;
  const nameLength = bytes(0x0a);
  if (nameLength === undefined || nameLength === 0) return false;
  const name = head.subarray(at, at + nameLength);
  at += nameLength;
  const opLength = bytes(0x12);
  if (opLength === undefined || at + opLength > head.length) return false;
  const op = String.fromCharCode(...head.subarray(at, at + opLength));
  return name.every((byte) => byte > 32 && byte < 127) && /^(?:\w+>)?_?[A-Za-z]\w*$/.test(op);
}

async function openGraph(files: CheckpointFiles): Promise<Checkpoint> {
  const { main } = files;
  const reader = new WireReader(main, format);
  const nodes = await readGraph(reader, { offset: 0, length: main.size });
  const constants = await constantsOf(reader, nodes);
  return {
    format: 'tensorflow-graph',
    description: `${format}, ${nodes.length} nodes`,
    framework: 'tensorflow',
    files: [{ name: main.name, byteLength: main.size }],
    ...constants,
    optimizers: [],
    recorded: {},
    declared: await declaredOf(reader, nodes),
    notices: noticesOf(nodes),
  };
}

/** All Const nodes. */
export async function constantsOf(
  reader: WireReader,
  nodes: readonly GraphNode[],
): Promise<{ tensors: readonly Tensor[]; skipped: readonly Skipped[] }> {
  const uses = new GraphUses(nodes);
  const tensors: Tensor[] = [];
  const skipped: Skipped[] = [];
  const names = new Set<string>();
  for (const { name, tensor } of nodes) {
    if (!tensor) continue;
    const found = names.has(name) ? 'a second node of this name' : await constantOf(reader, tensor);
    names.add(name);
    if (typeof found === 'string') skipped.push({ name, reason: found });
    else {
      const meaning = uses.meaning(name, tensor.shape);
      tensors.push({ name, shape: tensor.shape, ...found, ...meaning });
    }
  }
  return { tensors, skipped };
}

/** Operations and what regularizes without weights: the graph itself would drown them. */
export async function declaredOf(reader: WireReader, nodes: readonly GraphNode[]): Promise<Json> {
  const modules = await modulesOf(nodes, reader);
  return { operations: countOperations(nodes), ...(modules.length > 0 && { modules }) };
}

const variable = /^(?:VariableV2|Variable|VarHandleOp)$/;

/** A graph that was not frozen has its weights elsewhere. */
function noticesOf(nodes: readonly GraphNode[]): Checkpoint['notices'] {
  const count = nodes.filter(({ op }) => variable.test(op)).length;
  if (count === 0) return [];
  const message = `The graph has ${count} variables, whose values are in a checkpoint: open its .index`;
  return [{ severity: 'warn', message }];
}
