import { layersIn } from '../../javascript/layers';
import { isBroken, propertiesOf } from '../../javascript/syntax';
import { nodesIn, textOf } from '../../syntax';
import type { JavaScriptHazard } from '../hazard';

/** `kernelConstraint`, which fit and optimizers do not apply: only LayerVariable.write does. */
export const constraints: JavaScriptHazard = {
  id: 'tfjs/constraint-not-applied',
  title: 'A constraint on weights is never applied in training.',
  severity: 'warning',
  language: 'javascript',
  find: (module) => {
    const { source } = module;
    // Writing the weights back, as a callback can do, applies the constraint.
    const isWritten = nodesIn(source.root).some(
      (node) => node.type === 'property_identifier' && textOf(source, node) === 'write',
    );
    if (isWritten) return [];
    return layersIn(module).flatMap(({ config, isOwn, call, name }) => {
      if (!config || isOwn || isBroken(call)) return [];
      return propertiesOf(source, config).flatMap(({ key, node, value }) => {
        const isConstraint =
          key !== undefined &&
          /^(?:kernel|bias|recurrent|depthwise|pointwise|embeddings|beta|gamma)Constraint$/.test(
            key,
          );
        const isNothing = value && /^(?:null|undefined)$/.test(textOf(source, value));
        if (!isConstraint || isNothing === true) return [];
        return [
          {
            message: `${key} of ${name} has no effect: TensorFlow.js applies constraints neither in fit nor in the steps of optimizers`,
            where: { start: node.start, end: node.end },
          },
        ];
      });
    });
  },
};
