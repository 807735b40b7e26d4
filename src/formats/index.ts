import type { CheckpointFiles } from '../core/byteSource';
import type { Checkpoint } from '../core/checkpoint';
import type { Format, Probe } from '../core/format';
import { distributed } from './distributed';
import { flax } from './flax';
import { gguf } from './gguf';
import { kerasArchive } from './keras/kerasArchive';
import { hdf5 } from './keras/kerasHdf5';
import { kerasShards } from './keras/kerasShards';
import { npy } from './numpy/npy';
import { npz } from './numpy/npz';
import { onnx } from './onnx';
import { orbax } from './orbax';
import { probe } from './probe';
import {
  pytorchLegacy,
  pytorchLegacyShard,
  pytorchShard,
  pytorchZip,
  stableBaselines,
} from './pytorch';
import { withDecodedWeights } from './quantized';
import { refusal } from './refusals';
import { withRunFiles } from './runFiles';
import { safetensors, safetensorsShard } from './safetensors';
import { shardIndex } from './shards';
import {
  frozenGraph,
  savedModel,
  tensorflowIndex,
  tensorflowShard,
  tensorflowState,
} from './tensorflow';
import { tfjs } from './tfjs/tfjs';
import { tflite } from './tflite';

/** Every format, the most certain signature first. A format is a folder and a line here. */
export const formats: readonly Format[] = [
  safetensors,
  gguf,
  tflite,
  kerasShards,
  shardIndex([safetensorsShard, pytorchShard, pytorchLegacyShard]),
  distributed,
  pytorchZip,
  stableBaselines,
  pytorchLegacy,
  kerasArchive,
  hdf5,
  npy,
  npz,
  tfjs,
  onnx,
  flax,
  orbax,
  tensorflowIndex,
  tensorflowState,
  savedModel,
  frozenGraph,
  tensorflowShard,
];

/** The first format whose signature the content carries. The name of the file is no evidence. */
export async function detectFormat(file: Probe): Promise<Format | undefined> {
  for (const format of formats) {
    if (await format.matches(file)) return format;
  }
  return undefined;
}

/** Opens a checkpoint of any known format; throws a FormatError that says what the file is, where it is none. */
export async function openCheckpoint(files: CheckpointFiles): Promise<Checkpoint> {
  const file = await probe(files.main);
  const format = await detectFormat(file);
  if (!format) throw await refusal(file, formats);
  return withRunFiles(await withDecodedWeights(await format.open(files), files), files);
}
