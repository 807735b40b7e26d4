import type { Helper } from '../../../javascript/edits/helper';

/** Szegedy et al., Rethinking the Inception Architecture for Computer Vision, CVPR 2016, section 7. */
export const smoothedCrossentropy: Helper = {
  name: 'smoothedCrossentropy',
  code: `/** Categorical cross-entropy whose one-hot labels are mixed with the uniform distribution. */
function smoothedCrossentropy(smoothing«: number») {
  return (yTrue«: tf.Tensor», yPred«: tf.Tensor») => tf.tidy(() => {
    const classes = yTrue.shape[yTrue.shape.length - 1]«!»;
    const smoothed = yTrue.mul(1 - smoothing).add(smoothing / classes);
    return tf.metrics.categoricalCrossentropy(smoothed, yPred);
  });
}`,
};
