/**
 * NumPy's archive: a ZIP whose entries are array files, named after the arrays with `.npy` appended.
 *
 * @see https://numpy.org/doc/stable/reference/generated/numpy.savez.html
 */
import type { ByteSource, CheckpointFiles } from '../../core/byteSource';
import type { Checkpoint, Notice, Skipped } from '../../core/checkpoint';
import { FormatError } from '../../core/errors';
import type { Format } from '../../core/format';
import type { Tensor } from '../../core/tensor';
import { openZip, type ZipArchive, type ZipEntry } from '../zip';
import { WindowCache } from '../strided';
import { InflatedEntries } from './inflatedEntries';
import { openNpy, type NpyArray } from './npyTensor';
import { frameworkOfTree } from './treeFramework';

const suffix = '.npy';
/** Notices of pickled elements that are shown. */
const maxPickled = 20;

export const npz: Format = {
  id: 'npz',
  title: 'NumPy archive',
  async matches(probe) {
    const zip = await probe.zip();
    return zip !== undefined && zip.names.some((name) => name.endsWith(suffix));
  },
  open: openNpz,
};

async function openNpz(files: CheckpointFiles): Promise<Checkpoint> {
  const { main } = files;
  const { tensors, skipped, notices, compressed } = await readNpz(main);
  return {
    format: 'npz',
    description: `NumPy archive, ${compressed ? 'compressed' : 'stored'}`,
    framework: frameworkOfTree(tensors.map((tensor) => tensor.name)),
    files: [{ name: main.name, byteLength: main.size }],
    tensors,
    skipped,
    optimizers: [],
    recorded: {},
    notices,
  };
}

/** All arrays of an archive. One that cannot be read is skipped with its reason; the others still show. */
export async function readNpz(source: ByteSource): Promise<{
  readonly tensors: readonly Tensor[];
  readonly skipped: readonly Skipped[];
  readonly notices: readonly Notice[];
  readonly compressed: boolean;
}> {
  const zip = await openZip(source, 'npz');
  const opened: Opened = {
    zip,
    inflated: new InflatedEntries(zip),
    windows: new WindowCache(),
  };
  const tensors: Tensor[] = [];
  const skipped: Skipped[] = [];
  const others: string[] = [];
  const pickled: Notice[] = [];
  let compressed = false;
  for (const entryName of zip.names) {
    const entry = zip.entry(entryName);
    if (entry === undefined) continue;
    if (!entryName.endsWith(suffix)) {
      others.push(entryName);
      continue;
    }
    compressed ||= entry.method === 'deflated';
    const array = await openEntry(opened, entry);
    if (array.kind === 'tensor') tensors.push(array.tensor);
    else {
      skipped.push(array.skipped);
      if (pickled.length < maxPickled) pickled.push(...named(array));
    }
  }
  return { tensors, skipped, notices: [...pickled, ...noticesOf(others)], compressed };
}

function named({ skipped, notices }: Extract<NpyArray, { kind: 'skipped' }>): Notice[] {
  return notices.map(({ severity, message }) => ({
    severity,
    message: `${skipped.name}: ${message}`,
  }));
}

interface Opened {
  readonly zip: ZipArchive;
  readonly inflated: InflatedEntries;
  readonly windows: WindowCache;
}

async function openEntry({ zip, inflated, windows }: Opened, entry: ZipEntry): Promise<NpyArray> {
  const name = entry.name.slice(0, -suffix.length);
  try {
    const source =
      entry.method === 'stored' ? await zip.open(entry, 0) : inflated.source(entry, name);
    return await openNpy(name, source, windows);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { kind: 'skipped', skipped: { name, reason: error.message }, notices: [] };
  }
}

function noticesOf(others: readonly string[]): readonly Notice[] {
  if (others.length === 0) return [];
  const shown = others.slice(0, 5).join(', ');
  return [
    {
      severity: 'info',
      message: `${others.length} entries that are no arrays are left out: ${shown}${others.length > 5 ? ', …' : ''}`,
    },
  ];
}
