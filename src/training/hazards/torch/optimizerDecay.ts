import { removeArgument } from '../../edits/keywords';
import { insertHelper } from '../../edits/helper';
import { swapCallee } from '../../edits/importedName';
import { emptyEnvironment, follow } from '../../evaluate';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, argumentValue, callsIn, fieldOf, nodesIn, textOf } from '../../syntax';
import {
  groupsHelper,
  groupsHelperIn,
  modelsOf,
  reasonForOneGroup,
} from '../../recipes/torch/parameterGroups';
import { torchOptimizers } from '../../recipes/torch/torchOptimizers';
import type { TorchOptimizer } from '../../recipes/torch/torchOptimizers';
import { isBroken } from '../../recipes/brokenCode';
import { kindOfOrigin } from '../../torch/modelOperations';
import type { HazardFinding, PythonHazard } from '../hazard';

interface Decaying {
  readonly call: SyntaxNode;
  readonly callee: SyntaxNode;
  readonly optimizer: TorchOptimizer;
  readonly decay: SyntaxNode;
}

/** Optimizers whose decay is plainly a number other than 0. */
function decayingOptimizers(module: Module): readonly Decaying[] {
  const { source, names } = module;
  return callsIn(source.root).flatMap((call) => {
    const callee = fieldOf(call, 'function');
    const optimizer = callee && torchOptimizers.get(names.origin(callee) ?? '');
    if (!callee || optimizer?.position === undefined || isBroken(call)) return [];
    const args = argumentsOf(source, call);
    const decay = argumentValue(args, 'weight_decay', optimizer.position);
    if (!decay || args.some(({ isSplat }) => isSplat) || !isPositive(module, decay)) return [];
    return [{ call, callee, optimizer, decay }];
  });
}

function isPositive(module: Module, decay: SyntaxNode): boolean {
  const value = follow(module, decay, emptyEnvironment);
  if (value === undefined || typeof value === 'number') return (value ?? 0) > 0;
  const isNumber = value.node.type === 'float' || value.node.type === 'integer';
  return isNumber && Number(textOf(module.source, value.node)) > 0;
}

/**
 * Weight decay that Adam's step rescales.
 *
 * @see Loshchilov & Hutter, Decoupled Weight Decay Regularization, ICLR 2019
 */
export const adamWeightDecay: PythonHazard = {
  id: 'torch/adam-weight-decay',
  title: 'Weight decay in Adam, which adds it to the gradient and rescales it.',
  severity: 'information',
  language: 'python',
  find: (module) =>
    decayingOptimizers(module).flatMap((found): readonly HazardFinding[] => {
      const { call, callee, optimizer } = found;
      const isCoupled = !argumentsOf(module.source, call).some(
        ({ name }) => name === 'decoupled_weight_decay',
      );
      if (optimizer.name !== 'Adam' || !isCoupled) return [];
      const edits = swapCallee(module.source, module.names, callee, {
        module: 'torch.optim',
        name: 'AdamW',
        label: 'Adam → AdamW',
      });
      return [
        {
          message:
            'Adam adds the decay to the gradient and divides it by the size of past gradients, so that weights with large gradients hardly decay; AdamW shrinks all alike, and then takes a larger number (1e-2 is its default)',
          where: { start: call.start, end: call.end },
          ...(edits ? { fix: { title: 'Adam → AdamW', edits: () => edits } } : {}),
        },
      ];
    }),
};

/** Decay of parameters that do not make the function simpler. */
export const decayOfVectors: PythonHazard = {
  id: 'torch/decay-on-norms-and-biases',
  title: 'Weight decay on the scales of norms and on biases.',
  severity: 'hint',
  language: 'python',
  find: (module) => {
    const found = decayingOptimizers(module);
    if (found.length === 0 || !hasNorms(module)) return [];
    if (reasonForOneGroup(module.source, module.names) !== undefined) return [];
    return found.flatMap((place) => decayOfVectorsAt(module, place));
  },
};

function decayOfVectorsAt(module: Module, { call, decay }: Decaying): readonly HazardFinding[] {
  const { source, names } = module;
  const args = argumentsOf(source, call);
  const parameters = argumentValue(args, 'params', 0);
  const models = parameters && modelsOf(source, names, parameters);
  const [model, ...others] = models ?? [];
  const keyword = args.find(({ value, name }) => value === decay && name === 'weight_decay');
  if (!parameters || model === undefined || others.length > 0) return [];
  const fix = {
    title: 'Leave biases and norms out of the decay',
    edits: () => {
      if (!keyword) return [];
      const helper = groupsHelperIn(source, names, call);
      const label = 'Leave biases and norms out';
      return [
        {
          start: parameters.start,
          end: parameters.end,
          newText: `${helper.name}(${model}, weight_decay=${textOf(source, decay)})`,
          label,
        },
        ...removeArgument(source, call, keyword, 'Decay is set in the groups'),
        ...(helper.isDefined
          ? []
          : [insertHelper(source, groupsHelper(helper.name), call, `Add ${helper.name}`)]),
      ];
    },
  };
  const isPlain = keyword !== undefined && fieldOf(call, 'arguments') !== parameters;
  return [
    {
      message:
        'All parameters decay, the scales of norms and the biases too, where it makes nothing simpler; usually only matrices and kernels do',
      where: { start: decay.start, end: decay.end },
      ...(isPlain ? { fix } : {}),
    },
  ];
}

/** Whether the file makes norms: with biases alone little is lost. */
function hasNorms({ source, names }: Module): boolean {
  return nodesIn(source.root).some((node) => {
    const callee = node.type === 'call' ? fieldOf(node, 'function') : undefined;
    const kind = callee ? kindOfOrigin(names.origin(callee)) : 'other';
    return kind === 'batchNorm' || kind === 'norm';
  });
}
