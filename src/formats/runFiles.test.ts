import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { Checkpoint } from '../core/checkpoint';
import { memoryFiles } from '../io/checkpointFiles';
import { openCheckpoint } from '.';

const here = join(__dirname, '../../test/fixtures/evidence/trainer');
const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(join(here, name)));

const names = ['config.json', 'trainer_state.json', 'training_args.bin', 'optimizer.pt'];

function folder(
  changes: Readonly<Record<string, Uint8Array | undefined>> = {},
): Promise<Checkpoint> {
  const siblings = new Map(names.map((name) => [name, fixture(name)]));
  for (const [name, bytes] of Object.entries(changes)) {
    if (bytes) siblings.set(name, new Uint8Array(bytes));
    else siblings.delete(name);
  }
  return openCheckpoint(memoryFiles('model.safetensors', fixture('model.safetensors'), siblings));
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

describe('files of a run beside the weights', () => {
  it('records configuration, arguments, log and optimizer of the Trainer', async () => {
    const { recorded, optimizers, tensors, files } = await folder();
    expect(recorded).toMatchObject({
      'config.json': { model_type: 'bert', attention_probs_dropout_prob: 0.2 },
      'training_args.bin': { weight_decay: 0.01, label_smoothing_factor: 0.1 },
      'trainer_state.json': { global_step: 50 },
    });
    expect(optimizers).toMatchObject([
      { name: 'AdamW', groups: [{ hyperparameters: { weight_decay: 0.01 } }, {}] },
    ]);
    expect(tensors.every(({ name }) => !name.includes('optimizer'))).toBe(true);
    expect(files.map(({ name }) => name)).toEqual(['model.safetensors']);
  });

  it.each([
    ['a config.json of something else', 'config.json', text('{"dropout": 0.5}')],
    ['no JSON', 'config.json', text('{')],
    ['a list', 'config.json', text('[1]')],
    ['no config.json', 'config.json', undefined],
    ['damaged arguments', 'training_args.bin', text('PK\u0003\u0004 damaged')],
  ])('leaves out %s', async (_, name, bytes) => {
    const { recorded } = await folder({ [name]: bytes });
    expect(Object.keys(recorded)).toEqual(names.slice(0, 3).filter((one) => one !== name));
  });

  it('takes no optimizer.pt without a Trainer', async () => {
    const { optimizers } = await folder({ 'trainer_state.json': undefined });
    expect(optimizers).toEqual([]);
  });

  it('keeps the end of a long log', async () => {
    const log_history = Array.from({ length: 3000 }, (_, step) => ({ step }));
    const { recorded } = await folder({
      'trainer_state.json': text(JSON.stringify({ log_history })),
    });
    const state = recorded['trainer_state.json'];
    expect(JSON.stringify(state).match(/step/g)).toHaveLength(2000);
  });
});
