import type { ByteSource } from '../../core/byteSource';
import type { Checkpoint, Notice } from '../../core/checkpoint';
import { property, type Json } from '../../core/json';
import { noticesOf, type Unpickled } from '../pickle';
import { openTorchArchive, type Storages } from './archive';
import { interpret, type Interpreted } from './checkpoint';
import { readLegacy } from './legacy';
import type { ScriptCalls } from './scriptCalls';
import { Tensors } from './tensors';

/** Reads the pickle and the archive's directory; no storage is read. */
export async function openTorch(source: ByteSource): Promise<Checkpoint> {
  const { unpickled, script, storages, notices } = await openTorchArchive(source);
  const checkpoint = torchCheckpoint(source, unpickled, storages);
  const layout = script ? 'TorchScript' : checkpoint.description;
  return {
    ...checkpoint,
    format: 'pytorch-zip',
    description: `PyTorch zip, ${layout}`,
    notices: [...checkpoint.notices, ...notices],
    ...(script && { declared: declaredProgram(checkpoint.declared, script) }),
  };
}

/** Modules of a program as its attributes tell them, and the calls that regularize. */
function declaredProgram(declared: Json | undefined, { operations, modules }: ScriptCalls): Json {
  const own = property(declared, 'modules');
  const known = Array.isArray(own) ? (own as readonly Json[]) : [];
  return { modules: [...known, ...modules], operations };
}

/** The same for a file from before PyTorch 1.6. */
export async function openLegacyTorch(source: ByteSource): Promise<Checkpoint> {
  const { unpickled, storages, notices } = await readLegacy(source);
  const checkpoint = torchCheckpoint(source, unpickled, storages);
  return {
    ...checkpoint,
    format: 'pytorch-legacy',
    description: `PyTorch before 1.6, ${checkpoint.description}`,
    notices: [...checkpoint.notices, ...notices],
  };
}

/** What a pickle and its storages give; the description is the layout alone. */
function torchCheckpoint(source: ByteSource, unpickled: Unpickled, storages: Storages): Checkpoint {
  const found = interpret(unpickled.value, new Tensors(storages));
  const { tensors, skipped, optimizers, recorded, modules } = found;
  return {
    format: 'pytorch',
    description: found.layout,
    framework: 'pytorch',
    files: [{ name: source.name, byteLength: source.size }],
    tensors,
    skipped,
    optimizers,
    recorded,
    ...(modules.length > 0 && { declared: declaredModules(modules) }),
    notices: [...noticesOf(unpickled.globals), ...emptyNotice(found)],
  };
}

/** The modules of a pickled model as its configuration; dropout and activations have no tensors to carry theirs. */
function declaredModules(modules: Interpreted['modules']): Json {
  return {
    modules: modules.map(({ name, type, config }) => ({ name, type, ...(config && { config }) })),
  };
}

function emptyNotice({ tensors, skipped }: Interpreted): Notice[] {
  if (tensors.length + skipped.length > 0) return [];
  return [{ severity: 'info', message: 'The file holds no tensors, only the data shown' }];
}
