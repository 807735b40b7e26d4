import { addKeyword } from '../../edits/keywords';
import type { Module } from '../../module';
import { argumentsOf, argumentValue } from '../../syntax';
import { isZero } from '../../recipes/torch/parameterGroups';
import { chainsOf } from '../../torch/modelChains';
import type { Chain, Operation } from '../../torch/modelChains';
import { attributeUses } from '../../torch/modelClass';
import type { HazardFinding, PythonHazard } from '../hazard';

/**
 * Dropout whose output is normalized over the batch.
 *
 * @see Li et al., Understanding the Disharmony between Dropout and Batch Normalization by Variance Shift, CVPR 2019
 */
export const dropoutBeforeBatchNorm: PythonHazard = {
  id: 'torch/dropout-before-batch-norm',
  title: 'Dropout directly before batch normalization, whose running variance it makes too large.',
  severity: 'information',
  language: 'python',
  find: (module) =>
    chainsOf(module).flatMap(({ operations }) =>
      operations.flatMap((operation, index): readonly HazardFinding[] => {
        const next = operations.slice(index + 1).find(({ kind }) => kind !== 'reshape');
        const isOn = operation.kind === 'dropout' && !isOff(module, operation);
        if (!isOn || next?.kind !== 'batchNorm') return [];
        return [
          {
            message:
              'Batch normalization learns the variance of activations with dropout, which is larger than in evaluation, where nothing is dropped; put dropout behind all batch normalization',
            where: { start: operation.place.start, end: operation.place.end },
          },
        ];
      }),
    ),
};

function isOff({ source }: Module, { made, origin }: Operation): boolean {
  if (!made) return true;
  const position = origin.includes('.functional.') ? 1 : 0;
  const rate = argumentValue(argumentsOf(source, made), 'p', position);
  return rate !== undefined && isZero(source, rate);
}

/** A bias that the norm behind it takes away again. */
export const biasBeforeBatchNorm: PythonHazard = {
  id: 'torch/bias-before-batch-norm',
  title: 'A layer with a bias directly before batch normalization, which takes it away again.',
  severity: 'hint',
  language: 'python',
  find: (module) =>
    chainsOf(module).flatMap((chain) =>
      chain.operations.flatMap((operation, index) =>
        chain.operations[index + 1]?.kind === 'batchNorm' ? biasOf(module, chain, operation) : [],
      ),
    ),
};

function biasOf(
  module: Module,
  chain: Chain,
  { kind, made, origin, attribute }: Operation,
): readonly HazardFinding[] {
  const { source } = module;
  // Own subclasses may treat their arguments in another way.
  const isPlain = /^torch\.nn\.(?:Linear|Conv(?:Transpose)?[123]d)$/.test(origin);
  if ((kind !== 'linear' && kind !== 'convolution') || !made || !isPlain) return [];
  const args = argumentsOf(source, made);
  const most = kind === 'linear' ? 2 : origin.includes('Transpose') ? 8 : 7;
  const positional = args.filter(({ name }) => name === undefined);
  if (args.some(({ isSplat, name }) => isSplat || name === 'bias')) return [];
  if (positional.length > most || !isOriginal(module, made, origin)) return [];
  const isShared =
    attribute !== undefined && attributeUses(module, chain.owner, attribute).length !== 2;
  if (isShared || /\.bias\b/.test(source.text.slice(chain.owner.start, chain.owner.end))) return [];
  return [
    {
      message:
        'Batch normalization subtracts the mean, and with it the bias of this layer, which gets no gradient; the shift of the norm does its work. Checkpoints from before hold a bias that then has no place',
      where: { start: made.start, end: made.end },
      fix: {
        title: 'Leave the bias out: bias=False',
        edits: () => addKeyword(source, made, 'bias=False', 'bias=False'),
      },
    },
  ];
}

function isOriginal(module: Module, made: Operation['made'], origin: string): boolean {
  const callee = made?.children.find(({ field }) => field === 'function');
  return callee !== undefined && module.names.origin(callee) === origin;
}
