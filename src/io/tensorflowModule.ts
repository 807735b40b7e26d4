/**
 * Finds and loads `@tensorflow/tfjs-node`, a native module that is never part of the extension's package. It is code that runs with
 * the user's rights: only places that the user chose or trusts are looked at, and no folder above them.
 */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import util from 'node:util';

const packageName = '@tensorflow/tfjs-node';
/** The version that package.json pins, and that `npm run setup:tensorflow` names its folder after. */
const version = '4.22.0';

export interface TensorFlowPlaces {
  /** What the user set: the package's folder, or one with `node_modules/@tensorflow/tfjs-node`. Nothing else is tried then. */
  readonly chosen?: string | undefined;
  /** Folder of the running bundle: its package's own dependency is tried, then what `npm run setup:tensorflow` made. */
  readonly bundleFolder: string;
  /** Folders of the workspace; none where it is not trusted. */
  readonly trustedFolders?: readonly string[];
}

export type TensorFlowModule =
  | {
      /** The module's exports. */
      readonly exports: unknown;
      readonly folder: string;
    }
  | { readonly reason: string };

/** Loads it from the first place that has it. Never throws. */
export function loadTensorFlowModule(places: TensorFlowPlaces): TensorFlowModule {
  if (places.chosen !== undefined && places.chosen !== '') return loadChosen(places.chosen);
  const folder = candidates(places).find(isPackage);
  return folder === undefined
    ? { reason: `${packageName} is not installed where RegLens looks for it` }
    : load(folder);
}

/** Where `npm run setup:tensorflow` puts the package that no project has. */
function tensorFlowCacheFolder(): string {
  // An empty value counts as unset (XDG base directory specification).
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(cache, 'reglens', `tfjs-node-${version}`);
}

function loadChosen(chosen: string): TensorFlowModule {
  if (!isAbsolute(chosen)) return { reason: `"${chosen}" is not an absolute path` };
  const folder = [chosen, within(chosen)].find(isPackage);
  return folder === undefined
    ? { reason: `neither "${chosen}" nor its node_modules holds ${packageName}` }
    : load(folder);
}

function candidates({ bundleFolder, trustedFolders = [] }: TensorFlowPlaces): string[] {
  const root = dirname(bundleFolder);
  const parent = dirname(root);
  return [
    within(root),
    // As a package of npm we lie beside our own dependencies.
    ...(basename(parent) === 'node_modules' ? [join(parent, packageName)] : []),
    within(tensorFlowCacheFolder()),
    ...trustedFolders.map(within),
  ];
}

const within = (folder: string): string => join(folder, 'node_modules', packageName);

function isPackage(folder: string): boolean {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return (
      typeof manifest === 'object' &&
      manifest !== null &&
      'name' in manifest &&
      manifest.name === packageName
    );
  } catch {
    // Absent, unreadable or not JSON: not the package.
    return false;
  }
}

function load(folder: string): TensorFlowModule {
  addRemovedFunctions();
  // TensorFlow greets on stderr; what goes wrong it still says there. Heard on the main thread only: others have a copy of the
  // environment that native code does not see.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  try {
    // A require that the bundler does not recognise: an imported createRequire it would evaluate itself, to nothing.
    const { createRequire } = process.getBuiltinModule('node:module');
    const requireFrom = createRequire(join(folder, 'package.json'));
    const exports: unknown = requireFrom(folder);
    return { exports, folder };
  } catch (error) {
    const remedy = existsSync(join(folder, 'lib'))
      ? ''
      : '; it has no native binding yet: reinstall it, or run `npm run setup:tensorflow` in a checkout of RegLens';
    return { reason: `${folder} does not load: ${firstLine(error)}${remedy}` };
  }
}

/**
 * tfjs-node 4.22 calls functions that Node 23 removed from `util` (tensorflow/tfjs#8609), and it calls them whenever an operation
 * runs: they stay for as long as the thread does. Each thread has a `util` of its own.
 */
function addRemovedFunctions(): void {
  const removed = {
    isArray: (value: unknown) => Array.isArray(value),
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  };
  for (const [name, value] of Object.entries(removed)) {
    if (!(name in util)) {
      Object.defineProperty(util, name, { value, configurable: true, writable: true });
    }
  }
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n', 1)[0] ?? '').trim().slice(0, 300);
}
