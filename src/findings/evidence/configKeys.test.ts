import { describe, expect, it } from 'vitest';

import type { Json, JsonObject } from '../../core/json';
import { keySightings } from './configKeys';

const seenIn = (record: JsonObject): readonly string[] =>
  keySightings(record).map(({ seen, isOff }) => (isOff === true ? `${seen} off` : seen));

describe('keys of configurations', () => {
  it.each<[key: string, value: Json, seen: readonly string[]]>([
    ['hidden_dropout_prob', 0.1, ['dropout']],
    ['hiddenDropoutProb', 0.1, ['dropout']],
    ['attn_pdrop', 0.1, ['dropout']],
    ['drop_rate', '0.2', ['dropout']],
    ['drop-rate', 0.2, ['dropout']],
    ['args.dropout', 0.2, ['dropout']],
    ['attention_dropout', 0, ['dropout off']],
    ['dropout', 'none', ['dropout off']],
    ['dropout', false, ['dropout off']],
    ['classifier_dropout', null, []],
    ['dropout', -1, []],
    ['drop_last', true, []],
    ['backdrop', 0.5, []],
    ['encoder_layerdrop', 0.1, ['stochastic-depth']],
    ['drop_path_rate', 0.1, ['stochastic-depth']],
    ['drop_connect_rate', 0.2, ['stochastic-depth']],
    ['drop_connect', 0.2, ['dropconnect']],
    ['survival_prob', 0.8, ['stochastic-depth']],
    ['survival_prob', 1, ['stochastic-depth off']],
    ['weight_decay', 0.01, ['l2']],
    ['weight_decay', 0, ['l2 off']],
    ['l2_lambda', 0.01, ['l2']],
    ['l2_norm', 0.01, []],
    ['lr_decay', 0.1, []],
    ['l1_lambda', 1e-5, ['l1']],
    ['smooth_l1_loss', 1, []],
    ['ortho_init', true, []],
    ['ortho_weight', 0.1, ['orthogonality']],
    ['mixup_alpha', 0.2, ['mixup']],
    ['mixup_prob', 1, []],
    ['cutmix', 0.5, ['mixup']],
    ['random_erase', 0.1, ['cutout']],
    ['auto_augment', 'ta_wide', ['augmentation']],
    ['hflip', 0.5, ['augmentation']],
    ['scale', 0.5, []],
    ['label_smoothing_factor', 0.1, ['label-smoothing']],
    ['max_grad_norm', 1, ['gradient-clipping']],
    ['model_ema', true, ['average']],
    ['model_ema_decay', 0.999, []],
    ['color_jitter', [0.4, 0.4], ['augmentation']],
    ['color_jitter', [0, 0], ['augmentation off']],
    ['color_jitter', ['a'], []],
    ['dropout', 'x'.repeat(300), []],
  ])('%s = %j', (key, value, seen) => {
    expect(seenIn({ [key]: value })).toEqual(seen);
  });

  it('passes over schedules, callbacks and random states', () => {
    const inner = { dropout: 0.5, weight_decay: 0.1 };
    expect(seenIn({ lr_schedulers: inner, callbacks: inner, rng_state: inner })).toEqual([]);
  });

  it('tells a default of the library from a choice', () => {
    const config = {
      model_type: 'bert',
      hidden_dropout_prob: 0.1,
      attention_probs_dropout_prob: 0.3,
    };
    expect(keySightings(config).map(({ isDefault }) => isDefault === true)).toEqual([true, false]);
    expect(keySightings({ hidden_dropout_prob: 0.1 })[0]?.isDefault).toBeUndefined();
  });

  it('heeds the option that switches others off', () => {
    const timm = { reprob: 0.25, drop_path: 0.1, hflip: 0.5, no_aug: true };
    expect(seenIn(timm)).toEqual(['stochastic-depth']);
    expect(seenIn({ apply_spec_augment: false, mask_time_prob: 0.05 })).toEqual([
      'augmentation off',
    ]);
    const yolo = {
      hsv_h: 0.015,
      mosaic: 1,
      erasing: 0.4,
      auto_augment: 'randaugment',
      task: 'detect',
    };
    expect(seenIn(yolo)).toEqual(['augmentation', 'augmentation']);
    expect(seenIn({ ...yolo, task: 'classify' })).toContain('cutout');
  });

  it('ends on records that are deep, wide or named to deceive', () => {
    let deep: JsonObject = { dropout: 0.5 };
    for (let i = 0; i < 1000; i++) deep = { deep };
    expect(seenIn(deep)).toEqual([]);
    const pairs = Array.from({ length: 100_000 }, (_, i): [string, Json] => [`key${i}`, i]);
    expect(seenIn(Object.fromEntries([...pairs, ['dropout', 0.5]]))).toEqual([]);
    expect(seenIn(JSON.parse('{"__proto__": {"dropout": 0.5}}') as JsonObject)).toEqual([
      'dropout',
    ]);
  });
});
