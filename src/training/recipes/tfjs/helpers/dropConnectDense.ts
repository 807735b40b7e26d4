import type { Helper } from '../../../javascript/edits/helper';

/** Wan et al., Regularization of Neural Networks using DropConnect, ICML 2013; one mask for each batch. */
export const dropConnectDense: Helper = {
  name: 'DropConnectDense',
  code: `/** Dense layer whose kernel entries are dropped with probability rate in training (DropConnect). */
class DropConnectDense extends (tf.layers.dense({units: 1, name: 'base'}).constructor« as unknown as typeof tf.layers.Layer») {
  static className = 'DropConnectDense';
«  readonly rate: number;
  declare protected kernel: {read(): tf.Tensor};
»
  constructor(config«: Parameters<typeof tf.layers.dense>[0] & {rate?: number}») {
    super(config);
    this.rate = config.rate ?? 0.5;
  }

  call(inputs«: tf.Tensor | tf.Tensor[]», kwargs«: {training?: boolean}») {
    if (!kwargs.training || this.rate === 0) return super.call(inputs, kwargs);
    const kernel = this.kernel;
    this.kernel = {read: () => tf.dropout(kernel.read(), this.rate)};
    try {
      return super.call(inputs, kwargs);
    } finally {
      this.kernel = kernel;
    }
  }

  getConfig() {
    return {...super.getConfig(), rate: this.rate};
  }
}
tf.serialization.registerClass(DropConnectDense);`,
};
