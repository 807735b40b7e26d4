/**
 * TFLite (`.tflite`, LiteRT): a FlatBuffer whose identifier is `TFL3`, with operators, tensors and the buffers of their values.
 *
 * @see https://ai.google.dev/edge/litert/conversion/tensorflow/overview
 */
import type { ByteSource, CheckpointFiles } from '../../core/byteSource';
import type { Checkpoint, Skipped } from '../../core/checkpoint';
import type { Format } from '../../core/format';
import { elementCountOf, type Tensor } from '../../core/tensor';
import { FlatReader } from './flatbuffer';
import { readModel, type StoredTensor, type Subgraph } from './model';
import { countOperations } from '../operationCounts';
import { Uses } from './uses';
import { type BlockTensors, dequantized, storedValues } from './values';

const format = 'TFLite';
const identifier = [0x54, 0x46, 0x4c, 0x33];

export const tflite: Format = {
  id: 'tflite',
  title: format,
  matches: ({ head }) => identifier.every((byte, i) => head[4 + i] === byte),
  open: openTflite,
};

async function openTflite(files: CheckpointFiles): Promise<Checkpoint> {
  const { main } = files;
  const model = await readModel(new FlatReader(main, format));
  const tensors: Tensor[] = [];
  const skipped: Skipped[] = [];
  const names = new Map<string, number>();
  const owners = new Map<string, string>();
  for (const graph of model.subgraphs) {
    const uses = new Uses(graph);
    for (const [index, stored] of graph.tensors.entries()) {
      if (!stored.place && !stored.isExternal) continue;
      const name = unique(stored.name || `tensor${index}`, names);
      const codes = storedValues(main, stored);
      if (typeof codes === 'string') {
        skipped.push({ name, reason: codes });
        continue;
      }
      const values = dequantized(codes, stored, blocksOf(main, stored, graph));
      const { buffer, shape, type } = stored;
      // Subgraphs share buffers: the same weight under two names.
      const key = [buffer, type, shape.join('x'), stored.quantization?.scales[0]].join();
      const sameAs = owners.get(key);
      if (sameAs === undefined) owners.set(key, name);
      tensors.push({
        name,
        shape,
        ...values,
        ...uses.meaning(index, stored),
        ...(sameAs !== undefined && { sameAs }),
      });
    }
  }
  const { version, description, subgraphs } = model;
  return {
    format: 'tflite',
    description: `TFLite ${version}, ${countOf(subgraphs)} operators`,
    framework: 'tensorflow',
    files: [{ name: main.name, byteLength: main.size }],
    tensors,
    skipped,
    optimizers: [],
    recorded: {},
    declared: {
      ...(description !== '' && { description }),
      operations: countOperations(subgraphs.flatMap(({ operators }) => operators)),
    },
    notices: [],
  };
}

/** The tensors that have the scales of a tensor's blocks. */
function blocksOf(
  source: ByteSource,
  { quantization }: StoredTensor,
  { tensors }: Subgraph,
): BlockTensors | undefined {
  const blocks = quantization?.blocks;
  if (!blocks) return undefined;
  const scaleTensor = tensors[blocks.scales];
  const scales = scaleTensor?.place && storedValues(source, scaleTensor);
  if (!scaleTensor || scales === undefined || typeof scales === 'string') return undefined;
  const zeroTensor = tensors[blocks.zeroPoints];
  const zeroPoints = zeroTensor?.place && storedValues(source, zeroTensor);
  return {
    scales,
    scaleCount: elementCountOf(scaleTensor.shape),
    zeroPointCount: elementCountOf(zeroTensor?.shape ?? [0]),
    ...(zeroPoints !== undefined && typeof zeroPoints !== 'string' && { zeroPoints }),
  };
}

function countOf(subgraphs: readonly Subgraph[]): number {
  return subgraphs.reduce((sum, { operators }) => sum + operators.length, 0);
}

/** The name itself, or with a number where it is taken. */
function unique(name: string, counts: Map<string, number>): string {
  let own = name;
  while (counts.has(own)) {
    const count = (counts.get(name) ?? 1) + 1;
    counts.set(name, count);
    own = `${name}#${count}`;
  }
  counts.set(own, 1);
  return own;
}
