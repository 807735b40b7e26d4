/**
 * A graph of operations, by field numbers:
 *
 *     GraphDef     1 node
 *     NodeDef      1 name, 2 op, 3 input, 5 attr (1 key, 2 value)
 *     AttrValue    1 list, 2 s, 3 i, 4 f, 5 b, 8 tensor
 *     ListValue    2 s, 3 i, 4 f
 *     TensorProto  see {@link readTensorProto}
 *
 * @see https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/graph.proto
 */
import type { Json } from '../../core/json';
import { type Field, type Range, unpackVarints, type WireReader } from '../onnx/wire';
import { readTensorProto, type TensorProto } from './tensorProto';

/** Attributes that tell about a layer are short; others are tables. */
const maxTextBytes = 256;
const maxListBytes = 4096;

export interface GraphNode {
  readonly name: string;
  readonly op: string;
  /** `node`, `node:1` for its second output, `^node` to wait for it. */
  readonly inputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Json>;
  /** The value of a Const. */
  readonly tensor?: TensorProto;
}

export async function readGraph(reader: WireReader, range: Range): Promise<readonly GraphNode[]> {
  const nodes: GraphNode[] = [];
  for (const field of await reader.fields(range)) {
    if (field.number === 1 && field.wire === 'bytes') nodes.push(await readNode(reader, field));
  }
  return nodes;
}

async function readNode(reader: WireReader, range: Range): Promise<GraphNode> {
  let [name, op] = ['', ''];
  const inputs: string[] = [];
  const attributes = new Map<string, Json>();
  let tensor: TensorProto | undefined;
  for (const field of await reader.fields(range)) {
    if (field.number === 1) name = await reader.text(field, 'the name of a node');
    if (field.number === 2) op = await reader.text(field, 'an operation');
    if (field.number === 3) inputs.push(await reader.text(field, 'an input'));
    if (field.number !== 5) continue;
    const [key, value] = await readEntry(reader, field);
    if (!value) continue;
    const inner = await reader.fields(value);
    const stored = inner.find(({ number }) => number === 8);
    if (op === 'Const' && key === 'value' && stored) tensor = await readTensorProto(reader, stored);
    const json = await attributeOf(reader, inner);
    if (json !== undefined && !key.startsWith('_')) attributes.set(key, json);
  }
  return { name, op, inputs, attributes, ...(tensor && { tensor }) };
}

/** A map entry. */
async function readEntry(reader: WireReader, range: Range): Promise<[string, Field | undefined]> {
  let key = '';
  let value: Field | undefined;
  for (const field of await reader.fields(range)) {
    if (field.number === 1) key = await reader.text(field, 'the name of an attribute');
    if (field.number === 2) value = field;
  }
  return [key, value];
}

/** Texts, numbers, flags and short lists of them. Types, shapes and functions say nothing about a layer. */
async function attributeOf(
  reader: WireReader,
  fields: readonly Field[],
): Promise<Json | undefined> {
  const [field] = fields;
  switch (field?.number) {
    case 2:
      return field.length <= maxTextBytes ? reader.text(field, 'a text') : undefined;
    case 3:
      return Number(BigInt.asIntN(64, field.value));
    case 4:
      return floatOf(field.value);
    case 5:
      return field.value !== 0n;
    case 1:
      return field.wire === 'bytes' && field.length <= maxListBytes
        ? listOf(reader, field)
        : undefined;
    default:
      return undefined;
  }
}

async function listOf(reader: WireReader, range: Range): Promise<Json | undefined> {
  const list: (string | number)[] = [];
  for (const field of await reader.fields(range)) {
    if (field.number === 2) list.push(await reader.text(field, 'a text'));
    if (field.number === 3 && field.wire === 'varint') {
      list.push(Number(BigInt.asIntN(64, field.value)));
    }
    if (field.number === 3 && field.wire === 'bytes') {
      list.push(
        ...Array.from(unpackVarints(await reader.bytes(field, 'a list', maxListBytes)), Number),
      );
    }
    if (field.number === 4 && field.wire === 'fixed32') list.push(floatOf(field.value));
    if (field.number === 4 && field.wire === 'bytes') {
      const bytes = await reader.bytes(field, 'a list', maxListBytes);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let at = 0; at + 4 <= bytes.length; at += 4)
        list.push(rounded(view.getFloat32(at, true)));
    }
  }
  return list.length > 0 && list.length <= 64 ? list : undefined;
}

function floatOf(bits: bigint): number {
  return rounded(new Float32Array(Uint32Array.of(Number(bits & 0xffffffffn)).buffer)[0] ?? 0);
}

/** Digits as they were written; JSON has no infinities. */
function rounded(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(7)) : 0;
}
