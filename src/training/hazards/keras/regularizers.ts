import { layerCallsIn } from '../../keras/layerCalls';
import { loopsWithoutLosses } from '../../keras/tapeLoops';
import { lossEdit } from '../../recipes/keras/lossTerm';
import { isBroken } from '../../recipes/brokenCode';
import { fieldOf, nodesIn, textOf } from '../../syntax';
import type { PythonHazard } from '../hazard';

/** Penalties of layers are in `model.losses`; only `fit` adds them by itself. */
export const penaltiesNotInLoss: PythonHazard = {
  id: 'keras/penalties-not-in-loss',
  title:
    'A loop with GradientTape never adds model.losses, so the layers’ regularizers do nothing.',
  severity: 'warning',
  language: 'python',
  find: (module) => {
    const { source } = module;
    const regularized = layerCallsIn(module, source.root).flatMap(({ args }) =>
      args.filter(({ name, value }) => /_regularizer$/.test(name ?? '') && value.type !== 'none'),
    );
    const [first] = regularized;
    if (!first) return [];
    return loopsWithoutLosses(module)
      .filter(({ call }) => !isBroken(call))
      .map((loop) => {
        const edit = lossEdit(module, loop);
        return {
          message: `${loop.loss} is differentiated without ${loop.model}.losses, where Keras keeps the penalties of the layers: ${first.name ?? 'the regularizer'} has no effect in this loop`,
          where: { start: loop.call.start, end: loop.call.end },
          ...(edit && {
            fix: { title: `Add sum(${loop.model}.losses) to ${loop.loss}`, edits: () => [edit] },
          }),
        };
      });
  },
};

/** A layer reads its regularizer when it makes its weights. */
export const regularizerAfterBuild: PythonHazard = {
  id: 'keras/regularizer-after-build',
  title: 'A regularizer is assigned to a layer that has been built, which has no effect.',
  severity: 'warning',
  language: 'python',
  find: (module) => {
    const { source } = module;
    // Building the model again from its configuration is the known way round it.
    if (!source.text.includes('keras')) return [];
    if (/model_from_json|model_from_config|from_config|clone_model|add_weight/.test(source.text)) {
      return [];
    }
    return nodesIn(source.root).flatMap((node) => {
      const left = node.type === 'assignment' ? fieldOf(node, 'left') : undefined;
      const name = left?.type === 'attribute' ? fieldOf(left, 'attribute') : undefined;
      const object = left && fieldOf(left, 'object');
      const value = fieldOf(node, 'right');
      if (!left || !name || !object || !value || value.type === 'none' || isBroken(node)) return [];
      if (
        !/^(?:kernel|bias|depthwise|pointwise|embeddings|recurrent)_regularizer$/.test(
          textOf(source, name),
        )
      ) {
        return [];
      }
      if (!isBuilt(textOf(source, object))) return [];
      return [
        {
          message: `${textOf(source, left)} is set after the layer has made its weights, and read only then: no penalty is added. Give it to the layer where it is made, or build the model again from its configuration`,
          where: { start: left.start, end: left.end },
        },
      ];
    });
  },
};

/** A layer that is taken out of a model has been built, in a model whose input is known: `layer` of `for layer in model.layers`. */
function isBuilt(object: string): boolean {
  return /^(?:layer|l|lyr)$|\.layers\[[^\]]*\]$|\.get_layer\(.*\)$/.test(object);
}
