/**
 * The objects of a TensorFlow 2 program, as a checkpoint keeps them beside the values, by field numbers:
 *
 *     TrackableObjectGraph  1 nodes
 *     TrackableObject       1 children, 2 attributes, 3 slot_variables
 *     ObjectReference       1 node_id, 2 local_name
 *     SerializedTensor      1 name, 2 full_name, 3 checkpoint_key
 *     SlotVariableReference 1 original_variable_node_id, 2 slot_name, 3 slot_variable_node_id
 *
 * @see https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/trackable_object_graph.proto
 */
import type { Range, WireReader } from '../onnx/wire';

const maxNodes = 2 ** 20;

export interface Child {
  readonly id: number;
  readonly name: string;
}

/** A value of an object: a variable has one, `VARIABLE_VALUE`. */
export interface StoredAttribute {
  readonly name: string;
  /** The variable's own name: `conv2d/kernel`. */
  readonly fullName: string;
  readonly key: string;
}

/** A variable that an optimizer keeps for another one. */
export interface Slot {
  readonly original: number;
  readonly name: string;
  readonly variable: number;
}

export interface ObjectNode {
  readonly children: readonly Child[];
  readonly attributes: readonly StoredAttribute[];
  readonly slots: readonly Slot[];
}

export async function readObjectGraph(reader: WireReader): Promise<readonly ObjectNode[]> {
  const nodes: ObjectNode[] = [];
  for (const field of await reader.fields({ offset: 0, length: reader.source.size })) {
    if (field.number !== 1) continue;
    if (nodes.length >= maxNodes) {
      throw reader.fault(`has more than ${maxNodes} objects`, field.offset);
    }
    nodes.push(await readNode(reader, field));
  }
  return nodes;
}

async function readNode(reader: WireReader, range: Range): Promise<ObjectNode> {
  const children: Child[] = [];
  const attributes: StoredAttribute[] = [];
  const slots: Slot[] = [];
  for (const field of await reader.fields(range)) {
    if (field.number === 1) children.push(await readChild(reader, field));
    if (field.number === 2) {
      const [name, fullName, key] = await readParts(reader, field, [1, 2, 3]);
      attributes.push({ name: name ?? '', fullName: fullName ?? '', key: key ?? '' });
    }
    if (field.number === 3) slots.push(await readSlot(reader, field));
  }
  return { children, attributes, slots };
}

/** An ObjectReference, which a SavedModel has too. */
export async function readChild(reader: WireReader, range: Range): Promise<Child> {
  let id = 0;
  let name = '';
  for (const field of await reader.fields(range)) {
    if (field.number === 1) id = Number(BigInt.asIntN(32, field.value));
    if (field.number === 2) name = await reader.text(field, 'the name of an attribute');
  }
  return { id, name };
}

async function readSlot(reader: WireReader, range: Range): Promise<Slot> {
  let [original, variable] = [0, 0];
  let name = '';
  for (const field of await reader.fields(range)) {
    if (field.number === 1) original = Number(BigInt.asIntN(32, field.value));
    if (field.number === 2) name = await reader.text(field, 'the name of a slot');
    if (field.number === 3) variable = Number(BigInt.asIntN(32, field.value));
  }
  return { original, name, variable };
}

async function readParts(
  reader: WireReader,
  range: Range,
  numbers: readonly number[],
): Promise<readonly (string | undefined)[]> {
  const fields = await reader.fields(range);
  const texts: (string | undefined)[] = [];
  for (const number of numbers) {
    const field = fields.findLast((one) => one.number === number);
    texts.push(field && (await reader.text(field, 'the name of a variable')));
  }
  return texts;
}
