/**
 * Which file stands for a checkpoint that is a folder. Decided by names and two small texts alone; the format of the file
 * itself is told by its content when it is opened.
 */
import type { Folder } from './folder';

export interface FolderCandidate {
  /** Path of the file that stands for the checkpoint. */
  readonly path: string;
  /** What it is, in words: `TensorFlow SavedModel`. */
  readonly title: string;
}

/** The file to open, those among which somebody must choose, or nothing. */
export interface FolderChoice {
  readonly candidates: readonly FolderCandidate[];
  /** Other checkpoints in the folder: earlier steps, weights of other frameworks. */
  readonly others: readonly FolderCandidate[];
}

/** Entries of one folder that are looked at. */
const maxEntries = 20_000;
/** Folders inside the folder: parts of a pipeline, versions of a logger. */
const maxDepth = 3;
const maxFolders = 200;
const maxStateBytes = 2 ** 20;
const nothing: FolderChoice = { candidates: [], others: [] };

/** One candidate where the folder says which it is, several where they are equal, none where there is no checkpoint. */
export async function chooseInFolder(folder: Folder): Promise<FolderChoice> {
  return await new Search(folder).choose('', 0);
}

/** Files that stand for the folder they lie in, the most certain first. */
const marks: readonly { readonly name: string; readonly title: string }[] = [
  { name: '.metadata', title: 'PyTorch distributed checkpoint' },
  { name: '_METADATA', title: 'Orbax' },
  { name: 'manifest.ocdbt', title: 'Orbax' },
  { name: '_CHECKPOINT_METADATA', title: 'Orbax' },
  { name: 'saved_model.pb', title: 'TensorFlow SavedModel' },
];

/** Weights under the names that libraries give them: the first is opened, the others are the same model again. */
const weights: readonly { readonly pattern: RegExp; readonly title: string }[] = [
  { pattern: /^model\.safetensors\.index\.json$/, title: 'sharded safetensors' },
  { pattern: /^model\.safetensors$/, title: 'safetensors' },
  { pattern: /^diffusion_pytorch_model\.safetensors\.index\.json$/, title: 'sharded safetensors' },
  { pattern: /^diffusion_pytorch_model\.safetensors$/, title: 'safetensors' },
  { pattern: /^consolidated\.safetensors(\.index\.json)?$/, title: 'safetensors' },
  { pattern: /^pytorch_model\.bin\.index\.json$/, title: 'sharded PyTorch weights' },
  { pattern: /^pytorch_model\.bin$/, title: 'PyTorch weights' },
  { pattern: /^diffusion_pytorch_model\.bin$/, title: 'PyTorch weights' },
  { pattern: /^adapter_model\.safetensors$/, title: 'adapter, safetensors' },
  { pattern: /^adapter_model\.bin$/, title: 'adapter, PyTorch weights' },
  { pattern: /^flax_model\.msgpack(\.index\.json)?$/, title: 'Flax weights' },
  { pattern: /^tf_model\.h5$/, title: 'Keras weights' },
  { pattern: /^model\.json$/, title: 'TensorFlow.js' },
  { pattern: /^model\.weights\.json$/, title: 'sharded Keras weights' },
  { pattern: /^model\.weights\.h5$/, title: 'Keras weights' },
];

const checkpointFile =
  /\.(safetensors|gguf|onnx|pt|pth|ckpt|keras|h5|hdf5|npz|npy|tflite|msgpack|index|weights\.json|index\.json|pb|bin)$/i;
/** What lies beside weights under a name like theirs. */
const companion =
  /^(optimizer|scheduler|scaler|training_args|rng_state.*|random_states_.*|dataset|variables)\.|\.data-\d+-of-\d+$|^group\d+-shard/i;
/** A part of something that another file stands for; the first part of a set without an index stands for it. */
const laterPart = /-(?!0*1-of-)\d+-of-\d+\.|_\d{5}\.weights\.h5$/;
/** `checkpoint-500`, `epoch_3`, `global_step100`, and the bare number of Orbax. */
const stepFolder = /^(?:(?:checkpoint|ckpt|epoch|step|iter|iteration|global_step)[-_=]?)?(\d+)$/i;

class Search {
  private foldersLeft = maxFolders;

  constructor(private readonly folder: Folder) {}

  async choose(path: string, depth: number): Promise<FolderChoice> {
    if (this.foldersLeft === 0) return nothing;
    this.foldersLeft -= 1;
    const entries = (await this.folder.list(path)).slice(0, maxEntries);
    const files = new Set(entries.filter(({ isFolder }) => !isFolder).map(({ name }) => name));
    const folders = entries.filter(({ isFolder }) => isFolder).map(({ name }) => name);
    const steps = stepsOf(folders);
    const at = (name: string, title: string): FolderCandidate => ({ path: path + name, title });

    const mark = marks.find(({ name }) => files.has(name));
    if (mark) return { candidates: [at(mark.name, mark.title)], others: [] };
    const latest = await this.latestOfTensorFlow(path, files);
    if (latest !== undefined) return latest;
    const known = weights.flatMap(({ pattern, title }) =>
      [...files].filter((name) => pattern.test(name)).map((name) => at(name, title)),
    );
    const [first, ...rest] = known;
    if (first) {
      const earlier = steps.map((name) => at(name, 'step of the run'));
      return { candidates: [first], others: [...rest, ...earlier] };
    }
    const loose = looseFiles(files).map((name) => at(name, titleOf(name)));
    if (depth >= maxDepth) return { candidates: loose, others: [] };
    const newest = await this.newestStep(path, steps, depth);
    // Steps of a run are its checkpoints; what lies beside them is of the run.
    if (newest) return { candidates: newest.candidates, others: [...newest.others, ...loose] };
    if (loose.length > 0) return { candidates: loose, others: [] };
    return await this.below(path, folders, depth);
  }

  /** The text file `checkpoint` of TensorFlow names the latest of the prefixes. */
  private async latestOfTensorFlow(
    path: string,
    files: ReadonlySet<string>,
  ): Promise<FolderChoice | undefined> {
    if (!files.has('checkpoint')) return undefined;
    const text = await this.folder.text(`${path}checkpoint`, maxStateBytes);
    const prefix = /^\s*model_checkpoint_path:\s*"((?:[^"\\]|\\.)*)"/m.exec(text ?? '')?.[1];
    // The path may be absolute, of the machine that wrote it: what counts is the name.
    const name = prefix?.replace(/^.*[\\/]/, '');
    if (name === undefined || !files.has(`${name}.index`)) return undefined;
    const title = 'TensorFlow checkpoint';
    const others = [...files].filter((file) => file.endsWith('.index') && file !== `${name}.index`);
    return {
      candidates: [{ path: `${path}${name}.index`, title: `${title}, the latest` }],
      others: others.sort(naturally).map((file) => ({ path: path + file, title })),
    };
  }

  /** The newest step in which there is a checkpoint: the last one may be unfinished. */
  private async newestStep(
    path: string,
    steps: readonly string[],
    depth: number,
  ): Promise<FolderChoice | undefined> {
    for (const [index, name] of steps.entries()) {
      const { candidates, others } = await this.choose(`${path}${name}/`, depth + 1);
      if (candidates.length === 0) continue;
      const earlier = steps
        .slice(index + 1)
        .map((step) => ({ path: `${path}${step}`, title: 'earlier step' }));
      return { candidates, others: [...others, ...earlier] };
    }
    return undefined;
  }

  /** Checkpoints of all folders inside, none of which says that it is the one. */
  private async below(
    path: string,
    folders: readonly string[],
    depth: number,
  ): Promise<FolderChoice> {
    const candidates: FolderCandidate[] = [];
    const others: FolderCandidate[] = [];
    for (const name of [...folders].sort(naturally)) {
      if (name.startsWith('.') || name === 'node_modules' || name === '__pycache__') continue;
      const found = await this.choose(`${path}${name}/`, depth + 1);
      candidates.push(...found.candidates);
      others.push(...found.others);
    }
    return { candidates, others };
  }
}

/** Folders of steps, the newest first. */
function stepsOf(folders: readonly string[]): readonly string[] {
  const numbered = folders.flatMap((name) => {
    const step = stepFolder.exec(name)?.[1];
    return step === undefined ? [] : [{ name, step: Number(step) }];
  });
  return numbered.sort((a, b) => b.step - a.step).map(({ name }) => name);
}

/** Checkpoints of one file each; shards and companions are left out, and what an index stands for. */
function looseFiles(files: ReadonlySet<string>): readonly string[] {
  const all = [...files].filter(
    (name) => checkpointFile.test(name) && !companion.test(name) && !laterPart.test(name),
  );
  const indices = all.filter((name) => name.endsWith('.index.json'));
  return all
    .filter((name) => {
      const part = /^(.*)-0*1-of-\d+(\.[a-z]+)$/i.exec(name);
      return !part || !indices.includes(`${part[1] ?? ''}${part[2] ?? ''}.index.json`);
    })
    .sort(naturally);
}

function titleOf(name: string): string {
  if (name.endsWith('.index.json')) return 'index of a sharded model';
  if (name.endsWith('.index')) return 'TensorFlow checkpoint';
  return `.${name.slice(name.lastIndexOf('.') + 1)} file`;
}

const collator = new Intl.Collator('en', { numeric: true });

function naturally(a: string, b: string): number {
  return collator.compare(a, b);
}
