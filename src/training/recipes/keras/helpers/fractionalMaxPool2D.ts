import type { Helper } from './helper';

/** @see Graham, Fractional Max-Pooling, 2014 */
export const fractionalMaxPool2D: Helper = {
  name: 'FractionalMaxPool2D',
  code: `@keras.utils.register_keras_serializable(package="regularizers")
class FractionalMaxPool2D(keras.layers.MaxPooling2D):
    """Max pooling over regions of random size: output = floor(input / ratio), 1 < ratio < 2, whatever the pool size.

    TensorFlow backend, channels last.
    """

    def __init__(self, *args, ratio=1.41, **kwargs):
        super().__init__(*args, **kwargs)
        self.ratio = ratio
        self.supports_jit = False  # the op has no XLA kernel

    def call(self, x, training=False):
        ratio = [1.0, self.ratio, self.ratio, 1.0]
        seed = 0 if training else 1  # 0: new random regions in every call
        return tf.nn.fractional_max_pool(x, ratio, pseudo_random=True, overlapping=True, seed=seed)[0]

    def compute_output_shape(self, shape):
        n, h, w, c = shape
        return (n, h and int(h / self.ratio), w and int(w / self.ratio), c)

    def get_config(self):
        return {**super().get_config(), "ratio": self.ratio}`,
};
