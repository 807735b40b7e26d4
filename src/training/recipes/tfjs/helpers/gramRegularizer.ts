import type { Helper } from '../../../javascript/edits/helper';

export const gramRegularizer: Helper = {
  name: 'GramRegularizer',
  code: `/** factor * ||W^T W - I||^2 on the kernel reshaped to (inputs, units); smaller side if units > inputs. */
class GramRegularizer extends tf.serialization.Serializable {
  static className = 'GramRegularizer';
«  readonly factor: number;
»
  constructor({factor = 1e-2}«: {factor?: number}» = {}) {
    super();
    this.factor = factor;
  }

  apply(kernel«: tf.Tensor»)«: tf.Scalar» {
    return tf.tidy(() => {
      const w = kernel.reshape([-1, kernel.shape[kernel.shape.length - 1]«!»])« as tf.Tensor2D»;
      const isTall = w.shape[0] >= w.shape[1];
      const gram = tf.matMul(w, w, isTall, !isTall);
      return gram.sub(tf.eye(gram.shape[0])).square().sum().mul(this.factor)« as tf.Scalar»;
    });
  }

  getConfig() {
    return {factor: this.factor};
  }
}
tf.serialization.registerClass(GramRegularizer);`,
};
