/**
 * HDF5 files: whole models and weights of Keras in its layouts, and any other HDF5 as named arrays.
 */
import type { CheckpointFiles } from '../../core/byteSource';
import type { Checkpoint } from '../../core/checkpoint';
import type { Format } from '../../core/format';
import type { Json } from '../../core/json';
import { Hdf5File, isHdf5 } from '../hdf5/hdf5File';
import { parseConfig } from './configText';
import { kerasCheckpoint } from './kerasCheckpoint';
import { keras3Tensors } from './keras3Tensors';
import { legacyOptimizer, legacyTensors, readTexts } from './legacyTensors';
import { readModelConfig } from './modelConfig';
import { plainHdf5 } from './plainHdf5';
import { readVarsGroups } from './varsGroups';

export const hdf5: Format = {
  id: 'hdf5',
  title: 'HDF5 (Keras and others)',
  matches: ({ head }) => isHdf5(head),
  open: openHdf5,
};

async function openHdf5(files: CheckpointFiles): Promise<Checkpoint> {
  const file = await Hdf5File.open(files.main);
  const objects = file.objects();
  const has = (path: string): boolean => objects.some((object) => object.path === path);
  if (has('model_weights')) return wholeModel(files, file, has('optimizer_weights'));
  if (readTexts(file, '', 'layer_names')) return legacyWeights(files, file);
  if (objects.some(({ path, kind }) => kind === 'group' && /(?:^|\/)vars$/.test(path))) {
    return kerasCheckpoint(files, {
      format: 'hdf5',
      description: 'Keras 3 weights, HDF5',
      weights: [keras3Tensors(readVarsGroups(file), undefined)],
      recorded: {},
    });
  }
  return plainHdf5(files, file, objects);
}

function wholeModel(files: CheckpointFiles, file: Hdf5File, hasOptimizer: boolean): Checkpoint {
  const config = jsonAttribute(file, 'model_config');
  const weights = [legacyTensors(file, 'model_weights', readModelConfig(config))];
  if (hasOptimizer) weights.push(legacyOptimizer(file, 'optimizer_weights'));
  return kerasCheckpoint(files, {
    format: 'hdf5',
    description: `Keras model, HDF5${versionText(file)}`,
    weights,
    config,
    training: jsonAttribute(file, 'training_config'),
    recorded: versions(file),
  });
}

function legacyWeights(files: CheckpointFiles, file: Hdf5File): Checkpoint {
  return kerasCheckpoint(files, {
    format: 'hdf5',
    description: `Keras weights, HDF5${versionText(file)}`,
    weights: [legacyTensors(file, '', undefined)],
    recorded: versions(file),
  });
}

function jsonAttribute(file: Hdf5File, name: string): Json | undefined {
  const text = file.attribute('', name);
  return typeof text === 'string' ? parseConfig(text) : undefined;
}

function versions(file: Hdf5File): { [key: string]: Json | undefined } {
  return {
    keras_version: versionOf(file, 'keras_version'),
    backend: versionOf(file, 'backend'),
  };
}

function versionText(file: Hdf5File): string {
  const version = versionOf(file, 'keras_version');
  return version === undefined ? '' : `, Keras ${version}`;
}

/** Older versions wrote it at the group of weights only. */
function versionOf(file: Hdf5File, name: string): string | undefined {
  const value = file.attribute('', name);
  return typeof value === 'string' ? value : undefined;
}
