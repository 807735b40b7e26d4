import { filled } from '../../edits/filled';
import { addKeyword, removeArgument } from '../../edits/keywords';
import type { Source, SyntaxNode } from '../../source';
import { argumentsOf, callsIn, fieldOf, textOf } from '../../syntax';
import { isBroken } from '../brokenCode';
import { isZero } from './parameterGroups';
import type { Recipe, RecipeOffer } from '../recipe';
import { decoupledStrength } from './torchOptimizers';

const origins = ['transformers.TrainingArguments', 'transformers.Seq2SeqTrainingArguments'];

/** Weight decay of Hugging Face's Trainer, which leaves biases and norms out by itself. */
export const trainerWeightDecay: Recipe = {
  technique: 'l2',
  framework: 'Hugging Face Trainer',
  language: 'python',
  find: ({ source, names }) =>
    callsIn(source.root)
      .filter((call) => {
        const callee = fieldOf(call, 'function');
        return callee && origins.includes(names.origin(callee) ?? '');
      })
      .map((call) => offerFor(source, call)),
};

function offerFor(source: Source, call: SyntaxNode): RecipeOffer {
  const args = argumentsOf(source, call);
  const decay = args.find(({ name }) => name === 'weight_decay');
  const isSet = decay !== undefined && !isZero(source, decay.value);
  const offer = {
    technique: 'l2' as const,
    variant: 'trainer.l2.arguments',
    title: isSet ? 'Weight decay in the Trainer' : 'Add weight decay to the Trainer',
    where: { start: call.start, end: call.end },
    edits: () => [],
  };
  if (isBroken(call)) {
    return {
      ...offer,
      state: 'unavailable',
      detail: 'The code around these arguments has a syntax error',
    };
  }
  if (isSet) {
    return {
      ...offer,
      state: 'present',
      detail: `weight_decay is ${textOf(source, decay.value)}`,
      strength: { start: decay.value.start, end: decay.value.end },
      removal: () => {
        const edits = removeArgument(source, call, decay, 'Remove weight_decay');
        return edits.length > 0 ? edits : undefined;
      },
    };
  }
  const positional = args.filter(({ name }) => name === undefined);
  if (args.some(({ isSplat }) => isSplat) || positional.length > 1) {
    return {
      ...offer,
      state: 'unavailable',
      detail: 'Some arguments have no name; whether weight_decay is among them is not known',
    };
  }
  const label = `weight_decay=${decoupledStrength}`;
  const stop = `\${1:${decoupledStrength}}`;
  const optimizer = args.find(({ name }) => name === 'optim');
  const kind = optimizer
    ? `How it acts depends on the optimizer, ${textOf(source, optimizer.value)}.`
    : 'The Trainer uses AdamW, which shrinks the weights apart from the gradient.';
  return {
    ...offer,
    state: 'offered',
    detail: `${kind} The Trainer leaves biases and norms out by itself. Strength ${decoupledStrength} is AdamW's own default; each step shrinks the weights by learning rate × ${decoupledStrength}.`,
    edits: () =>
      decay
        ? [{ start: decay.value.start, end: decay.value.end, ...filled(stop), label }]
        : addKeyword(source, call, `weight_decay=${stop}`, label),
  };
}
