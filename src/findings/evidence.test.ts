import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { measuredFixture } from '../../test/support/measuredFixture';
import type { Report } from '../core/report';
import { withFindings } from '.';

const fixtures = join(__dirname, '../../test/fixtures');
const reports = new Map<string, Promise<Report>>();

function reportOf(path: string): Promise<Report> {
  const known = reports.get(path);
  if (known) return known;
  const report = measuredFixture(join(fixtures, path)).then((measured) => withFindings(measured));
  reports.set(path, report);
  return report;
}

/** Rule, what fires it, its message, and a near miss. */
const cases: readonly (readonly [rule: string, fires: string, message: RegExp, misses: string])[] =
  [
    [
      'C1',
      'evidence/adamw_groups.pt',
      /AdamW, optimizer group 0: weight decay 0\.1, decoupled/,
      'evidence/swa.pt',
    ],
    [
      'C1',
      'evidence/timm_args.pt',
      /args\.weight_decay = 0\.00002 \(the default\)/,
      'evidence/timm_off.pt',
    ],
    [
      'C2',
      'evidence/adamw_short.pt',
      /over 20 steps .* 0\.02 % at most/,
      'evidence/adamw_groups.pt',
    ],
    ['C2', 'evidence/sgd_momentum.pt', /over 40 steps/, 'evidence/decay_not_passed.pt'],
    ['C3', 'evidence/adamw_strong.pt', /dose of 35 at least/, 'evidence/batch_norm_decayed.pt'],
    [
      'C4',
      'evidence/adam_coupled.pt',
      /Adam with weight decay 0\.01 as L2 in the gradient/,
      'evidence/adamw_short.pt',
    ],
    [
      'C4',
      'evidence/adam_old.pt',
      /does not record whether it is decoupled/,
      'evidence/adamw_groups.pt',
    ],
    [
      'C5',
      'evidence/adam_names.pt',
      /decays 2 bias, norm or position parameters/,
      'evidence/adamw_groups.pt',
    ],
    [
      'C6',
      'evidence/unused_tokens_decayed.pt',
      /24 rows never had a gradient/,
      'evidence/unused_tokens.pt',
    ],
    [
      'C7',
      'evidence/grown.pt',
      /nothing in the file says that they are decayed/,
      'evidence/not_grown.pt',
    ],
    ['C8', 'evidence/batch_norm_decayed.pt', /near the 0\.0707/, 'evidence/batch_norm_plain.pt'],
    ['C9', 'evidence/batch_norm_plain.pt', /^fc1: batch norm \(bn1\)/, 'evidence/grown.pt'],
    ['C10', 'evidence/decayed_filters.pt', /3 filters of 16/, 'evidence/dead_filters.pt'],
    [
      'I1',
      'evidence/rich.keras',
      /heavy \(Dropout\) = 0\.6; .*directly before batch norm/,
      'evidence/plain.keras',
    ],
    ['I1', 'evidence/scripted.pt', /torch\.dropout2d\) = 0\.25/, 'evidence/traced_plain.pt'],
    [
      'I1',
      'evidence/trainer/model.safetensors',
      /attention_probs_dropout_prob = 0\.2, .*= 0\.1 \(the default\)/,
      'evidence/timm_off.pt',
    ],
    ['I1', 'torch/module.pt', /features\.3 \(Dropout\) = 0\.25/, 'evidence/traced_plain.pt'],
    ['I2', 'evidence/timm_off.pt', /Switched off: args\.drop = 0/, 'evidence/rich.keras'],
    ['I2', 'evidence/swa.pt', /Cannot be determined from this file/, 'evidence/scripted.pt'],
    ['I2', 'evidence/traced_plain.pt', /makes no such call/, 'evidence/traced_eval.pt'],
    ['I2', 'onnx/torch_eval.onnx', /exporters remove it/, 'onnx/torch_training.onnx'],
    [
      'I3',
      'evidence/layer_scale.pt',
      /0\.ls1: .*largest 0\.00001: .*almost nothing/,
      'evidence/swa.pt',
    ],
    ['I4', 'evidence/timm_args.pt', /args\.drop_path = 0\.1/, 'evidence/timm_off.pt'],
    ['I5', 'evidence/traced_eval.pt', /torch\.fractional_max_pool2d/, 'evidence/traced_train.pt'],
    ['I6', 'evidence/torchvision_args.pt', /auto_augment = ta_wide/, 'evidence/timm_off.pt'],
    [
      'I7',
      'evidence/ema.pt',
      /averaged copies of 4 tensors, whose norms differ by up to 10 %/,
      'evidence/grown.pt',
    ],
    ['I7', 'evidence/swa.pt', /n_averaged/, 'evidence/layer_scale.pt'],
    [
      'I8',
      'evidence/traced_train.pt',
      /2 dropout nodes act at inference/,
      'evidence/traced_eval.pt',
    ],
    ['I8', 'onnx/torch_training.onnx', /1 dropout node acts/, 'onnx/torch_eval.onnx'],
    [
      'I9',
      'evidence/rich.keras',
      /^head: kernel_regularizer \(l2\) has the coefficient 1e-9/,
      'keras/conv.keras',
    ],
    [
      'J1',
      'evidence/history_rising.pt',
      /rose in each of the last 3 evaluations/,
      'evidence/history_falling.pt',
    ],
    ['J1', 'evidence/ultralytics_args.pt', /box_loss rose/, 'evidence/timm_args.pt'],
    ['J1', 'evidence/trainer/model.safetensors', /to 1\.5 against 0\.2/, 'torch/lightning.ckpt'],
    [
      'J2',
      'evidence/plain.keras',
      /neither the record nor the weights show any/,
      'evidence/rich.keras',
    ],
    ['J2', 'evidence/not_grown.pt', /neither the record/, 'evidence/layer_scale.pt'],
    [
      'J3',
      'evidence/layer_scale.pt',
      /^A state dict cannot show 10 techniques/,
      'evidence/rich.keras',
    ],
    [
      'J4',
      'evidence/decay_not_passed.pt',
      /args\.weight_decay = 0\.05, but every group/,
      'evidence/decay_passed.pt',
    ],
    [
      'J4',
      'evidence/contradicted.keras',
      /sparse: L1 of 0\.001 is declared/,
      'evidence/agreeing.keras',
    ],
    [
      'J4',
      'evidence/contradicted.keras',
      /apart: an orthogonality penalty/,
      'evidence/agreeing.keras',
    ],
    ['J4', 'evidence/contradicted.keras', /short: a max-norm of 0\.5/, 'evidence/agreeing.keras'],
  ];

describe('rules on declared, recorded and structural evidence', () => {
  it.each(cases)('%s fires on %s', async (rule, fires, message) => {
    const { findings } = await reportOf(fires);
    const messages = findings.filter((one) => one.rule === rule).map((one) => one.message);
    expect(messages).toEqual(expect.arrayContaining([expect.stringMatching(message)]));
  });

  it.each([...new Map(cases.map((one) => [`${one[0]} ${one[3]}`, one] as const)).values()])(
    '%s, fired by %s (%s), is silent on %s',
    async (rule, _fires, message, misses) => {
      const { findings } = await reportOf(misses);
      const found = findings.filter((one) => one.rule === rule);
      // I2 always says one of its sentences or nothing: where dropout is found it must be silent.
      expect(found.filter((one) => message.test(one.message))).toEqual([]);
      expect(rule === 'C1' || found.length === 0).toBe(true);
    },
  );

  it('puts contradictions and what cannot be determined first', async () => {
    const { findings } = await reportOf('evidence/decay_not_passed.pt');
    expect(findings.slice(0, 2).map(({ rule }) => rule)).toEqual(['J4', 'J3']);
  });

  it('never says of measured evidence what a model was trained with', async () => {
    for (const path of new Set(cases.map(([, fires]) => fires))) {
      for (const finding of (await reportOf(path)).findings) {
        expect(finding.message).not.toMatch(/(was|were) trained with/);
        if (finding.class === 'measured' && finding.confidence !== 'certain') {
          expect(`${finding.rule} ${finding.message}`).toContain('consistent with');
        }
      }
    }
  });
});

describe('the table of techniques', () => {
  const ids = [
    'l1',
    'l2',
    'orthogonality',
    'dropout',
    'batch-norm',
    'augmentation',
    'dropconnect',
    'fractional-pooling',
    'stochastic-depth',
    'cutout',
    'mixup',
  ];
  /** Verdicts in the catalogue's order, by their first letters: D declared, O off, R recorded, S structural, M measured, A absent, U undeterminable. */
  const letters: Readonly<Record<string, string>> = {
    declared: 'D',
    'declared-off': 'O',
    recorded: 'R',
    structural: 'S',
    measured: 'M',
    absent: 'A',
    undeterminable: 'U',
  };
  const rows = async (path: string): Promise<Report['techniques']> =>
    (await reportOf(path)).techniques;

  it.each([
    ['evidence/layer_scale.pt', 'UUUUAUUUUUU'],
    ['evidence/batch_norm_plain.pt', 'URUUSUUUUUU'],
    ['evidence/decay_not_passed.pt', 'UDUUAUUUUUU'],
    ['evidence/not_grown.pt', 'UOUUAUUUUUU'],
    ['evidence/timm_args.pt', 'UDUOADUUDDD'],
    ['evidence/timm_off.pt', 'UOUOAUUUOUO'],
    ['evidence/ultralytics_args.pt', 'UDUUADUUUUD'],
    ['evidence/torchvision_args.pt', 'UDUUADUUUDD'],
    ['evidence/lightning_args.ckpt', 'DUUDAUDUUUU'],
    ['evidence/trainer/model.safetensors', 'URUDAUUUUUU'],
    ['evidence/parametrized.pt', 'UUSUAUUUUUU'],
    ['evidence/rich.keras', 'DRDDDDAADDD'],
    ['evidence/plain.keras', 'AAAAAUAAAUU'],
    ['evidence/agreeing.keras', 'DUDAAUAAAUU'],
    ['evidence/scripted.pt', 'UUUDAUUDAUU'],
    ['evidence/traced_plain.pt', 'UUUAAUUAAUU'],
    ['torch/module.pt', 'UUUDDUUUUUU'],
    ['onnx/torch_eval.onnx', 'UUUUUUUAUUU'],
    ['onnx/torch_training.onnx', 'UUUDSUUAUUU'],
    ['tfjs/layers/model.json', 'ADADDUAAAUU'],
  ])('of %s reads %s', async (path, expected) => {
    const techniques = await rows(path);
    expect(techniques.map(({ technique }) => technique)).toEqual(ids);
    expect(techniques.map(({ verdict }) => letters[verdict]).join('')).toBe(expected);
  });

  it('says where each was read', async () => {
    for (const row of await rows('evidence/rich.keras')) {
      if (!['declared', 'recorded', 'structural'].includes(row.verdict)) continue;
      expect(row.evidence.length).toBeGreaterThan(0);
      for (const one of row.evidence) expect(one.where).toBeTruthy();
    }
  });

  it('says of what is not visible that it cannot be determined', async () => {
    for (const row of await rows('evidence/layer_scale.pt')) {
      if (row.verdict === 'undeterminable')
        expect(row.message).toMatch(/^Cannot be determined from this file/);
    }
  });
});
