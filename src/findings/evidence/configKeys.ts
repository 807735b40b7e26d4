/** Keys of configurations, hyperparameters and command-line arguments that name a technique. */
import type { Json, JsonObject } from '../../core/json';
import { dialectOf, isDefaultOf, isNullOff, type Dialect } from './dialects';
import { leavesOf, type Leaf } from './flatten';
import { tidy, type Seen, type Sighting } from './sighting';

/** Parts of a record that hold other things under the same names: schedules decay, callbacks have patience. */
const skipped =
  /sched|callback|^loops$|rng|scaler|log_history|train_results|train_metrics|^history$|^index$|optimizer_states|pretrained_cfg/i;

interface KeyPattern {
  readonly seen: Seen;
  readonly pattern: RegExp;
  /** Only in records of this library: elsewhere the name means anything. */
  readonly dialect?: Dialect;
  readonly remark?: string;
}

/** The first that matches decides. */
const patterns: readonly KeyPattern[] = [
  {
    seen: 'stochastic-depth',
    pattern: /^drop_?connect_(rate|prob)$/,
    remark: 'EfficientNet calls the skipping of blocks so',
  },
  { seen: 'stochastic-depth', pattern: /^drop_?connect$/, dialect: 'timm' },
  { seen: 'dropconnect', pattern: /^drop_?connect(_p)?$|^(weight_drop(out)?|wdrop)$/ },
  {
    seen: 'stochastic-depth',
    pattern: /drop_?path|stochastic_depth|survival_prob|(^|_)layer_?drop$/,
  },
  {
    seen: 'dropout',
    pattern:
      /(^|_)dropouts?(_p|_rate|_prob|_ratio|\d*)?$|pdrop$|^drop(_rate|_prob|_block|_block_rate)?$|_drop(_rate|_prob)?$|dropblock|summary_first_dropout/,
  },
  { seen: 'mixup', pattern: /^(use_)?(mixup|cutmix)(_alpha)?$/ },
  { seen: 'cutout', pattern: /^(use_)?(cutout\w*|reprob|random_?eras(e|ing)(_prob)?|erasing)$/ },
  { seen: 'label-smoothing', pattern: /^(label_smoothing(_factor)?|smoothing)$/ },
  {
    seen: 'augmentation',
    pattern:
      /^(auto_?augment|aa|rand_?aug(ment)?\w*|trivial_?augment|aug_?mix|color_jitter|hflip|vflip|fliplr|flipud|aug_repeats|ra_sampler|augment(ation|ations)?|data_augmentation|use_augmentation|apply_spec_augment|mask_time_prob|mask_feature_prob)$/,
  },
  {
    seen: 'augmentation',
    pattern: /^(hsv_[hsv]|degrees|translate|scale|shear|perspective|mosaic|copy_paste|bgr)$/,
    dialect: 'ultralytics',
  },
  { seen: 'l2', pattern: /^(adam_|optimizer_)?weight_decay$|^wd$/ },
  {
    seen: 'l2',
    pattern: /^(lambda_|kernel_|weight_)?l2(_(reg\w*|lambda|weight|coeff?\w*|strength|penalty))?$/,
  },
  {
    seen: 'l1',
    pattern: /^(lambda_|kernel_|weight_)?l1(_(reg\w*|lambda|weight|coeff?\w*|strength|penalty))?$/,
  },
  {
    seen: 'orthogonality',
    pattern:
      /^orth(o|ogonal|ogonality)?(_(reg\w*|lambda|weight|coeff?\w*|strength|penalty))$|^orthogonality$/,
  },
  {
    seen: 'gradient-clipping',
    pattern:
      /^(clip_grad(_norm)?|max_grad_norm|gradient_clip(_val|ping)?|grad_clip|clip_?norm|global_clipnorm|clip_?value)$/,
  },
  { seen: 'max-norm', pattern: /^max_?norm(_value|_constraint)?$/ },
  { seen: 'average', pattern: /^(model_|use_)?(ema|swa)$/ },
  { seen: 'early-stopping', pattern: /^early_stop(ping)?(_patience)?$/ },
  { seen: 'early-stopping', pattern: /^patience$/, dialect: 'ultralytics' },
  { seen: 'spectral-norm', pattern: /^(use_)?spectral_norm$/ },
  { seen: 'layer-scale', pattern: /^layer_?scale(_init(_value)?|_value)?$/ },
  { seen: 'noise', pattern: /^(router_jitter_noise|neftune_noise_alpha|gaussian_noise(_std)?)$/ },
];

/** What a record of a run or of a model says, key by key. */
export function keySightings(
  record: JsonObject,
  { path }: { readonly path?: string } = {},
): readonly Sighting[] {
  const dialects = new Map<JsonObject, Dialect>();
  const sightings: Sighting[] = [];
  for (const leaf of leavesOf(record, { skip: skipped, ...(path !== undefined && { path }) })) {
    const dialect = dialects.get(leaf.owner) ?? dialectOf(leaf.owner);
    dialects.set(leaf.owner, dialect);
    const sighting = sightingOf(leaf, dialect);
    if (sighting) sightings.push(sighting);
  }
  return sightings;
}

function sightingOf(leaf: Leaf, dialect: Dialect): Sighting | undefined {
  const { key, path, value, owner } = leaf;
  const found = patterns.find(
    (one) => one.pattern.test(key) && (one.dialect === undefined || one.dialect === dialect),
  );
  if (!found || isIdle(key, owner, dialect)) return undefined;
  const state = stateOf(key, value, dialect);
  if (!state) return undefined;
  return {
    seen: found.seen,
    class: 'declared',
    name: key,
    where: path,
    ...state,
    ...(found.remark !== undefined && { remark: found.remark }),
    ...(state.isOff !== true && isDefaultOf(dialect, key, value) && { isDefault: true }),
  };
}

/** Options that another option switches off. */
function isIdle(key: string, owner: JsonObject, dialect: Dialect): boolean {
  if (/^mask_(time|feature)_prob$/.test(key)) return owner['apply_spec_augment'] === false;
  if (dialect === 'timm' && owner['no_aug'] === true) {
    return /^(aa|color_jitter|hflip|vflip|reprob)$/.test(key);
  }
  // Ultralytics erases and augments automatically in classification only.
  const isClassifier = owner['task'] === 'classify' || !Object.hasOwn(owner, 'task');
  return dialect === 'ultralytics' && /^(erasing|auto_augment|dropout)$/.test(key) && !isClassifier;
}

const off = new Set(['', '0', '0.0', 'none', 'null', 'false', 'no', 'off']);

function stateOf(
  key: string,
  value: Json,
  dialect: Dialect,
): Pick<Sighting, 'value' | 'isOff'> | undefined {
  if (value === null) return isNullOff(dialect) ? { value: 'null', isOff: true } : undefined;
  if (typeof value === 'boolean') return { value: String(value), ...(!value && { isOff: true }) };
  if (Array.isArray(value)) {
    const numbers = value.filter((item) => typeof item === 'number');
    if (numbers.length === 0) return undefined;
    const isOff = numbers.every((item) => item === 0);
    return { value: numbers.slice(0, 4).join(', '), ...(isOff && { isOff }) };
  }
  if (typeof value === 'object') return undefined;
  const number = typeof value === 'number' ? value : Number(value || NaN);
  if (!Number.isNaN(number)) {
    if (number < 0) return undefined;
    const isOff = number === (key.startsWith('survival') ? 1 : 0);
    return { value: tidy(number), ...(isOff && { isOff }) };
  }
  const text = String(value);
  if (text.length > 200) return undefined;
  return { value: text, ...(off.has(text.toLowerCase()) && { isOff: true }) };
}
