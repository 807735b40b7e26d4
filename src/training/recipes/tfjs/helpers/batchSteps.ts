import type { Helper } from '../../../javascript/edits/helper';

/** Proximal operator of the L1 norm (Parikh & Boyd, Proximal Algorithms, 2014, section 6.5.2). */
export const softThreshold: Helper = {
  name: 'softThreshold',
  code: `/** Proximal L1 step: shrinks every kernel entry by t; small entries become exactly 0. */
function softThreshold(model«: tf.LayersModel», t«: number») {
  tf.tidy(() => {
    for (const w of model.trainableWeights) {
      if (w.shape.length > 1) w.write(w.read().sign().mul(w.read().abs().sub(t).relu()));
    }
  });
}`,
};

/** Loshchilov & Hutter, Decoupled Weight Decay Regularization, ICLR 2019. */
export const decayWeights: Helper = {
  name: 'decayWeights',
  code: `/** Decoupled weight decay: kernels shrink by the factor (1 - rate) after every step. */
function decayWeights(model«: tf.LayersModel», rate«: number») {
  tf.tidy(() => {
    for (const w of model.trainableWeights) {
      if (w.shape.length > 1) w.write(w.read().mul(1 - rate));
    }
  });
}`,
};

/** Srivastava et al., Dropout, JMLR 2014, section 5.1. */
export const limitNorms: Helper = {
  name: 'limitNorms',
  code: `/** Max-norm constraint: units whose incoming weights are longer than limit are scaled back to it. */
function limitNorms(model«: tf.LayersModel», limit«: number») {
  tf.tidy(() => {
    for (const w of model.trainableWeights) {
      if (w.shape.length < 2) continue;
      const axes = w.shape.slice(1).map((_, i) => i);
      const norms = w.read().square().sum(axes, true).sqrt();
      w.write(w.read().div(norms.maximum(limit).div(limit)));
    }
  });
}`,
};
