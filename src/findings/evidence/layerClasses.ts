/** Classes of layers and modules that are a technique, by the names that Keras, TensorFlow.js, PyTorch, timm and ONNX give them. */
import type { JsonObject } from '../../core/json';
import { property } from '../../core/json';
import { tidy, type Seen } from './sighting';

interface LayerClass {
  readonly seen: Seen;
  readonly pattern: RegExp;
  /** Keys that hold its strength, the first that is there. */
  readonly rate?: readonly string[];
}

const classes: readonly LayerClass[] = [
  {
    seen: 'stochastic-depth',
    pattern:
      /^(StochasticDepth|DropPath|DropPath1D|TFDropPath|BertDropPath|\w+DropPath|torchvision\.stochastic_depth)$/,
    rate: ['drop_path_rate', 'rate', 'drop_prob', 'p', 'drop_rate', 'survival_probability'],
  },
  {
    seen: 'dropconnect',
    pattern: /^(DropConnect\w*|WeightDrop\w*)$/,
    rate: ['rate', 'p', 'drop_rate', 'weight_p'],
  },
  {
    seen: 'dropout',
    pattern:
      /^((Spatial|Alpha|Gaussian|Feature|FeatureAlpha|Variational)?Dropout([123][dD])?|DropBlock(2[dD])?|(aten|torch)\.(feature_|alpha_|feature_alpha_)?dropout[123]?d?_?)$/,
    rate: ['rate', 'p', 'ratio', 'drop_prob'],
  },
  { seen: 'noise', pattern: /^GaussianNoise$/, rate: ['stddev'] },
  {
    seen: 'batch-norm',
    pattern:
      /^(Sync|Synchronized|Frozen|Lazy)?BatchNorm(alization)?([123]d)?$|^FusedBatchNorm(V\d)?$/,
  },
  {
    seen: 'fractional-pooling',
    pattern: /^(Adaptive)?Fractional(Max|Avg)Pool(ing)?([23][dD])?$|fractional_max_pool[23]d$/,
    rate: ['output_ratio', 'pooling_ratio', 'output_size'],
  },
  {
    seen: 'cutout',
    pattern: /^(RandomErasing|RandomCutout|CutOut|Cutout)$/,
    rate: ['factor', 'p'],
  },
  {
    seen: 'mixup',
    pattern: /^(MixUp|CutMix|RandomMixUp|RandomCutMix)$/,
    rate: ['alpha', 'factor'],
  },
  {
    seen: 'augmentation',
    pattern:
      /^(Random(Flip|Crop|Rotation|Zoom|Translation|Contrast|Brightness|Height|Width|Shear|Saturation|Hue|Sharpness|Perspective|Elastic\w*|GaussianBlur|ColorDegeneration|ColorJitter|Grayscale|Invert|Posterization|Augmentation\w*)|RandAugment|AugMix|AutoContrast|Solarization|Posterize|Equalization|TrivialAugment\w*|AutoAugment)$/,
    rate: ['factor', 'height_factor', 'mode', 'magnitude'],
  },
  { seen: 'spectral-norm', pattern: /^_?SpectralNorm(alization)?$/ },
  { seen: 'weight-norm', pattern: /^_?Weight(Norm|Normalization)$/ },
  {
    seen: 'layer-scale',
    pattern: /^(\w*LayerScale)$/,
    rate: ['init_values', 'init_value', 'gamma'],
  },
  { seen: 'pruning', pattern: /^PruneLowMagnitude$/ },
  { seen: 'activity', pattern: /^ActivityRegularization$/, rate: ['l1', 'l2'] },
];

/** A class that is a technique by itself, with its strength where its configuration has it. */
export function techniqueOfClass(
  type: string,
  config: JsonObject,
): { readonly seen: Seen; readonly value: number | string; readonly isOff?: boolean } | undefined {
  const found = classes.find(({ pattern }) => pattern.test(type));
  if (!found) return undefined;
  // EfficientNet of keras.applications skips blocks with a Dropout over whole samples.
  const noiseShape = property(config, 'noise_shape');
  const isPerSample =
    type === 'Dropout' && Array.isArray(noiseShape) && noiseShape.slice(1).every((n) => n === 1);
  const seen = isPerSample && noiseShape.length > 1 ? 'stochastic-depth' : found.seen;
  for (const key of found.rate ?? []) {
    const value = property(config, key);
    if (typeof value === 'number') {
      return { seen, value: tidy(value), ...(value === 0 && { isOff: true }) };
    }
    if (typeof value === 'string') return { seen, value };
    if (Array.isArray(value)) return { seen, value: value.slice(0, 4).join(', ') };
  }
  return { seen, value: type };
}

/** Layers that drop inside: recurrent ones and attention. */
export function innerDropouts(
  type: string,
  config: JsonObject,
): readonly { readonly key: string; readonly value: number }[] {
  if (!/(LSTM|GRU|RNN|Attention|Transformer\w*)(Cell|V\d)?$/.test(type)) return [];
  return ['dropout', 'recurrent_dropout', 'dropout_rate'].flatMap((key) => {
    const value = property(config, key);
    return typeof value === 'number' ? [{ key, value: tidy(value) }] : [];
  });
}
