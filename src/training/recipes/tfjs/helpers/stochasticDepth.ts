import type { Helper } from '../../../javascript/edits/helper';

/** Huang et al., Deep Networks with Stochastic Depth, ECCV 2016; the mask is drawn for each sample. */
export const stochasticDepth: Helper = {
  name: 'StochasticDepth',
  code: `/** Drops the residual branch of whole samples with probability rate in training. */
class StochasticDepth extends tf.layers.Layer {
  static className = 'StochasticDepth';
«  readonly rate: number;
»
  constructor(config«: {rate: number, name?: string}») {
    super(config);
    this.rate = config.rate;
  }

  computeOutputShape(inputShape«: tf.Shape | tf.Shape[]») {
    return inputShape;
  }

  call(inputs«: tf.Tensor | tf.Tensor[]», kwargs«: {training?: boolean}») {
    return tf.tidy(() => {
      const x = (Array.isArray(inputs) ? inputs[0] : inputs)« as tf.Tensor»;
      if (!kwargs.training || this.rate === 0) return x.clone();
      const shape = x.shape.map((size, axis) => axis === 0 ? size : 1);
      const kept = tf.randomUniform(shape).greaterEqual(this.rate);
      return x.mul(kept.cast(x.dtype)).div(1 - this.rate);
    });
  }

  getConfig() {
    return {...super.getConfig(), rate: this.rate};
  }
}
tf.serialization.registerClass(StochasticDepth);`,
};
