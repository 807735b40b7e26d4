/**
 * What a SavedModel says of its objects, by field numbers:
 *
 *     SavedObjectGraph  1 nodes
 *     SavedObject       1 children, 4 user_object (1 identifier, 3 metadata)
 *     SavedMetadata     1 nodes (2 node_id, 4 identifier, 5 metadata): keras_metadata.pb, of TensorFlow 2.5 to 2.15
 *
 * Metadata is a layer of Keras as JSON: `{ class_name, name, config, … }`.
 *
 * @see https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/saved_object_graph.proto
 */
import type { ByteSource } from '../../core/byteSource';
import type { Json } from '../../core/json';
import { parseConfig } from '../keras/configText';
import { type Range, WireReader } from '../onnx/wire';
import { type LayerRecord, layerRecord } from './modules';
import { type Child, type ObjectNode, readChild } from './objectGraph';

/** The root's has the configuration of the whole model. */
const maxMetadataBytes = 64 * 2 ** 20;

export interface SavedObjects {
  readonly children: readonly (readonly Child[])[];
  /** Metadata of Keras by object. */
  readonly metadata: ReadonlyMap<number, Json>;
}

export async function readSavedObjects(reader: WireReader, range: Range): Promise<SavedObjects> {
  const children: (readonly Child[])[] = [];
  const metadata = new Map<number, Json>();
  for (const node of await reader.fields(range)) {
    if (node.number !== 1) continue;
    const own: Child[] = [];
    for (const field of await reader.fields(node)) {
      if (field.number === 1) own.push(await readChild(reader, field));
      if (field.number !== 4) continue;
      const text = (await reader.fields(field)).find(({ number }) => number === 3);
      const value = text && (await metadataOf(reader, text));
      if (value !== undefined) metadata.set(children.length, value);
    }
    children.push(own);
  }
  return { children, metadata };
}

/** The file that took the metadata out of the objects. */
export async function readKerasMetadata(source: ByteSource): Promise<ReadonlyMap<number, Json>> {
  const reader = new WireReader(source, 'keras_metadata.pb');
  const metadata = new Map<number, Json>();
  for (const node of await reader.fields({ offset: 0, length: source.size })) {
    if (node.number !== 1) continue;
    let id = 0;
    let value: Json | undefined;
    for (const field of await reader.fields(node)) {
      if (field.number === 2) id = Number(BigInt.asIntN(32, field.value));
      if (field.number === 5) value = await metadataOf(reader, field);
    }
    if (value !== undefined) metadata.set(id, value);
  }
  return metadata;
}

/** Layers by the ids of a checkpoint's own graph: both graphs have a root and the same names on the way down. */
export function layersOf(
  { children, metadata }: SavedObjects,
  graph: readonly ObjectNode[],
): ReadonlyMap<number, LayerRecord> {
  const layers = new Map<number, LayerRecord>();
  const seen = new Set([0]);
  const queue = [{ saved: 0, stored: 0 }];
  for (const { saved, stored } of queue) {
    const record = layerRecord(metadata.get(saved));
    if (record) layers.set(stored, record);
    const ids = new Map(graph[stored]?.children.map(({ name, id }) => [name, id]));
    for (const { id, name } of children[saved] ?? []) {
      const same = ids.get(name);
      if (same === undefined || seen.has(same)) continue;
      seen.add(same);
      queue.push({ saved: id, stored: same });
    }
  }
  return layers;
}

async function metadataOf(reader: WireReader, range: Range): Promise<Json | undefined> {
  const text = await reader.text(range, 'the metadata of an object', maxMetadataBytes);
  return text === '' ? undefined : parseConfig(text);
}
