/**
 * Keras 3's `.keras`: a ZIP of `config.json`, `metadata.json` and `model.weights.h5`, stored without compression by Keras.
 *
 * @see https://keras.io/guides/serialization_and_saving/
 */
import type { ByteSource, CheckpointFiles } from '../../core/byteSource';
import type { Checkpoint } from '../../core/checkpoint';
import { FormatError } from '../../core/errors';
import type { Format } from '../../core/format';
import { property, type Json } from '../../core/json';
import { Hdf5File } from '../hdf5/hdf5File';
import { readNpz } from '../numpy/npz';
import { openZip, type ZipArchive } from '../zip';
import { parseConfig } from './configText';
import { kerasCheckpoint } from './kerasCheckpoint';
import { keras3Tensors, type KerasTensors } from './keras3Tensors';
import { readModelConfig } from './modelConfig';
import { readVarsGroups } from './varsGroups';

const configEntry = 'config.json';
const metadataEntry = 'metadata.json';
const hdf5Entry = 'model.weights.h5';
const npzEntry = 'model.weights.npz';

/** Configurations of large models have a few megabytes. */
const maxConfigBytes = 64 * 1024 * 1024;
/** Someone compressed the archive again: its weights must then be in memory whole. */
const maxInflatedBytes = 1024 ** 3;

export const kerasArchive: Format = {
  id: 'keras',
  title: 'Keras 3 archive',
  async matches(probe) {
    const zip = await probe.zip();
    return zip !== undefined && zip.has(configEntry) && (zip.has(hdf5Entry) || zip.has(npzEntry));
  },
  open: openArchive,
};

async function openArchive(files: CheckpointFiles): Promise<Checkpoint> {
  const zip = await openZip(files.main, 'Keras archive');
  const config = await readJson(zip, configEntry);
  const metadata = await readJson(zip, metadataEntry);
  const version = property(metadata, 'keras_version');
  return kerasCheckpoint(files, {
    format: 'keras',
    description: `Keras archive${typeof version === 'string' ? `, Keras ${version}` : ''}`,
    weights: [await readWeights(zip, config)],
    config,
    training: property(config, 'compile_config'),
    recorded: { keras_version: version, date_saved: property(metadata, 'date_saved') },
  });
}

async function readWeights(zip: ZipArchive, config: Json | undefined): Promise<KerasTensors> {
  const hdf5 = await openEntry(zip, hdf5Entry);
  if (hdf5) {
    const groups = readVarsGroups(await Hdf5File.open(hdf5));
    return keras3Tensors(groups, readModelConfig(config));
  }
  const npz = await openEntry(zip, npzEntry);
  if (npz) return readNpz(npz);
  throw new FormatError('Keras archive', `has neither "${hdf5Entry}" nor "${npzEntry}"`);
}

async function openEntry(zip: ZipArchive, name: string): Promise<ByteSource | undefined> {
  const entry = zip.entry(name);
  return entry && zip.open(entry, maxInflatedBytes);
}

async function readJson(zip: ZipArchive, name: string): Promise<Json | undefined> {
  const entry = zip.entry(name);
  if (!entry) return undefined;
  return parseConfig(new TextDecoder().decode(await zip.bytes(entry, maxConfigBytes)));
}
