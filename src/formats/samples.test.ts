import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { FormatError } from '../core/errors';
import { elementCountOf } from '../core/tensor';
import { openLocalFiles } from '../io/checkpointFiles';
import { openCheckpoint } from '.';

/** A folder of checkpoints found in the wild with a MANIFEST.tsv that tells what is in each. */
const folder = process.env['REGLENS_SAMPLES'];
const manifest = folder === undefined ? undefined : join(folder, 'MANIFEST.tsv');

interface Sample {
  readonly path: string;
  readonly tensorCount: number;
  readonly parameterCount: number;
}

function samplesOf(text: string): Sample[] {
  const [header = '', ...lines] = text.trim().split('\n');
  const columns = header.split('\t');
  return lines.map((line) => {
    const cells = line.split('\t');
    const cell = (name: string): string => cells[columns.indexOf(name)] ?? '';
    return {
      path: cell('path'),
      tensorCount: Number(cell('n_tensors')),
      parameterCount: Number(cell('n_params')),
    };
  });
}

const samples =
  manifest !== undefined && existsSync(manifest) ? samplesOf(readFileSync(manifest, 'utf8')) : [];
/** Folders of formats that are read: each file of theirs must open. */
const readable = /^(torch-zip|torch-legacy|onnx|safetensors|sb3-zip|torchscript|keras-h5|tflite)\//;
/** Those of them whose tensors can all be read. */
const whole = /^(torch-zip|torch-legacy|onnx|safetensors|sb3-zip|keras-h5|tflite)\//;

describe.runIf(samples.length > 0)('checkpoints found in the wild', () => {
  it.each(samples)('$path opens whole or says why not', async ({ path, ...expected }) => {
    const files = await openLocalFiles(join(folder ?? '', path));
    try {
      const { tensors, skipped } = await openCheckpoint(files);
      for (const tensor of tensors) await tensor.data.read(0, elementCountOf(tensor.shape));
      expect(tensors.length + skipped.length).toBeGreaterThan(0);
      if (whole.test(path)) {
        const parameterCount = tensors.reduce((sum, { shape }) => sum + elementCountOf(shape), 0);
        expect({ tensorCount: tensors.length, parameterCount }).toEqual(expected);
      }
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
      expect(path).not.toMatch(readable);
    } finally {
      await files.close();
    }
  });
});
