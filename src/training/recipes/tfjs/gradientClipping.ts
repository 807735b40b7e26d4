import { planHelper, removeHelper } from '../../javascript/edits/helper';
import { usesTensorflow } from '../../javascript/fits';
import type { JavaScriptModule } from '../../javascript/module';
import { numberOf } from '../../javascript/numbers';
import { argumentsOf, calleeOf, callsIn, isBroken, wrapped } from '../../javascript/syntax';
import type { SyntaxNode } from '../../source';
import { textOf } from '../../syntax';
import { rangeOf } from '../../textEdit';
import type { JavaScriptRecipe, RecipeOffer } from '../recipe';
import { clipGradients } from './helpers/clipGradients';
import { framework, present } from './offer';

const variant = {
  technique: 'gradient-clipping',
  variant: 'tfjs.gradient-clipping.optimizer',
} as const;

const optimizers = /^tf\.train\.(?:sgd|momentum|adam|adamax|adagrad|adadelta|rmsprop)$/;

/** Clipping by the norm of all gradients together: the optimizers of TensorFlow.js have none, so one is wrapped. */
export const gradientClipping: JavaScriptRecipe = {
  technique: 'gradient-clipping',
  framework,
  language: 'javascript',
  find: (module) => {
    if (!usesTensorflow(module)) return [];
    return callsIn(module.source.root).flatMap((call) => {
      const callee = calleeOf(call);
      const isOptimizer = callee && optimizers.test(module.names.origin(callee) ?? '');
      const offer = isOptimizer === true ? offerFor(module, call) : undefined;
      return offer ? [offer] : [];
    });
  },
};

function offerFor(module: JavaScriptModule, call: SyntaxNode): RecipeOffer | undefined {
  if (isBroken(call)) return undefined;
  const wrapper = wrapperOf(module, call);
  const detail =
    'Gradients whose norm, over all weights together, exceeds 1 are scaled down to it; 0.5…5 are common. It works in fit and in loops of your own, since both go through applyGradients.';
  if (wrapper) {
    const limit = argumentsOf(wrapper)[1];
    return present(variant, {
      title: 'Gradient clipping',
      detail,
      where: wrapper,
      strength: limit && numberOf(module, limit) !== undefined ? limit : undefined,
      removal: () => [
        { start: wrapper.start, end: call.start, newText: '', label: 'Remove clipping' },
        { start: call.end, end: wrapper.end, newText: '', label: 'Remove clipping' },
        ...removeHelper(module, clipGradients, [wrapper]),
      ],
    });
  }
  const plan = planHelper(module, clipGradients);
  if (!plan) return undefined;
  const label = 'Clip the gradients';
  const before = `${clipGradients.name}(`;
  return {
    ...variant,
    title: 'Clip gradients by their norm',
    state: 'offered',
    detail,
    where: rangeOf(call),
    edits: () => [
      { start: call.start, end: call.start, newText: before, label },
      { start: call.end, end: call.end, newText: ', 1)', stops: [{ start: 2, end: 3 }], label },
      ...plan.edits(),
    ],
  };
}

/** The call of the helper around the optimizer. */
function wrapperOf({ source }: JavaScriptModule, call: SyntaxNode): SyntaxNode | undefined {
  const list = wrapped(call).parent;
  const outer = list?.type === 'arguments' ? list.parent : undefined;
  const callee = outer && calleeOf(outer);
  return callee && textOf(source, callee) === clipGradients.name ? outer : undefined;
}
