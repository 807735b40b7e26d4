import type { Helper } from '../../../javascript/edits/helper';

/** Graham, Fractional Max-Pooling, 2014: overlapping regions, pseudo-random sequence. */
export const fractionalMaxPooling: Helper = {
  name: 'FractionalMaxPooling2d',
  code: `/** Fractional max pooling: overlapping 2x2 windows at random rows and columns; output = floor(input / ratio). */
class FractionalMaxPooling2d extends tf.layers.Layer {
  static className = 'FractionalMaxPooling2d';
«  readonly ratio: number;
»
  constructor(config«: Parameters<typeof tf.layers.maxPooling2d>[0] & {ratio?: number}») {
    super(config);
    this.ratio = config.ratio ?? 1.41;
  }

  computeOutputShape(inputShape«: tf.Shape | tf.Shape[]»)«: tf.Shape» {
    const [n, h, w, c] = inputShape« as tf.Shape»;
    const size = (length«?: number | null») => length == null ? null : Math.floor(length / this.ratio);
    return [n« ?? null», size(h), size(w), c« ?? null»];
  }

  /** Increasing starts of windows, one or two apart; fixed outside of training. */
  starts(length«: number», training«?: boolean»)«: number[]» {
    const count = Math.floor(length / this.ratio);
    const alpha = count > 1 ? (length - 2) / (count - 1) : 0;
    const u = training ? Math.random() : 0.5;
    const start = (i«: number») => Math.floor((i + u) * alpha) - Math.floor(u * alpha);
    return Array.from({length: count}, (_, i) => i === count - 1 ? length - 2 : start(i));
  }

  call(inputs«: tf.Tensor | tf.Tensor[]», kwargs«: {training?: boolean}») {
    return tf.tidy(() => {
      const x = (Array.isArray(inputs) ? inputs[0] : inputs)« as tf.Tensor»;
      const take = (t«: tf.Tensor», axis«: number», at«: number[]») => t.gather(tf.tensor1d(at, 'int32'), axis);
      const pool = (t«: tf.Tensor», axis«: number») => {
        const at = this.starts(t.shape[axis]«!», kwargs.training);
        return tf.maximum(take(t, axis, at), take(t, axis, at.map((i) => i + 1)));
      };
      return pool(pool(x, 1), 2);
    });
  }

  getConfig() {
    return {...super.getConfig(), ratio: this.ratio};
  }
}
tf.serialization.registerClass(FractionalMaxPooling2d);`,
};
