import type { RunFile } from '../../core/series';
import { namePartsOf } from './nameParts';

/** Files that hold weights, by name. */
const weightFiles =
  /\.(?:safetensors|pt|pth|bin|ckpt|keras|h5|hdf5|npz|onnx|gguf|msgpack|pth\.tar|index)$|(?:^|\/)(?:model\.json|[^/]*\.(?:safetensors|bin)\.index\.json|_METADATA|\.metadata|manifest\.ocdbt)$/i;

/** What libraries write beside the weights, and single shards: the index or the first file stands for all of them. */
const others =
  /(?:^|\/)(?:optimizer|optim|scheduler|scaler|sampler|rng_state|random_states|training_args|trainer_state|train_state)[^/]*$|_optim_states\.pt$|-\d{5}-of-\d{5}\.|\.distcp$|(?:^|\/)events\.[^/]*$|(?:^|\/)\.(?!metadata$)[^/]*$|\.(?:tmp|part|partial|incomplete|lock)(?:\.|$)|~$/i;

/** Files of one checkpoint's own folder, the one that stands for it first. */
const representatives: readonly RegExp[] = [
  /^model\.safetensors\.index\.json$/,
  /^model\.safetensors$/,
  /^pytorch_model\.bin\.index\.json$/,
  /^pytorch_model\.bin$/,
  /^(?:adapter_model|diffusion_pytorch_model)\.safetensors(?:\.index\.json)?$/,
  /^(?:adapter_model|diffusion_pytorch_model)\.bin$/,
  /^(?:flax_model\.msgpack|tf_model\.h5)$/,
  /^mp_rank_00_model_states\.pt$/,
  /^(?:\.metadata|_METADATA|manifest\.ocdbt|model\.json)$/,
];

/** A folder that is one checkpoint: `checkpoint-500`, `global_step1000`, `epoch_3`, and Orbax's plain `1000`. */
const stepFolder =
  /^(?:(?:tmp-)?(?:checkpoint|ckpt|chkpt|snapshot|step|steps|global_?step|iter|iteration|epoch|ep|model)[-_=.]?)?\d+$/i;
/** One process's part of a checkpoint. */
const parallelPart = /(?:^|[-_/])rank[-_]?\d+/i;
/** How far above the file that folder is looked for: `checkpoint-500/unet/diffusion_pytorch_model.safetensors`. */
const deepest = 3;

export interface PlacedFile {
  readonly file: RunFile;
  /** Folder of the run: of the file, or above the folder that is one checkpoint. */
  readonly folder: string;
  /** Path below it. */
  readonly name: string;
}

export function isCheckpointName(path: string): boolean {
  return weightFiles.test(path) && !others.test(path);
}

/** The files that stand for a checkpoint each, and the folder of the run that each belongs to. */
export function placedFiles(files: readonly RunFile[]): readonly PlacedFile[] {
  const known = files.filter(({ path }) => isCheckpointName(path));
  const counted = countingFolders(known);
  const placed: PlacedFile[] = [];
  const folders = new Map<string, PlacedFile>();
  for (const file of known) {
    const parts = file.path.split('/');
    const own = parts.length - 1;
    const inside = parts.slice(0, own).join('/');
    const at = counted.has(inside) ? undefined : stepFolderAt(parts);
    if (at === undefined) {
      placed.push({ file, folder: inside, name: parts[own] ?? '' });
      continue;
    }
    const one = { file, folder: parts.slice(0, at).join('/'), name: parts.slice(at).join('/') };
    const before = folders.get(inside);
    if (!before || rankOf(one.name) < rankOf(before.name)) folders.set(inside, one);
  }
  return [...placed, ...folders.values()];
}

/** Folders whose files count by themselves: the number of such a folder is that of an experiment, not a step. */
function countingFolders(files: readonly RunFile[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const counting = new Set<string>();
  for (const { path } of files) {
    const at = path.lastIndexOf('/');
    const { skeleton, numbers } = namePartsOf(path.slice(at + 1));
    if (numbers.length === 0 || parallelPart.test(path)) continue;
    const folder = path.slice(0, Math.max(0, at));
    const key = `${folder}\n${skeleton}`;
    if (seen.has(key)) counting.add(folder);
    seen.add(key);
  }
  return counting;
}

function stepFolderAt(parts: readonly string[]): number | undefined {
  for (let at = parts.length - 2; at >= Math.max(0, parts.length - 1 - deepest); at--) {
    if (stepFolder.test(parts[at] ?? '')) return at;
  }
  return undefined;
}

function rankOf(name: string): number {
  const own = name.split('/').at(-1) ?? '';
  const rank = representatives.findIndex((pattern) => pattern.test(own));
  return rank < 0 ? representatives.length : rank;
}
