import type { Helper } from '../../../javascript/edits/helper';

/** Pascanu, Mikolov & Bengio, On the difficulty of training recurrent neural networks, ICML 2013, algorithm 1. */
export const clipGradients: Helper = {
  name: 'clipGradients',
  code: `/** Lets the optimizer scale gradients down whose norm, over all weights together, exceeds maxNorm. */
function clipGradients«<T extends tf.Optimizer>»(optimizer«: T», maxNorm«: number»)«: T» {
  const applyGradients = optimizer.applyGradients.bind(optimizer);
  optimizer.applyGradients = (gradients) => {
    const entries = Array.isArray(gradients)
      ? gradients.map(({name, tensor}) => ({name, tensor}))
      : Object.entries(gradients).map(([name, tensor]) => ({name, tensor}));
    const known = entries.filter(({tensor}) => tensor != null);
    const clipped = tf.tidy(() => {
      const squares = known.map(({tensor}) => tensor.square().sum());
      const norm = tf.addN(squares).sqrt();
      const scale = norm.maximum(maxNorm).div(maxNorm);
      return known.map(({tensor}) => tensor.div(scale));
    });
    applyGradients(known.map(({name}, i) => ({name, tensor: clipped[i]«!»})));
    tf.dispose(clipped);
  };
  return optimizer;
}`,
};
