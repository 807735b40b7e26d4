import { unwrapCall } from '../../edits/removal';
import { removeItem } from '../../edits/listItem';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { fieldOf } from '../../syntax';
import type { Chain, Operation } from '../../torch/modelChains';
import { crossEntropyInputs } from '../../torch/modelOutputs';
import { stepRemoval } from '../../recipes/torch/dropoutPresent';
import type { HazardFinding, PythonHazard } from '../hazard';

/** Probabilities where logits are expected. */
export const softmaxBeforeCrossEntropy: PythonHazard = {
  id: 'torch/softmax-before-cross-entropy',
  title: 'Softmax before a cross-entropy, which applies it once more.',
  severity: 'warning',
  language: 'python',
  find: (module) =>
    crossEntropyInputs(module).flatMap(({ value, chain, loss }): readonly HazardFinding[] => {
      const message =
        'Cross-entropy applies softmax itself and expects logits: of probabilities it is at least 0.37 even when all is right, and its gradients are small';
      if (isSoftmax(module, value)) {
        const isInLoss = loss.start < value.start && value.end < loss.end;
        const fix = {
          title: 'Hand the logits over',
          edits: () => unwrapCall(module.source, value, 'Remove softmax'),
        };
        const where = { start: value.start, end: value.end };
        return [{ message, where, ...(isInLoss ? { fix } : {}) }];
      }
      const last = chain?.operations.at(-1);
      if (last?.kind !== 'softmax' || /log/i.test(last.origin)) return [];
      return [{ message, where: { start: last.place.start, end: last.place.end } }];
    }),
};

function isSoftmax(module: Module, value: SyntaxNode): boolean {
  const callee = value.type === 'call' ? fieldOf(value, 'function') : undefined;
  const origin = callee && module.names.origin(callee);
  return origin === 'torch.softmax' || origin === 'torch.nn.functional.softmax';
}

/** Dropout on the outputs themselves. */
export const dropoutAfterLastLayer: PythonHazard = {
  id: 'torch/dropout-after-last-layer',
  title: 'Dropout after the last layer, on the outputs themselves.',
  severity: 'warning',
  language: 'python',
  find: (module) => {
    const seen = new Set<SyntaxNode>();
    return crossEntropyInputs(module).flatMap(({ chain }): readonly HazardFinding[] => {
      const last = chain?.operations.at(-1);
      const before = chain?.operations.at(-2);
      if (!chain || last?.kind !== 'dropout' || before?.kind !== 'linear') return [];
      if (seen.has(last.place)) return [];
      seen.add(last.place);
      return [
        {
          message:
            'Dropout after the last layer sets logits to 0 at random, so that the loss is computed of other outputs than the model gives in evaluation',
          where: { start: last.place.start, end: last.place.end },
          fix: { title: 'Remove this dropout', edits: () => removal(module, chain, last) },
        },
      ];
    });
  },
};

function removal(module: Module, chain: Chain, last: Operation) {
  return chain.kind === 'sequential'
    ? removeItem(module.source, last.place, 'Remove dropout')
    : (stepRemoval(module, chain, last) ?? []);
}
