import type { Helper } from './helper';

export const softThreshold: Helper = {
  name: 'SoftThreshold',
  code: `@keras.utils.register_keras_serializable(package="regularizers")
class SoftThreshold(keras.constraints.Constraint):
    """Proximal L1: shrink every weight by \`threshold\` after each update; small weights become exactly 0."""

    def __init__(self, threshold):
        self.threshold = threshold

    def __call__(self, w):
        return keras.ops.sign(w) * keras.ops.relu(keras.ops.abs(w) - self.threshold)

    def get_config(self):
        return {"threshold": self.threshold}`,
};

export const proximalL1: Helper = {
  name: 'ProximalL1',
  code: `class ProximalL1(keras.callbacks.Callback):
    """Soft-threshold the kernels after every batch, following the current learning rate."""

    def __init__(self, strength):
        super().__init__()
        self.strength = strength

    def on_train_batch_end(self, batch, logs=None):
        t = self.strength * float(self.model.optimizer.learning_rate)
        for w in self.model.trainable_weights:
            if len(w.shape) > 1:
                w.assign(keras.ops.sign(w) * keras.ops.relu(keras.ops.abs(w) - t))`,
};
