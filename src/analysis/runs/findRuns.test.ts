import { describe, expect, it } from 'vitest';

import type { Run, RunFile, RunMark } from '../../core/series';
import { isCheckpointName } from './checkpointFiles';
import { findRuns, runOfFiles } from './findRuns';

const filesOf = (paths: readonly string[]): RunFile[] =>
  paths.map((path, index) => ({ path, modifiedMs: 1000 * (index + 1), byteLength: 100 }));
const names = ({ points }: Run): string[] => points.map(({ file }) => file.path);

interface Case {
  readonly paths: readonly string[];
  readonly axis: Run['axis'];
  readonly name: string;
  readonly marks: readonly RunMark[];
}

const one: Readonly<Record<string, Case>> = {
  'Lightning, epoch and step': {
    paths: [
      'lightning_logs/version_0/checkpoints/epoch=0-step=40.ckpt',
      'lightning_logs/version_0/checkpoints/epoch=10-step=440.ckpt',
      'lightning_logs/version_0/checkpoints/epoch=9-step=400.ckpt',
    ],
    axis: 'epoch',
    name: 'version_0',
    marks: [
      { epoch: 0, step: 40 },
      { epoch: 9, step: 400 },
      { epoch: 10, step: 440 },
    ],
  },
  'Lightning, several steps of an epoch': {
    paths: ['c/epoch=0-step=100.ckpt', 'c/epoch=0-step=200.ckpt', 'c/epoch=1-step=300.ckpt'],
    axis: 'step',
    name: 'c',
    marks: [
      { epoch: 0, step: 100 },
      { epoch: 0, step: 200 },
      { epoch: 1, step: 300 },
    ],
  },
  'Lightning, a monitored loss': {
    paths: ['r/mnist-epoch=02-val_loss=0.32.ckpt', 'r/mnist-epoch=05-val_loss=0.30.ckpt'],
    axis: 'epoch',
    name: 'r · mnist',
    marks: [
      { epoch: 2, loss: 0.32 },
      { epoch: 5, loss: 0.3 },
    ],
  },
  'Hugging Face Trainer': {
    paths: ['500', '1000', '1500'].flatMap((step) => [
      `out/bert/checkpoint-${step}/model.safetensors`,
      `out/bert/checkpoint-${step}/optimizer.pt`,
      `out/bert/checkpoint-${step}/rng_state.pth`,
      `out/bert/checkpoint-${step}/scheduler.pt`,
      `out/bert/checkpoint-${step}/training_args.bin`,
    ]),
    axis: 'step',
    name: 'bert',
    marks: [{ step: 500 }, { step: 1000 }, { step: 1500 }],
  },
  'Hugging Face Trainer, shards': {
    paths: ['500', '1000'].flatMap((step) => [
      `out/checkpoint-${step}/model-00001-of-00002.safetensors`,
      `out/checkpoint-${step}/model-00002-of-00002.safetensors`,
      `out/checkpoint-${step}/model.safetensors.index.json`,
    ]),
    axis: 'step',
    name: 'out',
    marks: [{ step: 500 }, { step: 1000 }],
  },
  'Diffusers, a folder below': {
    paths: ['500', '1000'].map(
      (step) => `sd/checkpoint-${step}/unet/diffusion_pytorch_model.safetensors`,
    ),
    axis: 'step',
    name: 'sd · unet',
    marks: [{ step: 500 }, { step: 1000 }],
  },
  'Keras ModelCheckpoint, epoch and figure': {
    paths: ['k/weights.05-0.42.keras', 'k/weights.06-0.40.keras', 'k/weights.10-0.31.keras'],
    axis: 'epoch',
    name: 'k',
    marks: [
      { epoch: 5, score: 0.42 },
      { epoch: 6, score: 0.4 },
      { epoch: 10, score: 0.31 },
    ],
  },
  'Keras weights': {
    paths: ['k/model_05.weights.h5', 'k/model_06.weights.h5'],
    axis: 'number',
    name: 'k',
    marks: [{ number: 5 }, { number: 6 }],
  },
  'Keras, as in many tutorials': {
    paths: ['k/weights-improvement-03-0.88.hdf5', 'k/weights-improvement-11-0.91.hdf5'],
    axis: 'epoch',
    name: 'k',
    marks: [
      { epoch: 3, score: 0.88 },
      { epoch: 11, score: 0.91 },
    ],
  },
  Ultralytics: {
    paths: [
      'runs/detect/train/weights/epoch0.pt',
      'runs/detect/train/weights/epoch12.pt',
      'runs/detect/train/weights/last.pt',
      'runs/detect/train/weights/best.pt',
    ],
    axis: 'epoch',
    name: 'train',
    marks: [{ epoch: 0 }, { epoch: 12 }],
  },
  timm: {
    paths: [
      'output/train/20260101-resnet50/checkpoint-2.pth.tar',
      'output/train/20260101-resnet50/checkpoint-12.pth.tar',
      'output/train/20260101-resnet50/model_best.pth.tar',
      'output/train/20260101-resnet50/last.pth.tar',
    ],
    axis: 'epoch',
    name: '20260101-resnet50',
    marks: [{ epoch: 2 }, { epoch: 12 }],
  },
  'plain numbers': {
    paths: ['a/model_2.pt', 'a/model_10.pt', 'a/model_1.pt'],
    axis: 'number',
    name: 'a',
    marks: [{ number: 1 }, { number: 2 }, { number: 10 }],
  },
  steps: {
    paths: ['a/step_1000.safetensors', 'a/step_500.safetensors'],
    axis: 'step',
    name: 'a',
    marks: [{ step: 500 }, { step: 1000 }],
  },
  detectron2: {
    paths: ['d/model_0004999.pth', 'd/model_0009999.pth', 'd/model_final.pth'],
    axis: 'number',
    name: 'd',
    marks: [{ number: 4999 }, { number: 9999 }],
  },
  mmdetection: {
    paths: ['w/iter_8000.pth', 'w/iter_16000.pth', 'w/latest.pth'],
    axis: 'step',
    name: 'w',
    marks: [{ step: 8000 }, { step: 16000 }],
  },
  'fairseq, epochs': {
    paths: ['f/checkpoint1.pt', 'f/checkpoint2.pt', 'f/checkpoint_best.pt'],
    axis: 'epoch',
    name: 'f',
    marks: [{ epoch: 1 }, { epoch: 2 }],
  },
  'fairseq, epochs and updates': {
    paths: ['f/checkpoint_1_5000.pt', 'f/checkpoint_2_10000.pt'],
    axis: 'epoch',
    name: 'f',
    marks: [
      { epoch: 1, step: 5000 },
      { epoch: 2, step: 10000 },
    ],
  },
  'Stable Baselines 3': {
    paths: ['s/rl_model_10000_steps.zip', 's/rl_model_20000_steps.zip'].map((path) =>
      path.replace('.zip', '.pth'),
    ),
    axis: 'step',
    name: 's · rl',
    marks: [{ step: 10000 }, { step: 20000 }],
  },
  ESPnet: {
    paths: ['e/1epoch.pth', 'e/2epoch.pth', 'e/valid.acc.best.pth'],
    axis: 'epoch',
    name: 'e',
    marks: [{ epoch: 1 }, { epoch: 2 }],
  },
  OpenNMT: {
    paths: ['o/model_step_5000.pt', 'o/model_step_10000.pt'],
    axis: 'step',
    name: 'o',
    marks: [{ step: 5000 }, { step: 10000 }],
  },
  'TensorFlow checkpoints': {
    paths: ['t/ckpt-1.index', 't/ckpt-2.index', 't/ckpt-10.index'],
    axis: 'number',
    name: 't',
    marks: [{ number: 1 }, { number: 2 }, { number: 10 }],
  },
  'TensorFlow 1': {
    paths: ['t/model.ckpt-1000.index', 't/model.ckpt-2000.index'],
    axis: 'number',
    name: 't',
    marks: [{ number: 1000 }, { number: 2000 }],
  },
  'Orbax step folders': {
    paths: ['flax/run/0/_METADATA', 'flax/run/1000/_METADATA'],
    axis: 'number',
    name: 'run',
    marks: [{ number: 0 }, { number: 1000 }],
  },
  'DeepSpeed, parts of several processes': {
    paths: ['100', '200'].flatMap((step) => [
      `ds/global_step${step}/mp_rank_00_model_states.pt`,
      `ds/global_step${step}/mp_rank_01_model_states.pt`,
      `ds/global_step${step}/zero_pp_rank_0_mp_rank_00_optim_states.pt`,
    ]),
    axis: 'step',
    name: 'ds',
    marks: [{ step: 100 }, { step: 200 }],
  },
  Accelerate: {
    paths: ['acc/epoch_0/model.safetensors', 'acc/epoch_1/model.safetensors'],
    axis: 'epoch',
    name: 'acc',
    marks: [{ epoch: 0 }, { epoch: 1 }],
  },
  'TensorFlow.js': {
    paths: ['js/model-1/model.json', 'js/model-2/model.json'],
    axis: 'number',
    name: 'js',
    marks: [{ number: 1 }, { number: 2 }],
  },
  'epoch, loss and accuracy in per cent': {
    paths: ['x/resnet50-epoch-3-loss-1.20-acc-61.5.pth', 'x/resnet50-epoch-4-loss-1.10-acc-65.pth'],
    axis: 'epoch',
    name: 'x · resnet50',
    marks: [
      { epoch: 3, loss: 1.2, accuracy: 0.615 },
      { epoch: 4, loss: 1.1, accuracy: 0.65 },
    ],
  },
  'top-1 accuracy': {
    paths: ['x/ep3_acc1=0.61.pt', 'x/ep4_acc1=0.65.pt'],
    axis: 'epoch',
    name: 'x',
    marks: [
      { epoch: 3, accuracy: 0.61 },
      { epoch: 4, accuracy: 0.65 },
    ],
  },
  'a number that belongs to the name': {
    paths: ['p/digits-l1-epoch03.safetensors', 'p/digits-l1-epoch06.safetensors'],
    axis: 'epoch',
    name: 'p · digits-l1',
    marks: [{ epoch: 3 }, { epoch: 6 }],
  },
  'dates, as they were written': {
    paths: ['x/model_20260101_101500.pt', 'x/model_20260102_090000.pt'],
    axis: 'time',
    name: 'x',
    marks: [{}, {}],
  },
  'files of the folder itself': {
    paths: ['epoch_1.pt', 'epoch_2.pt'],
    axis: 'epoch',
    name: 'run',
    marks: [{ epoch: 1 }, { epoch: 2 }],
  },
};

describe('findRuns', () => {
  it.each(Object.entries(one))('%s', (_, { paths, axis, name, marks }) => {
    const runs = findRuns(filesOf(paths));
    expect(runs.map((run) => ({ axis: run.axis, name: run.name }))).toEqual([{ axis, name }]);
    expect(runs[0]?.points.map(({ mark }) => mark)).toEqual(marks);
  });

  it.each<[string, readonly string[], readonly (readonly string[])[]]>([
    ['none of one file', ['a/model_1.pt'], []],
    ['none of variants', ['a/digits-l1.pt', 'a/digits-none.pt'], []],
    ['none of shards', ['a/model-00001-of-00002.safetensors', 'a/model-00002-of-00002.bin'], []],
    ['none of last and best', ['w/last.pt', 'w/best.pt'], []],
    [
      'one for each fold',
      ['a/fold1_epoch1.pt', 'a/fold1_epoch2.pt', 'a/fold2_epoch1.pt', 'a/fold2_epoch2.pt'],
      [
        ['a/fold2_epoch1.pt', 'a/fold2_epoch2.pt'],
        ['a/fold1_epoch1.pt', 'a/fold1_epoch2.pt'],
      ],
    ],
    [
      'one for each learning rate',
      ['a/lr0.1-ep1.pt', 'a/lr0.1-ep2.pt', 'a/lr0.01-ep1.pt', 'a/lr0.01-ep2.pt'],
      [
        ['a/lr0.01-ep1.pt', 'a/lr0.01-ep2.pt'],
        ['a/lr0.1-ep1.pt', 'a/lr0.1-ep2.pt'],
      ],
    ],
    [
      'one for each network of pix2pix',
      ['p/5_net_D.pth', 'p/10_net_D.pth', 'p/5_net_G.pth', 'p/10_net_G.pth', 'p/latest_net_G.pth'],
      [
        ['p/5_net_G.pth', 'p/10_net_G.pth'],
        ['p/5_net_D.pth', 'p/10_net_D.pth'],
      ],
    ],
    [
      'one for each folder',
      ['v_0/epoch=0.ckpt', 'v_0/epoch=1.ckpt', 'v_1/epoch=0.ckpt', 'v_1/epoch=1.ckpt'],
      [
        ['v_1/epoch=0.ckpt', 'v_1/epoch=1.ckpt'],
        ['v_0/epoch=0.ckpt', 'v_0/epoch=1.ckpt'],
      ],
    ],
    [
      'of numbered experiments, by their files',
      ['exp/1/model_1.pt', 'exp/1/model_2.pt'],
      [['exp/1/model_1.pt', 'exp/1/model_2.pt']],
    ],
    [
      'the later of two at the same step',
      ['c/epoch=1-step=10.ckpt', 'c/epoch=2-step=20.ckpt', 'c/epoch=2-step=20-v1.ckpt'],
      [['c/epoch=1-step=10.ckpt', 'c/epoch=2-step=20-v1.ckpt']],
    ],
  ])('%s', (_, paths, expected) => {
    expect(findRuns(filesOf(paths)).map(names)).toEqual(expected);
  });

  it('attaches copies to the run beside them', () => {
    const [run] = findRuns(filesOf(['w/epoch1.pt', 'w/epoch2.pt', 'w/best.pt', 'w/yolov8n.pt']));
    expect(run?.copies.map(({ path }) => path)).toEqual(['w/best.pt']);
  });

  it('keeps the id of a run that goes on', () => {
    const paths = ['r/epoch=0-step=5.ckpt', 'r/epoch=1-step=10.ckpt', 'r/epoch=2-step=15.ckpt'];
    const ids = [2, 3].map((count) => findRuns(filesOf(paths.slice(0, count)))[0]?.id);
    expect(ids[0]).toBe(ids[1]);
  });

  it('says what each point is', () => {
    const [run] = findRuns(filesOf(['r/epoch=0-step=5.ckpt', 'r/epoch=1-step=10.ckpt']));
    expect(run?.points.map(({ label }) => label)).toEqual([
      'epoch 0 · step 5',
      'epoch 1 · step 10',
    ]);
  });

  it('does not hang on long and strange names', () => {
    const strange = ['1-'.repeat(5000), 'a'.repeat(500), '0'.repeat(400), '(((', '\0'];
    const files = filesOf(strange.flatMap((name) => [`x/${name}1.pt`, `x/${name}2.pt`]));
    const startedAt = performance.now();
    findRuns(files);
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });
});

describe('runOfFiles', () => {
  it('takes files without numbers as they were written', () => {
    const files = filesOf(['a/late.pt', 'a/early.pt']).map((file, index) => ({
      ...file,
      modifiedMs: 10 - index,
    }));
    const run = runOfFiles(files);
    expect(run.axis).toBe('time');
    expect(names(run)).toEqual(['a/early.pt', 'a/late.pt']);
  });

  it('orders files by their names where these say how', () => {
    expect(names(runOfFiles(filesOf(['a/e10.pt', 'a/e9.pt'])))).toEqual(['a/e9.pt', 'a/e10.pt']);
  });
});

describe('isCheckpointName', () => {
  it.each([
    ['a/model.pt', true],
    ['a/checkpoint-2.pth.tar', true],
    ['a/model.safetensors.index.json', true],
    ['a/config.json', false],
    ['a/optimizer.pt', false],
    ['a/training_args.bin', false],
    ['a/model.pt.tmp', false],
    ['a/.model.pt.swp', false],
    ['a/model-00002-of-00003.safetensors', false],
    ['a/data.csv', false],
  ])('%s: %s', (path, expected) => {
    expect(isCheckpointName(path)).toBe(expected);
  });
});
