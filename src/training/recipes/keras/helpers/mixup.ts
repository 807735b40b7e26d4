import type { Helper } from './helper';

/** @see Zhang et al., mixup: Beyond Empirical Risk Minimization, ICLR 2018 */
export const mixupBatch: Helper = {
  name: 'mixup',
  code: `def mixup(x, y, alpha=0.2):
    """Mix every sample with a random partner of the batch; y must be one-hot."""
    x, y = tf.cast(x, tf.float32), tf.cast(y, tf.float32)
    n = tf.shape(x)[0]
    a, b = tf.random.gamma((n,), alpha), tf.random.gamma((n,), alpha)
    lam = tf.math.divide_no_nan(a, a + b)
    perm = tf.random.shuffle(tf.range(n))
    lx = tf.reshape(lam, tf.concat([[n], tf.ones(tf.rank(x) - 1, tf.int32)], 0))
    ly = tf.reshape(lam, (n, 1))
    return lx * x + (1 - lx) * tf.gather(x, perm), ly * y + (1 - ly) * tf.gather(y, perm)`,
};

export const mixupArrays: Helper = {
  name: 'MixupDataset',
  code: `class MixupDataset(keras.utils.PyDataset):
    """Batches of mixed samples for model.fit, shuffled every epoch; y must be one-hot."""

    def __init__(self, x, y, batch_size=32, alpha=0.2, **kwargs):
        super().__init__(**kwargs)
        self.x, self.y = x, y
        self.batch_size, self.alpha = batch_size, alpha
        self.order = np.random.permutation(len(x))

    def __len__(self):
        return -(-len(self.x) // self.batch_size)

    def __getitem__(self, i):
        a = self.order[i * self.batch_size : (i + 1) * self.batch_size]
        b = np.random.permutation(a)
        lam = np.random.beta(self.alpha, self.alpha, len(a)).astype("float32")
        lx = lam.reshape((-1,) + (1,) * (self.x.ndim - 1))
        ly = lam[:, None]
        return lx * self.x[a] + (1 - lx) * self.x[b], ly * self.y[a] + (1 - ly) * self.y[b]

    def on_epoch_end(self):
        np.random.shuffle(self.order)`,
};
