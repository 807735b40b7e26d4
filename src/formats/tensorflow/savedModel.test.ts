import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { Checkpoint } from '../../core/checkpoint';
import { FormatError } from '../../core/errors';
import { property } from '../../core/json';
import { memoryFiles, openLocalFiles } from '../../io/checkpointFiles';
import { openCheckpoint } from '..';
import { tensorOf, valuesOf } from '../testSupport';
import { block, entry, field, table } from './buildTable';

const folder = join(__dirname, '../../../test/fixtures/tensorflow');
const golden: {
  readonly [prefix: string]: {
    readonly [key: string]: { readonly shape: readonly number[]; readonly values: unknown };
  };
} = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8'));
const fixture = (name: string) => new Uint8Array(readFileSync(join(folder, name)));

async function open(name: string): Promise<Checkpoint> {
  return openCheckpoint(await openLocalFiles(join(folder, name)));
}

describe('SavedModel', () => {
  it.each<[string, string, Record<string, string>]>([
    [
      'exported',
      'keras',
      {
        'net/hidden/kernel': 'variables/0',
        'net/hidden/bias': 'variables/1',
        'net/bn/moving_variance': 'variables/5',
        'net/out/kernel': 'variables/6',
      },
    ],
    ['module', 'tensorflow', { first: 'first', second: 'second' }],
  ])('reads %s, by its own names', async (name, framework, keys) => {
    const checkpoint = await open(`${name}/saved_model.pb`);
    expect(checkpoint.description).toBe('TensorFlow SavedModel, TensorFlow 2.21.0');
    expect(checkpoint.framework).toBe(framework);
    expect(checkpoint.recorded).toMatchObject({ tensorflow_version: '2.21.0', tags: ['serve'] });
    const values = golden[`${name}/variables/variables`] ?? {};
    for (const [tensorName, path] of Object.entries(keys)) {
      const tensor = tensorOf(checkpoint, tensorName);
      const expected = values[`${path}/.ATTRIBUTES/VARIABLE_VALUE`];
      expect([tensor.shape, await valuesOf(tensor)]).toEqual([expected?.shape, expected?.values]);
    }
    expect(checkpoint.tensors.length).toBe(Object.keys(values).length);
  });

  it('measures once what Keras exports twice', async () => {
    const { tensors } = await open('exported/saved_model.pb');
    const own = tensors.filter(({ sameAs }) => sameAs === undefined);
    expect(own).toHaveLength(8);
    expect(tensors.filter(({ sameAs }) => sameAs === 'net/out/kernel')).toHaveLength(1);
  });

  it('takes what the graph of TensorFlow 1 says of its variables', async () => {
    const checkpoint = await open('simple/saved_model.pb');
    expect(tensorOf(checkpoint, 'fc/w')).toMatchObject({
      role: 'matrix',
      module: { name: 'fc', type: 'MatMul', config: { input: 1 } },
    });
    expect(tensorOf(checkpoint, 'fc/b').role).toBe('bias');
    expect(tensorOf(checkpoint, 'words').role).toBe('embedding');
    expect(property(checkpoint.declared, 'modules')).toEqual([
      { name: 'dropout', type: 'Dropout', config: { rate: 0.2 } },
    ]);
  });

  it('opens the folder of variables by itself', async () => {
    const { tensors } = await open('module/variables/variables.index');
    expect(tensors.map(({ name }) => name)).toEqual(['first', 'second']);
  });

  it('says that the variables are missing', async () => {
    const bytes = fixture('simple/saved_model.pb');
    const { notices } = await openCheckpoint(memoryFiles('saved_model.pb', bytes));
    expect(notices[0]?.message).toMatch(/"variables\/variables\.index" is not beside/);
  });
});

/** A model of Keras 2: objects, metadata in them or beside them, variables. */
function kerasModel(where: 'inside' | 'beside') {
  const layer = JSON.stringify({
    class_name: 'Custom>LSTM',
    name: 'rnn',
    config: { name: 'rnn', units: 1 },
  });
  const cell = JSON.stringify({ class_name: 'LSTMCell', config: { units: 1 } });
  const root = JSON.stringify({
    class_name: 'Functional',
    config: { name: 'net', layers: [] },
    keras_version: '2.4.0',
    training_config: {
      loss: 'mse',
      optimizer_config: { class_name: 'Adam', config: { decay: 0.1 } },
    },
  });
  const child = (id: number, name: string) => field(1, [...field(1, id), ...field(2, name)]);
  const user = (json: string) => (where === 'inside' ? field(4, field(3, json)) : []);
  // The ids of both graphs differ: only the names agree.
  const saved = [
    field(1, [...child(3, 'layer_with_weights-0'), ...user(root)]),
    field(1, user(cell)),
    field(1, []),
    field(1, [...child(1, 'cell'), ...user(layer)]),
  ].flat();
  const key = 'layer_with_weights-0/cell/kernel/.ATTRIBUTES/VARIABLE_VALUE';
  const attribute = [...field(1, 'VARIABLE_VALUE'), ...field(2, 'rnn/lstm_cell/kernel')];
  const graph = [
    field(1, child(1, 'layer_with_weights-0')),
    field(1, child(2, 'cell')),
    field(1, child(3, 'kernel')),
    field(1, field(2, [...attribute, ...field(3, key)])),
  ].flat();
  const text = [...field(1, graph).slice(1, graph.length > 127 ? 3 : 2), 0, 0, 0, 0, ...graph];
  const index = table([
    block([
      ['', field(1, 1)],
      ['_CHECKPOINTABLE_OBJECT_GRAPH', entry({ dataType: 7, offset: 8, size: text.length })],
      [key, entry({ shape: [2], size: 8 })],
    ]),
  ]);
  const meta = [...field(1, field(5, '2.3.0')), ...field(7, saved)];
  const beside = [
    [0, root],
    [3, layer],
    [1, cell],
  ] as const;
  const metadata = beside.flatMap(([id, json]) => field(1, [...field(2, id), ...field(5, json)]));
  const siblings = new Map([
    ['variables/variables.index', index],
    ['variables/variables.data-00000-of-00001', Uint8Array.from([...new Uint8Array(8), ...text])],
  ]);
  if (where === 'beside') siblings.set('keras_metadata.pb', Uint8Array.from(metadata));
  const bytes = Uint8Array.from([...field(1, 1), ...field(2, meta)]);
  return { bytes, siblings };
}

describe.each(['inside', 'beside'] as const)('metadata of Keras %s the model', (where) => {
  it('gives classes, configuration and optimizer', async () => {
    const { bytes, siblings } = kerasModel(where);
    const checkpoint = await openCheckpoint(memoryFiles('saved_model.pb', bytes, siblings));
    expect(checkpoint.framework).toBe('keras');
    expect(tensorOf(checkpoint, 'rnn/lstm_cell/kernel').module).toEqual({
      name: 'rnn/lstm_cell',
      type: 'LSTM',
      config: { name: 'rnn', units: 1 },
    });
    expect(checkpoint.declared).toEqual({
      class_name: 'Functional',
      config: { name: 'net', layers: [] },
    });
    expect(checkpoint.recorded).toMatchObject({ keras_version: '2.4.0', loss: 'mse' });
    expect(checkpoint.optimizers).toEqual([
      { name: 'Adam', groups: [{ hyperparameters: { decay: 0.1 }, parameterCount: 1 }] },
    ]);
  });

  it('survives every flipped byte and every cut', async () => {
    const { bytes, siblings } = kerasModel(where);
    const variants = Array.from(bytes, (_, at) => [
      bytes.map((byte, i) => (i === at ? byte ^ 0x5a : byte)),
      bytes.subarray(0, at),
    ]).flat();
    for (const [i, variant] of variants.entries()) {
      try {
        await openCheckpoint(memoryFiles('saved_model.pb', variant, siblings));
      } catch (error) {
        expect(error, `variant ${i}`).toBeInstanceOf(FormatError);
      }
    }
  });
});
