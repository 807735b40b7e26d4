import type { Helper } from './helper';

export const gramRegularizer: Helper = {
  name: 'GramRegularizer',
  code: `@keras.utils.register_keras_serializable(package="regularizers")
class GramRegularizer(keras.regularizers.Regularizer):
    """factor * ||W^T W - I||_F^2 with the kernel reshaped to (inputs, units); smaller side if units > inputs."""

    def __init__(self, factor=1e-3):
        self.factor = factor

    def __call__(self, w):
        w = keras.ops.reshape(w, (-1, w.shape[-1]))
        wt = keras.ops.transpose(w)
        gram = keras.ops.matmul(wt, w) if w.shape[1] <= w.shape[0] else keras.ops.matmul(w, wt)
        identity = keras.ops.eye(gram.shape[0], dtype=w.dtype)
        return self.factor * keras.ops.sum(keras.ops.square(gram - identity))

    def get_config(self):
        return {"factor": float(self.factor)}`,
};
