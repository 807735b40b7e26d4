import { addKeyword } from '../../edits/keywords';
import { activationOf } from '../../keras/activation';
import { stepsOf } from '../../keras/flow';
import { isBroken } from '../../recipes/brokenCode';
import { isDropout } from '../../recipes/keras/dropout';
import { nodesIn, textOf } from '../../syntax';
import type { PythonHazard } from '../hazard';

/** @see Li et al., Understanding the Disharmony between Dropout and Batch Normalization by Variance Shift, CVPR 2019 */
export const dropoutBeforeBatchNorm: PythonHazard = {
  id: 'keras/dropout-before-batch-norm',
  title:
    'Dropout directly before batch normalization shifts the variance between training and test.',
  severity: 'information',
  language: 'python',
  find: (module) =>
    stepsOf(module).flatMap((step) => {
      const [next, ...others] = step.next;
      if (!isDropout(step) || next?.type !== 'BatchNormalization' || others.length > 0) return [];
      if (isBroken(step.node)) return [];
      return [
        {
          message:
            'Dropout scales values up in training, so the batch normalization behind it learns a variance that does not occur at test time. Put dropout behind the normalization and the activation',
          where: { start: step.node.start, end: step.node.end },
        },
      ];
    }),
};

/** The normalization subtracts the mean, and with it any constant. */
export const biasBeforeBatchNorm: PythonHazard = {
  id: 'keras/bias-before-batch-norm',
  title: 'A bias directly before batch normalization has no effect.',
  severity: 'hint',
  language: 'python',
  find: (module) => {
    const { source } = module;
    const readsBias = nodesIn(source.root).some(
      (node) => node.type === 'attribute' && /\.(?:bias|set_weights)$/.test(textOf(source, node)),
    );
    if (readsBias) return [];
    return stepsOf(module).flatMap((step) => {
      const { layer, next, node } = step;
      if (!layer || !/^(?:Dense|Conv[123]D(?:Transpose)?)$/.test(layer.type)) return [];
      const [norm, ...others] = next;
      if (norm?.type !== 'BatchNormalization' || others.length > 0 || step.isUsedElsewhere)
        return [];
      const isCentered = norm.layer?.args.every(({ name }) => name !== 'center' && name !== 'axis');
      const isPlain = layer.args.every(
        ({ name, isSplat }) => !isSplat && name !== 'use_bias' && !/^bias_/.test(name ?? ''),
      );
      const positional = layer.args.filter(({ name }) => name === undefined).length;
      if (!isCentered || !isPlain || positional > 2 || isBroken(node)) return [];
      if (activationOf(module, step) !== 'linear') return [];
      return [
        {
          message: `The batch normalization behind this ${layer.type} subtracts the mean, and the bias with it`,
          where: { start: layer.call.start, end: layer.call.end },
          fix: {
            title: 'Leave the bias out: use_bias=False',
            edits: () => addKeyword(source, layer.call, 'use_bias=False', 'Leave the bias out'),
          },
        },
      ];
    });
  },
};
