import type { Helper } from '../../../javascript/edits/helper';

export const randomShift: Helper = {
  name: 'randomShift',
  code: `/** Shifts every image of a (n, h, w, c) batch by up to max pixels each way (zero padding). */
function randomShift(images«: tf.Tensor4D», max«: number»)«: tf.Tensor4D» {
  return tf.tidy(() => {
    const [, h, w, c] = images.shape;
    const padded = images.pad([[0, 0], [max, max], [max, max], [0, 0]]);
    const shift = () => Math.floor(Math.random() * (2 * max + 1));
    const shifted = padded.unstack().map((image) => image.slice([shift(), shift(), 0], [h, w, c]));
    return tf.stack(shifted)« as tf.Tensor4D»;
  });
}`,
};

/** DeVries & Taylor, Improved Regularization of Convolutional Neural Networks with Cutout, 2017. */
export const cutout: Helper = {
  name: 'cutout',
  code: `/** Zeroes one square of size x size pixels in each image of a (n, h, w, c) batch; it may overlap the border. */
function cutout(images«: tf.Tensor4D», size«: number»)«: tf.Tensor4D» {
  return tf.tidy(() => {
    const [n, h, w] = images.shape;
    const inside = (axis«: number», length«: number») => {
      const start = tf.randomUniform([n, 1, 1, 1], 0, length, 'int32').sub(Math.floor(size / 2));
      const shape = axis === 1 ? [1, length, 1, 1] : [1, 1, length, 1];
      const offset = tf.range(0, length, 1, 'int32').reshape(shape).sub(start);
      return tf.logicalAnd(offset.greaterEqual(0), offset.less(size));
    };
    const hole = tf.logicalAnd(inside(1, h), inside(2, w));
    return tf.where(hole, tf.zerosLike(images), images);
  });
}`,
};

/** Zhang et al., mixup: Beyond Empirical Risk Minimization, ICLR 2018; one weight for each pair. */
export const mixup: Helper = {
  name: 'mixup',
  code: `/** Mixes every sample of a batch with a random partner; labels must be one-hot floats. */
function mixup(xs«: tf.Tensor», ys«: tf.Tensor», alpha«: number») {
  return tf.tidy(() => {
    const n = xs.shape[0]«!»;
    const a = tf.randomGamma([n], alpha);
    const b = tf.randomGamma([n], alpha);
    const lambda = a.div(a.add(b));
    const partner = tf.tensor1d(Int32Array.from(tf.util.createShuffledIndices(n)), 'int32');
    const mix = (t«: tf.Tensor») => {
      const l = lambda.reshape(t.shape.map((size, axis) => axis === 0 ? size : 1));
      return t.mul(l).add(t.gather(partner).mul(tf.sub(1, l)));
    };
    return {xs: mix(xs), ys: mix(ys)};
  });
}`,
};
