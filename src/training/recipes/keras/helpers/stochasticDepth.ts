import type { Helper } from './helper';

/** @see Huang et al., Deep Networks with Stochastic Depth, ECCV 2016 */
export const stochasticDepthLayer: Helper = {
  name: 'StochasticDepth',
  code: `@keras.utils.register_keras_serializable(package="regularizers")
class StochasticDepth(keras.layers.Layer):
    """Drop the residual branch of whole samples with probability \`rate\` in training."""

    def __init__(self, rate, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, x, training=False):
        if not training or self.rate == 0:
            return x
        shape = (keras.ops.shape(x)[0],) + (1,) * (len(x.shape) - 1)
        keep = keras.random.uniform(shape, seed=self.seed_generator) >= self.rate
        return x * keras.ops.cast(keep, x.dtype) / (1 - self.rate)

    def get_config(self):
        return {**super().get_config(), "rate": self.rate}`,
};
