import { property, type JsonObject } from '../../core/json';

/**
 * Names of a layer's variables in the order in which Keras 3 numbers them: trainable ones as they were made, then the others.
 * Undefined where class, configuration and count do not decide it.
 */
export function variableNames(
  type: string,
  config: JsonObject | undefined,
  count: number,
): readonly string[] | undefined {
  const names = namesOf(type, config, count);
  if (names === undefined) return undefined;
  // Quantised layers keep the scale of their kernel behind their own variables.
  if (count === names.length + 1 && /^(?:kernel|embeddings)$/.test(names[0] ?? '')) {
    return [...names, `${names[0] ?? ''}_scale`];
  }
  return count === names.length ? names : undefined;
}

function namesOf(
  type: string,
  config: JsonObject | undefined,
  count: number,
): readonly string[] | undefined {
  if (/^BatchNormalization/.test(type)) {
    return [...scaleAndCenter(config, count - 2), 'moving_mean', 'moving_variance'];
  }
  if (/^(?:Layer|Group)Normalization$/.test(type)) return scaleAndCenter(config, count);
  if (/^Separable(?:Conv|Convolution)/.test(type)) {
    return ['depthwise_kernel', 'pointwise_kernel', ...bias(config, count - 2)];
  }
  if (/^(?:LSTM|GRU|SimpleRNN|ConvLSTM\dD)(?:Cell)?$/.test(type)) {
    return ['kernel', 'recurrent_kernel', ...bias(config, count - 2)];
  }
  if (/^(?:Depthwise)?Conv\dD(?:Transpose)?$|^(?:Einsum)?Dense$|Attention$/.test(type)) {
    return ['kernel', ...bias(config, count - 1)];
  }
  switch (type) {
    case 'Embedding':
      return ['embeddings'];
    case 'RMSNormalization':
      return ['scale'];
    case 'PReLU':
      return ['alpha'];
    case 'Normalization':
      return ['mean', 'variance', 'count'];
    case 'SpectralNormalization':
      // The kernel is that of the wrapped layer, which has it too.
      return count === 2 ? ['kernel', 'vector_u'] : ['vector_u'];
    default:
      return undefined;
  }
}

/** Without a configuration two variables are both; one alone could be either. */
function scaleAndCenter(config: JsonObject | undefined, count: number): readonly string[] {
  if (config === undefined) return count === 2 ? ['gamma', 'beta'] : [];
  return [
    ...(property(config, 'scale') === false ? [] : ['gamma']),
    ...(property(config, 'center') === false ? [] : ['beta']),
  ];
}

function bias(config: JsonObject | undefined, count: number): readonly string[] {
  const used = config === undefined ? count > 0 : property(config, 'use_bias') !== false;
  return used ? ['bias'] : [];
}
