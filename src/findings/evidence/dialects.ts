import { property, type Json, type JsonObject } from '../../core/json';

/** Whose record it is: libraries record every option, most of them at their defaults. */
export type Dialect =
  'timm' | 'ultralytics' | 'torchvision' | 'transformers' | 'trainer' | 'unknown';

const has = (record: JsonObject, ...keys: readonly string[]): boolean =>
  keys.every((key) => Object.hasOwn(record, key));

/** Told by keys that no other library's record has. */
export function dialectOf(record: JsonObject): Dialect {
  if (has(record, 'reprob', 'drop_path') || has(record, 'reprob', 'aa')) return 'timm';
  if (has(record, 'hsv_h', 'mosaic')) return 'ultralytics';
  if (has(record, 'mixup_alpha', 'random_erase')) return 'torchvision';
  const type = property(record, 'class');
  if (typeof type === 'string' && type.endsWith('TrainingArguments')) return 'trainer';
  if (has(record, 'per_device_train_batch_size')) return 'trainer';
  if (has(record, 'model_type') || has(record, 'architectures')) return 'transformers';
  return 'unknown';
}

/**
 * Defaults that switch something on.
 *
 * Sources: timm 1.0 train.py; ultralytics 8.3 cfg/default.yaml; torchvision references/classification/train.py;
 * configuration classes and TrainingArguments of transformers 5.
 */
const defaults: Readonly<Record<Dialect, JsonObject>> = {
  timm: { hflip: 0.5, color_jitter: 0.4, smoothing: 0.1, weight_decay: 2e-5 },
  ultralytics: {
    hsv_h: 0.015,
    hsv_s: 0.7,
    hsv_v: 0.4,
    translate: 0.1,
    scale: 0.5,
    fliplr: 0.5,
    mosaic: 1,
    erasing: 0.4,
    auto_augment: 'randaugment',
    weight_decay: 0.0005,
    patience: 100,
  },
  torchvision: { weight_decay: 1e-4 },
  transformers: {
    hidden_dropout_prob: 0.1,
    attention_probs_dropout_prob: 0.1,
    classifier_dropout_prob: 0.1,
    attn_pdrop: 0.1,
    embd_pdrop: 0.1,
    resid_pdrop: 0.1,
    summary_first_dropout: 0.1,
    dropout: 0.1,
    dropout_rate: 0.1,
    attention_dropout: 0.1,
    activation_dropout: 0.1,
    hidden_dropout: 0.1,
    final_dropout: 0.1,
    qa_dropout: 0.1,
    seq_classif_dropout: 0.2,
    layerdrop: 0.1,
    apply_spec_augment: true,
    mask_time_prob: 0.05,
  },
  trainer: { max_grad_norm: 1 },
  unknown: {},
};

/** Whether the value is what the library sets without being asked. */
export function isDefaultOf(dialect: Dialect, key: string, value: Json): boolean {
  return property(defaults[dialect], key) === value;
}

/** Libraries whose null means "off"; in a model's configuration it means "as another key says". */
export function isNullOff(dialect: Dialect): boolean {
  return dialect === 'timm' || dialect === 'torchvision' || dialect === 'ultralytics';
}
