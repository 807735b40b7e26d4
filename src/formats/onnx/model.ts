/**
 * What is read of ModelProto, by field numbers:
 *
 *     ModelProto     1 ir_version, 2 producer_name, 3 producer_version, 7 graph, 8 opset_import, 14 metadata_props
 *     GraphProto     1 node, 2 name, 5 initializer, 12 output, 15 sparse_initializer
 *     ValueInfoProto 1 name
 *     NodeProto      1 input, 2 output, 3 name, 4 op_type, 5 attribute
 *     AttributeProto 1 name, 2 f, 3 i, 4 s, 5 t, 6 g, 7 floats, 8 ints, 11 graphs
 *     TensorProto    1 dims, 2 data_type, 3 segment, 4 float_data, 5 int32_data, 7 int64_data, 8 name, 9 raw_data,
 *                    10 double_data, 11 uint64_data, 13 external_data, 14 data_location
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
import type { Json } from '../../core/json';
import { type Field, type Range, unpackVarints, type WireReader } from './wire';

/** Graphs in nodes of graphs: branches of If, bodies of Loop. */
const maxGraphDepth = 16;
const maxRank = 64;
/** Axes, pads and the like. */
const maxListBytes = 2 ** 16;

export interface StoredTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly content: Content;
}

/** Where a tensor's values are. */
export type Content =
  | { readonly kind: 'raw'; readonly range: Range }
  | { readonly kind: 'packed'; readonly field: number; readonly range: Range }
  | { readonly kind: 'external'; readonly entries: ReadonlyMap<string, string> }
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable'; readonly reason: string };

export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Json>;
}

/** All graphs of a model, the inner ones after the node that holds them. */
export interface Model {
  readonly irVersion: number;
  readonly producer: string;
  readonly opsets: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly nodes: readonly GraphNode[];
  /** Initializers and the values of Constant nodes, in file order. */
  readonly tensors: readonly StoredTensor[];
  readonly sparse: readonly string[];
  /** Names of what the graphs give. */
  readonly outputs: readonly string[];
}

export async function readModel(reader: WireReader): Promise<Model> {
  const fields = await reader.fields({ offset: 0, length: reader.source.size });
  const graph: Graph = { nodes: [], tensors: [], sparse: [], outputs: [] };
  const opsets: [string, number][] = [];
  let irVersion = 0;
  const producer: string[] = [];
  const metadata: [string, string][] = [];
  for (const field of fields) {
    if (field.number === 1) irVersion = Number(field.value);
    if (field.number === 2 || field.number === 3) producer.push(await reader.text(field, 'a name'));
    if (field.number === 7) await readGraph(reader, field, graph, 0);
    if (field.number === 8) opsets.push(await readOpset(reader, field));
    if (field.number === 14) metadata.push(await readPair(reader, field));
  }
  return {
    irVersion,
    producer: producer.filter((part) => part !== '').join(' '),
    opsets: Object.fromEntries(opsets),
    metadata: Object.fromEntries(metadata),
    ...graph,
  };
}

interface Graph {
  readonly nodes: GraphNode[];
  readonly tensors: StoredTensor[];
  readonly sparse: string[];
  readonly outputs: string[];
}

async function readGraph(
  reader: WireReader,
  range: Range,
  into: Graph,
  depth: number,
): Promise<void> {
  if (depth > maxGraphDepth) {
    throw reader.fault(`graphs lie ${depth} deep, the limit is ${maxGraphDepth}`, range.offset);
  }
  for (const field of await reader.fields(range)) {
    if (field.number === 1) await readNode(reader, field, into, depth);
    if (field.number === 5) into.tensors.push(await readTensor(reader, field));
    if (field.number === 12) {
      const name = (await reader.fields(field)).find(({ number }) => number === 1);
      if (name) into.outputs.push(await reader.text(name, 'the name of an output'));
    }
    if (field.number === 15) {
      // SparseTensorProto: 1 values, which has the name.
      const values = (await reader.fields(field)).find(({ number }) => number === 1);
      into.sparse.push(values ? (await readTensor(reader, values)).name : '');
    }
  }
}

async function readNode(
  reader: WireReader,
  range: Range,
  into: Graph,
  depth: number,
): Promise<void> {
  const texts: Record<number, string[]> = { 1: [], 2: [], 3: [], 4: [] };
  const attributes = new Map<string, Json>();
  const constants: StoredTensor[] = [];
  const graphs: Field[] = [];
  for (const field of await reader.fields(range)) {
    texts[field.number]?.push(await reader.text(field, 'the name of a value'));
    if (field.number !== 5) continue;
    const { name, value, tensor, inner } = await readAttribute(reader, field);
    if (value !== undefined) attributes.set(name, value);
    if (tensor && name === 'value') constants.push(tensor);
    graphs.push(...inner);
  }
  const [inputs = [], outputs = []] = [texts[1], texts[2]];
  const [name = '', op = ''] = [texts[3]?.[0], texts[4]?.[0]];
  into.nodes.push({ name, op, inputs, outputs, attributes });
  if (op === 'Constant') {
    for (const tensor of constants) into.tensors.push({ ...tensor, name: outputs[0] ?? name });
  }
  for (const graph of graphs) await readGraph(reader, graph, into, depth + 1);
}

interface Attribute {
  readonly name: string;
  readonly value?: Json;
  readonly tensor?: StoredTensor;
  readonly inner: readonly Field[];
}

async function readAttribute(reader: WireReader, range: Range): Promise<Attribute> {
  let name = '';
  let value: Json | undefined;
  let tensor: StoredTensor | undefined;
  const list: number[] = [];
  const inner: Field[] = [];
  for (const field of await reader.fields(range)) {
    if (field.number === 1) name = await reader.text(field, 'the name of an attribute');
    if (field.number === 2) value = floatOf(field.value);
    if (field.number === 3) value = Number(BigInt.asIntN(64, field.value));
    // Contrib nodes keep blobs in texts.
    if (field.number === 4 && field.length <= 1024) {
      value = await reader.text(field, 'an attribute');
    }
    if (field.number === 5) tensor = await readTensor(reader, field);
    if (field.number === 6 || field.number === 11) inner.push(field);
    if (field.number === 7 && field.wire === 'fixed32') list.push(floatOf(field.value));
    if (field.number === 8 && field.length <= maxListBytes) {
      list.push(...(await readIntegers(reader, field)));
    }
  }
  // Only short lists say something about a module; long ones are tables.
  if (list.length > 0 && list.length <= 64) value = list;
  return { name, inner, ...(value !== undefined && { value }), ...(tensor && { tensor }) };
}

async function readTensor(reader: WireReader, range: Range): Promise<StoredTensor> {
  let name = '';
  let dataType = 0;
  let content: Content = { kind: 'none' };
  const dims: number[] = [];
  const external = new Map<string, string>();
  let isExternal = false;
  for (const field of await reader.fields(range)) {
    switch (field.number) {
      case 1:
        dims.push(...(await readIntegers(reader, field)));
        if (dims.length > maxRank) {
          throw reader.fault(`a tensor has more than ${maxRank} axes`, field.offset);
        }
        break;
      case 2:
        dataType = Number(BigInt.asIntN(32, field.value));
        break;
      case 3:
        content = { kind: 'unreadable', reason: 'its values are in segments' };
        break;
      case 4:
      case 5:
      case 7:
      case 10:
      case 11:
        content = packed(field, content);
        break;
      case 8:
        name = await reader.text(field, 'the name of a tensor');
        break;
      case 9:
        content = { kind: 'raw', range: field };
        break;
      case 13: {
        const [key, value] = await readPair(reader, field);
        external.set(key, value);
        break;
      }
      case 14:
        isExternal = field.value === 1n;
        break;
    }
  }
  if (isExternal) content = { kind: 'external', entries: external };
  return { name, dims, dataType, content };
}

/** Values come as one packed list; writers that put them one by one are legal and none is known. */
function packed(field: Field, before: Content): Content {
  if (field.wire === 'bytes' && before.kind === 'none') {
    return { kind: 'packed', field: field.number, range: field };
  }
  return { kind: 'unreadable', reason: 'its values are not one packed list' };
}

/** A number, or a packed list of them. */
async function readIntegers(reader: WireReader, field: Field): Promise<number[]> {
  if (field.wire === 'varint') return [Number(BigInt.asIntN(64, field.value))];
  if (field.wire !== 'bytes') throw reader.fault('an integer of a fixed size', field.offset);
  const bytes = await reader.bytes(field, 'a list of integers', maxListBytes);
  return Array.from(unpackVarints(bytes), Number);
}

async function readOpset(reader: WireReader, range: Range): Promise<[string, number]> {
  let domain = '';
  let version = 0;
  for (const field of await reader.fields(range)) {
    if (field.number === 1) domain = await reader.text(field, 'a domain');
    if (field.number === 2) version = Number(field.value);
  }
  return [domain === '' ? 'ai.onnx' : domain, version];
}

/** StringStringEntryProto. */
async function readPair(reader: WireReader, range: Range): Promise<[string, string]> {
  let key = '';
  let value = '';
  for (const field of await reader.fields(range)) {
    if (field.number === 1) key = await reader.text(field, 'a key');
    if (field.number === 2) value = await reader.text(field, 'a value', 2 ** 22);
  }
  return [key, value.slice(0, 4000)];
}

/** Digits as they were written: 0.1 is stored as 0.10000000149. */
function floatOf(bits: bigint): number {
  const value = new Float32Array(Uint32Array.of(Number(bits & 0xffffffffn)).buffer)[0] ?? 0;
  // JSON has no infinities.
  return Number.isFinite(value)
    ? Number(value.toPrecision(7))
    : Math.sign(value) * Number.MAX_VALUE || 0;
}
