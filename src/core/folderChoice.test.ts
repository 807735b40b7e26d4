import { describe, expect, it } from 'vitest';

import type { Folder, FolderEntry } from './folder';
import { chooseInFolder } from './folderChoice';

/** A folder of these paths; texts by path. */
function folderOf(paths: string, texts: Readonly<Record<string, string>> = {}): Folder {
  const all = paths.split(/\s+/).filter((path) => path !== '');
  return {
    list: (at) => {
      const entries = new Map<string, FolderEntry>();
      for (const path of all.filter((one) => one.startsWith(at))) {
        const [name = '', ...rest] = path.slice(at.length).split('/');
        entries.set(name, { name, isFolder: rest.length > 0 });
      }
      return Promise.resolve([...entries.values()]);
    },
    text: (path) => Promise.resolve(texts[path]),
  };
}

async function chosen(folder: Folder): Promise<readonly string[]> {
  return (await chooseInFolder(folder)).candidates.map(({ path }) => path);
}

const two = 'model-00001-of-00002.safetensors model-00002-of-00002.safetensors';
const cases: [string, string, string[]][] = [
  [
    'a repository of Hugging Face',
    'config.json model.safetensors tokenizer.json',
    ['model.safetensors'],
  ],
  [
    'a sharded one',
    `config.json ${two} model.safetensors.index.json`,
    ['model.safetensors.index.json'],
  ],
  [
    'both kinds of weights',
    'config.json pytorch_model.bin model.safetensors',
    ['model.safetensors'],
  ],
  [
    'PyTorch shards',
    'pytorch_model.bin.index.json pytorch_model-00001-of-00001.bin',
    ['pytorch_model.bin.index.json'],
  ],
  [
    'an adapter',
    'adapter_config.json adapter_model.safetensors README.md',
    ['adapter_model.safetensors'],
  ],
  ['shards without an index', two, ['model-00001-of-00002.safetensors']],
  [
    'shards of GGUF',
    'q-00001-of-00003.gguf q-00002-of-00003.gguf q-00003-of-00003.gguf',
    ['q-00001-of-00003.gguf'],
  ],
  [
    'a SavedModel',
    'saved_model.pb fingerprint.pb variables/variables.index keras_metadata.pb',
    ['saved_model.pb'],
  ],
  ['Orbax', '_METADATA manifest.ocdbt d/1234 ocdbt.process_0/d/1', ['_METADATA']],
  ['a step of Orbax', '_CHECKPOINT_METADATA default/_METADATA', ['_CHECKPOINT_METADATA']],
  [
    'steps of Orbax',
    '9/default/_METADATA 10/default/_METADATA 10/_CHECKPOINT_METADATA',
    ['10/_CHECKPOINT_METADATA'],
  ],
  ['a distributed checkpoint', '.metadata __0_0.distcp __1_0.distcp', ['.metadata']],
  [
    'a run of the Trainer',
    'checkpoint-500/model.safetensors checkpoint-1000/model.safetensors checkpoint-1000/optimizer.pt runs/x',
    ['checkpoint-1000/model.safetensors'],
  ],
  [
    'a run whose last step is unfinished',
    'checkpoint-5/model.safetensors checkpoint-6/config.json',
    ['checkpoint-5/model.safetensors'],
  ],
  [
    'a run that has ended',
    'model.safetensors checkpoint-5/model.safetensors',
    ['model.safetensors'],
  ],
  ['TensorFlow.js', 'model.json group1-shard1of1.bin', ['model.json']],
  ['a Keras archive unpacked', 'config.json metadata.json model.weights.h5', ['model.weights.h5']],
  ['Keras shards', 'm.weights.json m_00000.weights.h5 m_00001.weights.h5', ['m.weights.json']],
  [
    'a pipeline of Diffusers',
    'model_index.json unet/diffusion_pytorch_model.safetensors vae/diffusion_pytorch_model.safetensors',
    ['unet/diffusion_pytorch_model.safetensors', 'vae/diffusion_pytorch_model.safetensors'],
  ],
  [
    'logs of Lightning',
    'lightning_logs/version_0/checkpoints/epoch=1-step=8.ckpt lightning_logs/version_0/hparams.yaml',
    ['lightning_logs/version_0/checkpoints/epoch=1-step=8.ckpt'],
  ],
  ['epochs', 'model_10.pt model_9.pt optimizer.pt', ['model_9.pt', 'model_10.pt']],
  ['one file', 'best.pt train.py', ['best.pt']],
  ['no checkpoint', 'train.py data/a.csv .git/objects/aa.bin', []],
  ['nothing', '', []],
];

describe('chooseInFolder', () => {
  it.each(cases)('chooses in %s', async (_, paths, expected) => {
    expect(await chosen(folderOf(paths))).toEqual(expected);
  });

  it.each([
    ['model_checkpoint_path: "ckpt-10"\nall_model_checkpoint_paths: "ckpt-9"\n'],
    ['model_checkpoint_path: "/home/else/run/ckpt-10"\n'],
    ['model_checkpoint_path: "C:\\\\run\\\\ckpt-10"\n'],
  ])('takes the latest that TensorFlow names: %s', async (text) => {
    const paths = 'checkpoint ckpt-9.index ckpt-10.index ckpt-10.data-00000-of-00001 ckpt-11.index';
    const choice = await chooseInFolder(folderOf(paths, { checkpoint: text }));
    expect(choice.candidates.map(({ path }) => path)).toEqual(['ckpt-10.index']);
    expect(choice.others.map(({ path }) => path)).toEqual(['ckpt-9.index', 'ckpt-11.index']);
  });

  it('asks among TensorFlow checkpoints when the file that names the latest is gone or lies', async () => {
    const paths = 'checkpoint a.index a.data-00000-of-00001 b.index';
    expect(await chosen(folderOf(paths))).toEqual(['a.index', 'b.index']);
    const lie = { checkpoint: 'model_checkpoint_path: "../../secret"' };
    expect(await chosen(folderOf(paths, lie))).toEqual(['a.index', 'b.index']);
  });

  it('names the earlier steps', async () => {
    const paths = 'checkpoint-1/model.safetensors checkpoint-2/model.safetensors';
    const { others } = await chooseInFolder(folderOf(paths));
    expect(others).toEqual([{ path: 'checkpoint-1', title: 'earlier step' }]);
  });

  it('ends in folders without an end', async () => {
    let lists = 0;
    const endless: Folder = {
      list: () => {
        lists += 1;
        return Promise.resolve(
          Array.from({ length: 50 }, (_, i) => ({ name: `run${i}`, isFolder: true })),
        );
      },
      text: () => Promise.resolve(undefined),
    };
    expect(await chosen(endless)).toEqual([]);
    expect(lists).toBeLessThanOrEqual(200);
  });
});
