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
/** What in it is no checkpoint, or none by itself, and what is said of it. */
const refused: readonly [RegExp, RegExp][] = [
  [/^tfjs\/.*(weights\.bin|shard1of1)$/, /looks like the raw weights of a TF\.js model/],
  [/^tf1-checkpoint\/.*\.meta$/, /looks like the graph of a TensorFlow checkpoint/],
  [/^tf1-checkpoint\/.*checkpoint$/, /needs "PNet-30\.index" beside it/],
  [/^malformed\/.*\.onnx$/, /is a web page/],
  [/^malformed\/.*broken\.pt$/, /is a text file: "abc"/],
];

describe.runIf(samples.length > 0)('checkpoints found in the wild', () => {
  it.each(samples)('$path opens whole or says why not', async ({ path, ...expected }) => {
    const files = await openLocalFiles(join(folder ?? '', path));
    const message = refused.find(([pattern]) => pattern.test(path))?.[1];
    try {
      if (message) {
        await expect(openCheckpoint(files)).rejects.toThrow(FormatError);
        await expect(openCheckpoint(files)).rejects.toThrow(message);
        return;
      }
      const { tensors, skipped, notices } = await openCheckpoint(files);
      for (const tensor of tensors) await tensor.data.read(0, elementCountOf(tensor.shape));
      if (path.startsWith('malformed/')) {
        // An index without the file that has the values.
        expect([tensors.length, skipped.length]).toEqual([0, 61]);
        expect(notices[0]?.message).toMatch(/missing is 1 file: .*data-00000-of-00001/);
        return;
      }
      // The manifest counts the text that tells a TensorFlow checkpoint's objects as a tensor of one element.
      const texts = skipped.filter(({ name }) => name === '_CHECKPOINTABLE_OBJECT_GRAPH').length;
      const parameterCount = tensors.reduce((sum, { shape }) => sum + elementCountOf(shape), 0);
      expect({
        tensorCount: tensors.length + texts,
        parameterCount: parameterCount + texts,
      }).toEqual(expected);
      expect(skipped).toHaveLength(texts);
    } finally {
      await files.close();
    }
  });
});
