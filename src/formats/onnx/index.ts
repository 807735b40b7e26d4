/**
 * ONNX: one protobuf message with the graph, its weights among the graph's fields or in files beside it.
 *
 * @see https://github.com/onnx/onnx/blob/main/docs/IR.md
 */
import type { ByteSource, CheckpointFiles } from '../../core/byteSource';
import type { Checkpoint, Notice, Skipped } from '../../core/checkpoint';
import type { Format } from '../../core/format';
import type { Json } from '../../core/json';
import type { Tensor } from '../../core/tensor';
import { batchNormsOf } from './batchNorms';
import { countOperations } from '../operationCounts';
import { type Meaning, meaningOf, Uses } from './graph';
import { type Model, readModel, type StoredTensor } from './model';
import { dropoutsOf } from './dropout';
import { QuantizedTensors } from './quantizedTensors';
import { ValueReader } from './values';
import { WireReader } from './wire';

/** Versions of the representation; 13 is the newest of 2026. */
const maxIrVersion = 99;

export const onnx: Format = {
  id: 'onnx',
  title: 'ONNX',
  matches: ({ head, source }) => looksLikeOnnx(head, source.size),
  open: openOnnx,
};

/**
 * ir_version, then fields of ModelProto up to the graph. Nothing else tells: protobuf has no signature, and a SavedModel begins
 * in the same way but has no field 7.
 */
function looksLikeOnnx(head: Uint8Array, size: number): boolean {
  if (head[0] !== 0x08 || (head[1] ?? 0) < 1 || (head[1] ?? 255) > maxIrVersion) return false;
  for (let at = 2; at + 1 < head.byteLength;) {
    const tag = head[at] ?? 0;
    // Field 7 as bytes.
    if (tag === 0x3a) return true;
    const isNumber = tag === 0x28;
    // producer_name, producer_version, domain, doc_string, opset_import, metadata_props
    if (!isNumber && ![0x12, 0x1a, 0x22, 0x32, 0x42, 0x72].includes(tag)) return false;
    let value = 0;
    let next = at + 1;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = head[next++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    at = isNumber ? next : next + value;
    if (at > size) return false;
  }
  return false;
}

async function openOnnx(files: CheckpointFiles): Promise<Checkpoint> {
  const { main } = files;
  const reader = new WireReader(main, 'ONNX');
  const model = await readModel(reader);
  const values = new ValueReader(reader, files);
  const uses = new Uses(model.nodes);
  const quantized = new QuantizedTensors(model, uses, values);
  if (model.nodes.length === 0 && model.tensors.length === 0) {
    throw reader.fault('has neither nodes nor weights', 0);
  }
  const tensors: Tensor[] = [];
  const skipped: Skipped[] = model.sparse.map((name) => ({ name, reason: 'a sparse tensor' }));
  const names = new Set<string>();
  for (const stored of model.tensors) {
    const name = unique(stored.name || 'tensor', names);
    const meaning = meaningOf(uses.telling(stored.name), stored.dims);
    const tensor = await openTensor(stored, { name, meaning, values, quantized });
    if ('reason' in tensor) skipped.push(tensor);
    else tensors.push(tensor);
  }
  return {
    format: 'onnx',
    description: `ONNX, ${model.nodes.length} nodes`,
    framework: 'unknown',
    files: files.opened.map((file: ByteSource) => ({ name: file.name, byteLength: file.size })),
    tensors,
    skipped,
    optimizers: [],
    recorded: {},
    declared: await declaredOf(model, values),
    notices: missingNotice(model, skipped),
    normalized: batchNormsOf(model, uses),
  };
}

interface Context {
  readonly name: string;
  readonly meaning: Meaning;
  readonly values: ValueReader;
  readonly quantized: QuantizedTensors;
}

async function openTensor(
  stored: StoredTensor,
  { name, meaning, values, quantized }: Context,
): Promise<Tensor | Skipped> {
  const found = await values.find(stored);
  if (typeof found === 'string') return { name, reason: found };
  const { dtype, shape, data } = found;
  const decoded = await quantized.decode(stored.name, found);
  return { name, dtype, shape, data, ...decoded, ...meaning };
}

async function declaredOf(model: Model, values: ValueReader): Promise<Json> {
  const { producer, irVersion, opsets, metadata, nodes } = model;
  const dropouts = await dropoutsOf(model, values);
  return {
    ...(producer !== '' && { producer }),
    ir_version: irVersion,
    opsets,
    operations: countOperations(nodes),
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...(dropouts.length > 0 && { modules: dropouts }),
  };
}

/** A model without its data files still opens: its graph and its small tensors are inside. */
function missingNotice({ tensors }: Model, skipped: readonly Skipped[]): Notice[] {
  const external = new Set(
    tensors.filter(({ content }) => content.kind === 'external').map(({ name }) => name),
  );
  const missing = skipped.filter(({ name }) => external.has(name));
  const first = missing[0];
  if (!first) return [];
  const message = `${missing.length} of ${external.size} tensors in other files cannot be read: ${first.reason}`;
  return [{ severity: 'problem', message }];
}

function unique(name: string, used: Set<string>): string {
  let result = name;
  for (let count = 2; used.has(result); count++) result = `${name}#${count}`;
  used.add(result);
  return result;
}
