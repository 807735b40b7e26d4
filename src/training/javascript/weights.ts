import type { ShapePattern } from '../definition';
import type { SyntaxNode } from '../source';
import type { Layer } from './layers';
import type { JavaScriptModule } from './module';
import { sizeOf, sizesOf } from './numbers';
import { propertyOf } from './syntax';

/** The weights of a layer by their names, with the sizes that the code says. */
export type Weights = Readonly<Record<string, ShapePattern | undefined>>;

type Size = number | undefined;

interface Options {
  size(key: string): Size;
  /** `kernelSize: 3` or `[3, 3]`. */
  kernel(dimensions: number): readonly Size[];
}

/** Class of a factory, as saved models name it, and the weights that it makes for an input with so many channels. */
export const weightedLayers: ReadonlyMap<
  string,
  readonly [className: string, (options: Options, channels: Size) => Weights]
> = new Map([
  ['dense', ['Dense', (o, c) => withBias([c, o.size('units')], o.size('units'))]],
  [
    'DropConnectDense',
    ['DropConnectDense', (o, c) => withBias([c, o.size('units')], o.size('units'))],
  ],
  ['conv1d', ['Conv1D', convolution(1)]],
  ['conv2d', ['Conv2D', convolution(2)]],
  ['conv3d', ['Conv3D', convolution(3)]],
  ['conv2dTranspose', ['Conv2DTranspose', transposed(2)]],
  ['conv3dTranspose', ['Conv3DTranspose', transposed(3)]],
  [
    'depthwiseConv2d',
    [
      'DepthwiseConv2D',
      (o, c) => ({
        depthwise_kernel: [...o.kernel(2), c, o.size('depthMultiplier') ?? 1],
        bias: [undefined],
      }),
    ],
  ],
  [
    'separableConv2d',
    [
      'SeparableConv2D',
      (o, c) => ({
        depthwise_kernel: [...o.kernel(2), c, o.size('depthMultiplier') ?? 1],
        pointwise_kernel: [1, 1, undefined, o.size('filters')],
        bias: [o.size('filters')],
      }),
    ],
  ],
  ['embedding', ['Embedding', (o) => ({ embeddings: [o.size('inputDim'), o.size('outputDim')] })]],
  ['simpleRNN', ['SimpleRNN', recurrent(1)]],
  ['gru', ['GRU', recurrent(3)]],
  ['lstm', ['LSTM', recurrent(4)]],
  [
    'batchNormalization',
    [
      'BatchNormalization',
      (_, c) => ({ gamma: [c], beta: [c], moving_mean: [c], moving_variance: [c] }),
    ],
  ],
  ['layerNormalization', ['LayerNormalization', (_, c) => ({ gamma: [c], beta: [c] })]],
]);

function withBias(kernel: readonly Size[], units: Size): Weights {
  return { kernel, bias: [units] };
}

function convolution(dimensions: number): (options: Options, channels: Size) => Weights {
  return (o, c) => withBias([...o.kernel(dimensions), c, o.size('filters')], o.size('filters'));
}

function transposed(dimensions: number): (options: Options, channels: Size) => Weights {
  return (o, c) => withBias([...o.kernel(dimensions), o.size('filters'), c], o.size('filters'));
}

function recurrent(gates: number): (options: Options, channels: Size) => Weights {
  return (o, c) => {
    const units = o.size('units');
    const wide = units === undefined ? undefined : units * gates;
    return { kernel: [c, wide], recurrent_kernel: [units, wide], bias: [wide] };
  };
}

/** Reads sizes from a layer's configuration. */
export function optionsOf(module: JavaScriptModule, { config }: Layer): Options {
  const value = (key: string): SyntaxNode | undefined =>
    config && propertyOf(module.source, config, key)?.value;
  return {
    size: (key) => {
      const found = value(key);
      return found && sizeOf(module, found);
    },
    kernel: (dimensions) => {
      const unknown = Array.from({ length: dimensions }, () => undefined);
      const found = value('kernelSize');
      if (!found) return unknown;
      const sizes = sizesOf(module, found);
      const size = sizes ? undefined : sizeOf(module, found);
      return sizes?.length === dimensions ? sizes : unknown.map(() => size);
    },
  };
}

/** Channels of what the layer gives, where it says so. */
export function outputChannels(module: JavaScriptModule, layer: Layer): Size {
  const options = optionsOf(module, layer);
  return options.size('units') ?? options.size('filters') ?? options.size('outputDim');
}
