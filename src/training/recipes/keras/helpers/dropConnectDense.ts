import type { Helper } from './helper';

/**
 * One mask a batch, as is usual; the paper draws one for each sample.
 *
 * @see Wan et al., Regularization of Neural Networks using DropConnect, ICML 2013
 */
export const dropConnectDense: Helper = {
  name: 'DropConnectDense',
  code: `@keras.utils.register_keras_serializable(package="regularizers")
class DropConnectDense(keras.layers.Dense):
    """Dense layer whose kernel entries are dropped with probability \`rate\` in training (DropConnect)."""

    def __init__(self, units, rate=0.5, **kwargs):
        super().__init__(units, **kwargs)
        self.rate = rate
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, inputs, training=False):
        kernel = self.kernel
        if training:
            kernel = keras.random.dropout(kernel, self.rate, seed=self.seed_generator)
        x = keras.ops.matmul(inputs, kernel)
        if self.bias is not None:
            x = keras.ops.add(x, self.bias)
        return x if self.activation is None else self.activation(x)

    def get_config(self):
        return {**super().get_config(), "rate": self.rate}`,
};
