/**
 * Files of a run that training libraries write beside the weights, in the folder of one checkpoint:
 *
 *     config.json          the model's configuration (Transformers, timm)
 *     adapter_config.json  of low-rank adapters (PEFT)
 *     training_args.bin    pickled TrainingArguments
 *     trainer_state.json   steps and the log of losses
 *     optimizer.pt         state of the optimizer: its parameter groups are read, its tensors stay there
 *
 * @see https://huggingface.co/docs/transformers/main_classes/trainer
 */
import type { CheckpointFiles } from '../core/byteSource';
import type { Checkpoint, OptimizerRecord } from '../core/checkpoint';
import { FormatError } from '../core/errors';
import { isJsonObject, property, type Json, type JsonObject } from '../core/json';
import { openTorch } from './pytorch/openTorch';

/** The log of a long run has some megabytes. */
const maxJsonBytes = 16 * 2 ** 20;
/** Entries of the log that are kept, the last ones. */
const maxHistory = 2000;
const maxArgumentBytes = 4 * 2 ** 20;

const formats = /^(safetensors|pytorch-zip|pytorch-legacy|flax)$/;
const own = new Set(['optimizer.pt', 'training_args.bin', 'scheduler.pt', 'rng_state.pth']);

/** The checkpoint with what the files beside it record. What cannot be read is left out: the weights do not depend on it. */
export async function withRunFiles(
  checkpoint: Checkpoint,
  files: CheckpointFiles,
): Promise<Checkpoint> {
  if (!formats.test(checkpoint.format) || own.has(files.main.name)) return checkpoint;
  const recorded: [string, Json][] = [];
  const config = await readJson(files, 'config.json');
  const isModels = ['model_type', 'architectures', 'architecture', 'transformers_version'].some(
    (key) => property(config, key) !== undefined,
  );
  if (config && isModels) recorded.push(['config.json', config]);
  const adapter = await readJson(files, 'adapter_config.json');
  if (adapter && property(adapter, 'peft_type') !== undefined) {
    recorded.push(['adapter_config.json', adapter]);
  }
  const state = await readJson(files, 'trainer_state.json');
  if (state) recorded.push(['trainer_state.json', withShortHistory(state)]);
  const args = await readArguments(files);
  if (args) recorded.push(['training_args.bin', args]);
  // An optimizer.pt without the Trainer's own file beside it may be of anything.
  const optimizers = state && checkpoint.optimizers.length === 0 ? await readOptimizers(files) : [];
  if (recorded.length === 0) return checkpoint;
  return {
    ...checkpoint,
    optimizers: [...checkpoint.optimizers, ...optimizers],
    recorded: { ...checkpoint.recorded, ...Object.fromEntries(recorded) },
  };
}

async function readJson(files: CheckpointFiles, name: string): Promise<JsonObject | undefined> {
  if (!(await files.has(name))) return undefined;
  try {
    const source = await files.open(name);
    if (source.size > maxJsonBytes) return undefined;
    const value: unknown = JSON.parse(new TextDecoder().decode(await source.read(0, source.size)));
    return isJsonObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof FormatError) return undefined;
    throw error;
  }
}

function withShortHistory(state: JsonObject): JsonObject {
  const history = state['log_history'];
  if (!Array.isArray(history) || history.length <= maxHistory) return state;
  return { ...state, log_history: history.slice(-maxHistory) };
}

/** The one record in the pickle: its fields as plain data. */
async function readArguments(files: CheckpointFiles): Promise<Json | undefined> {
  const checkpoint = await readTorch(files, 'training_args.bin', maxArgumentBytes);
  return checkpoint && Object.values(checkpoint.recorded)[0];
}

async function readOptimizers(files: CheckpointFiles): Promise<readonly OptimizerRecord[]> {
  const checkpoint = await readTorch(files, 'optimizer.pt', Infinity);
  return checkpoint?.optimizers ?? [];
}

async function readTorch(
  files: CheckpointFiles,
  name: string,
  maxBytes: number,
): Promise<Checkpoint | undefined> {
  if (!(await files.has(name))) return undefined;
  try {
    const source = await files.open(name);
    return source.size <= maxBytes ? await openTorch(source) : undefined;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
