import { removeArgument } from '../../edits/keywords';
import { activationOf } from '../../keras/activation';
import { stepsOf } from '../../keras/flow';
import { kerasNameOf } from '../../keras/kerasName';
import { compileCalls } from '../../keras/trainingCalls';
import type { Step } from '../../keras/step';
import type { Module } from '../../module';
import { isBroken } from '../../recipes/brokenCode';
import { isDropout } from '../../recipes/keras/dropout';
import { argumentsOf, fieldOf, textOf } from '../../syntax';
import type { PythonHazard } from '../hazard';

const isProbability = (module: Module, step: Step | undefined): boolean =>
  step?.layer !== undefined && /^(?:softmax|sigmoid)$/.test(activationOf(module, step) ?? '');

/** What comes out of the model is zeroed at random. */
export const dropoutAfterOutput: PythonHazard = {
  id: 'keras/dropout-after-output',
  title: 'Dropout after the last layer zeroes outputs of the model in training.',
  severity: 'warning',
  language: 'python',
  find: (module) =>
    stepsOf(module).flatMap((step) => {
      const [before] = step.previous;
      if (!isDropout(step) || !step.isOutput || step.next.length > 0 || isBroken(step.node))
        return [];
      if (!isProbability(module, before)) return [];
      return [
        {
          message:
            'Dropout behind the output layer zeroes predictions at random in training, and the loss takes them for wrong. Put it before the output layer',
          where: { start: step.node.start, end: step.node.end },
        },
      ];
    }),
};

const losses =
  /^losses\.(?:Sparse)?(?:CategoricalCrossentropy|CategoricalFocalCrossentropy)$|^losses\.Binary(?:Focal)?Crossentropy$/;

/** The loss would apply softmax to what went through it already. */
export const softmaxFromLogits: PythonHazard = {
  id: 'keras/softmax-from-logits',
  title: 'The output layer applies softmax or sigmoid, and the loss expects logits.',
  severity: 'warning',
  language: 'python',
  find: (module) => {
    const outputs = stepsOf(module).filter((step) => step.isOutput && step.layer?.type === 'Dense');
    const compiles = compileCalls(module);
    // With several models it is not known which one a loss belongs to.
    if (outputs.length === 0 || compiles.length !== 1) return [];
    if (!outputs.every((step) => isProbability(module, step))) return [];
    const loss = compiles[0]?.args.find(({ name }) => name === 'loss')?.value;
    const callee = loss?.type === 'call' ? fieldOf(loss, 'function') : undefined;
    if (!loss || !callee || !losses.test(kerasNameOf(module, callee) ?? '')) return [];
    const given = argumentsOf(module.source, loss).find(({ name }) => name === 'from_logits');
    if (!given || textOf(module.source, given.value) !== 'True' || isBroken(loss)) return [];
    const activation = outputs[0] ? activationOf(module, outputs[0]) : undefined;
    return [
      {
        message: `The output layer applies ${activation ?? 'softmax'} and the loss applies it again: from_logits=True means values that did not go through it. Gradients become small and predictions stay close to uniform`,
        where: { start: given.node.start, end: given.node.end },
        fix: {
          title: 'Remove from_logits=True',
          edits: () => removeArgument(module.source, loss, given, 'Remove from_logits'),
        },
      },
    ];
  },
};
