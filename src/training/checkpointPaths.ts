import { emptyEnvironment } from './evaluate';
import { readJavaScriptModule } from './javascript/module';
import { savedModelPaths } from './javascript/savedPaths';
import { readModule } from './module';
import type { Module } from './module';
import type { Source, SyntaxNode } from './source';
import { pathPatternOf } from './pathPatterns';
import { argumentsOf, argumentValue, fieldOf, textOf } from './syntax';
import type { Argument } from './syntax';
import type { TextRange } from './textEdit';

/** A file that the script saves to. */
export interface CheckpointPath {
  /** A path or glob, relative to the script's working directory unless absolute: `runs/epoch_*.pt`. */
  readonly pattern: string;
  /** Whether the pattern holds wildcards (`*`) for parts that are not literal. */
  readonly isGlob: boolean;
  /** The saving call. */
  readonly range: TextRange;
}

/** Paths the script saves checkpoints to, as far as they are literal. */
export function checkpointPaths(source: Source): readonly CheckpointPath[] {
  if (source.language !== 'python') return savedModelPaths(readJavaScriptModule(source));
  const module = readModule(source);
  return module.actionsIn(source.root).flatMap((call) => {
    const patterns = patternsOf(module, call).filter(isTelling);
    return patterns.map((pattern) => ({
      pattern,
      isGlob: pattern.includes('*'),
      range: { start: call.start, end: call.end },
    }));
  });
}

type PathOf = (path: (name: string, position: number) => string | undefined) => readonly string[];

const at =
  (name: string, position: number, suffix = ''): PathOf =>
  (path) => {
    const pattern = path(name, position);
    if (pattern === undefined) return [];
    return [pattern.endsWith(suffix) ? pattern : pattern + suffix];
  };

/** A directory of the Hugging Face layout. */
const pretrained =
  (name: string, below = ''): PathOf =>
  (path) => {
    const folder = path(name, 0);
    if (folder === undefined) return [];
    return [`${folder}/${below}*.safetensors`, `${folder}/${below}*.bin`];
  };

/** Functions that save, by origin. */
const savingFunctions: Readonly<Record<string, PathOf>> = {
  'torch.save': at('f', 1),
  'safetensors.torch.save_file': at('filename', 1),
  'safetensors.torch.save_model': at('filename', 1),
  'safetensors.numpy.save_file': at('filename', 1),
  'numpy.save': at('file', 0, '.npy'),
  'numpy.savez': at('file', 0, '.npz'),
  'numpy.savez_compressed': at('file', 0, '.npz'),
  'transformers.TrainingArguments': pretrained('output_dir', 'checkpoint-*/'),
  'transformers.Seq2SeqTrainingArguments': pretrained('output_dir', 'checkpoint-*/'),
};

/** Methods that save, whatever object they belong to. */
const savingMethods: Readonly<Record<string, PathOf>> = {
  save_pretrained: pretrained('save_directory'),
  save_model: pretrained('output_dir'),
  save_checkpoint: at('filepath', 0),
  save_weights: at('filepath', 0),
  save: (path) => (path('filepath', 0) ?? '').match(/^.*\.(?:keras|h5|hdf5)$/) ?? [],
};

function patternsOf(module: Module, call: SyntaxNode): readonly string[] {
  const { source, names } = module;
  const callee = fieldOf(call, 'function');
  if (!callee || call.hasError) return [];
  const args = argumentsOf(source, call);
  const path = (name: string, position: number): string | undefined =>
    patternIn(module, args, name, position);
  const origin = names.origin(callee);
  if (origin !== undefined && /(?:^|\.)ModelCheckpoint$/.test(origin)) {
    return [modelCheckpoint(path)];
  }
  if (origin !== undefined && Object.hasOwn(savingFunctions, origin)) {
    return savingFunctions[origin]?.(path) ?? [];
  }
  const method = callee.type === 'attribute' ? fieldOf(callee, 'attribute') : undefined;
  const name = method && textOf(source, method);
  const isKnown = origin === undefined && name !== undefined && Object.hasOwn(savingMethods, name);
  return isKnown ? (savingMethods[name]?.(path) ?? []) : [];
}

/** Lightning's callback takes a folder and a template, Keras's a whole path; both fill in `{epoch}`. */
function modelCheckpoint(path: (name: string, position: number) => string | undefined): string {
  const template = (text: string): string => text.replace(/\*[\w:.=-]*\*/g, '*');
  const whole = path('filepath', 0);
  const file = path('filename', 1);
  if (file === undefined && whole && /\.\w+$/.test(whole)) return template(whole);
  const folder = path('dirpath', 0);
  const name = template(file ?? '*');
  return `${folder === undefined ? '**' : folder}/${name}.ckpt`;
}

function patternIn(
  module: Module,
  args: readonly Argument[],
  name: string,
  position: number,
): string | undefined {
  const value = argumentValue(args, name, position);
  return value && pathPatternOf(module, value, emptyEnvironment);
}

/** Whether a pattern has something of its own to recognise a file by, beside the extension. */
function isTelling(pattern: string): boolean {
  const isPlain = !/[\0\r\n]/.test(pattern) && pattern.length > 0;
  return isPlain && /[A-Za-z0-9]/.test(pattern.replace(/\.\w+$/, '').replace('checkpoint-*', ''));
}
