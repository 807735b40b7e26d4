import type { SyntaxNode } from '../../source';
import { argumentValue, textOf } from '../../syntax';
import type { Argument } from '../../syntax';
import { modelsOf } from './parameterGroups';
import { coupledStrength, decoupledStrength } from './torchOptimizers';
import type { OptimizerCall } from './weightDecayEdits';

/** What the change does, its strength, and its pitfalls. */
export function offerDetail(
  { source, optimizer }: OptimizerCall,
  swaps: boolean,
  oneGroup: string | undefined,
): string {
  const { name } = optimizer;
  const sentences: string[] = [];
  if (swaps) {
    sentences.push(
      'AdamW shrinks the weights apart from the gradient; in Adam the adaptive step would rescale the decay.',
    );
  }
  if (optimizer.decay !== 'coupled') {
    sentences.push(
      `Strength ${decoupledStrength} is AdamW's own default; each step shrinks the weights by learning rate × ${decoupledStrength}.`,
    );
  } else {
    sentences.push(
      name === 'SGD'
        ? 'SGD adds the decay to the gradient (coupled L2): with momentum it goes through the momentum too.'
        : `${name} adds the decay to the gradient (coupled L2), so that its adaptive step rescales it.`,
      `Strength ${coupledStrength} is what most published SGD recipes use; 1e-5…1e-3 are common.`,
    );
  }
  if (oneGroup !== undefined) {
    sentences.push(`Biases and norms are decayed as well, since ${oneGroup}.`);
    return sentences.join(' ');
  }
  sentences.push('Biases and norms (parameters with one dimension) are left out.');
  if (/requires_grad|\bfreeze|unfreeze/.test(source.text)) {
    sentences.push('So are parameters that are frozen when the optimizer is made.');
  }
  if (/optim\w*\.load_state_dict/.test(source.text)) {
    sentences.push(
      'An optimizer state that was saved before has one group and can no longer be loaded.',
    );
  }
  return sentences.join(' ');
}

/** How the weights decay already. */
export function presentDetail(
  { source, names, optimizer }: OptimizerCall,
  args: readonly Argument[],
  decay: SyntaxNode,
): string {
  const option = args.find(({ name }) => name === 'decoupled_weight_decay');
  const isDecoupled =
    optimizer.decay === 'decoupled' || (option && textOf(source, option.value) === 'True');
  const parameters = argumentValue(args, 'params', 0);
  const isPlain = parameters && modelsOf(source, names, parameters) !== undefined;
  return [
    `weight_decay is ${textOf(source, decay)}`,
    isDecoupled ? 'decoupled' : 'added to the gradient (coupled L2)',
    ...(isPlain ? ['on biases and norms as well'] : []),
  ].join(', ');
}
