import { freeName } from '../../edits/freeName';
import { insertHelper } from '../../edits/helper';
import { insertBefore } from '../../edits/insertStatement';
import { qualifiedName } from '../../edits/addImport';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import { lossPlaces } from '../../torch/lossPlaces';
import type { LossPlace } from '../../torch/lossPlaces';
import { mixableBatch } from '../../torch/mixedBatch';
import type { MixableBatch } from '../../torch/mixedBatch';
import { ownNodes } from '../../torch/optimizerSteps';
import { isBroken } from '../brokenCode';
import type { Recipe, RecipeOffer } from '../recipe';
import { mixupPresent } from './mixupPresent';

const helperName = 'mixup';

const helperCode = (torch: string): string =>
  `def ${helperName}(x, y, alpha):
    """Mix every sample with a random partner of the batch; returns inputs, both label sets and the weight."""
    lam = ${torch}.distributions.Beta(alpha, alpha).sample().item() if alpha > 0 else 1.0
    perm = ${torch}.randperm(x.size(0), device=x.device)
    return lam * x + (1 - lam) * x[perm], y, y[perm], lam`;

/**
 * Mixup in training loops and in Lightning's training_step: inputs are mixed, and the loss with the same weight.
 *
 * @see Zhang et al., mixup: Beyond Empirical Risk Minimization, ICLR 2018
 */
export const torchMixup: Recipe = {
  technique: 'mixup',
  framework: 'PyTorch',
  language: 'python',
  find: (module) => lossPlaces(module).flatMap((place) => offersFor(module, place)),
};

function offersFor(module: Module, place: LossPlace): readonly RecipeOffer[] {
  const present = mixupPresent(module, place);
  if (present) return [present];
  const batch = mixableBatch(module, place);
  if (!batch || isBroken(batch.loss)) return [];
  const family = place.lightning ? 'lightning' : 'torch';
  if (batch.obstacle !== undefined) {
    return [
      {
        technique: 'mixup',
        variant: `${family}.mixup.loop`,
        title: 'Mixup is not added here',
        state: 'unavailable',
        detail: batch.obstacle,
        where: place.where,
        edits: () => [],
      },
    ];
  }
  const offer = { technique: 'mixup', where: place.where, state: 'offered' } as const;
  const byLoss = mixedLoss(module, batch);
  const byTransform = mixedLabels(module, batch);
  return [
    ...(byLoss
      ? [
          {
            ...offer,
            variant: `${family}.mixup.loop`,
            title: 'Add mixup: mix inputs, and the loss with the same weight',
            detail:
              'Each batch is mixed with a shuffled copy of itself, with a weight drawn from Beta(α, α), and the loss is the same mean of the losses for both sets of labels. α is 0.2 for ImageNet and 1 for CIFAR-10 in the paper. Accuracy on training batches no longer means much; evaluation is left as it is.',
            edits: () => byLoss,
          },
        ]
      : []),
    ...(byTransform
      ? [
          {
            ...offer,
            variant: `${family}.mixup.v2`,
            title: 'Add mixup: torchvision.transforms.v2.MixUp',
            detail:
              'Images of a batch (N, C, H, W) are mixed, and the labels become shares of classes, which the cross entropy takes. num_classes must be the number of outputs of the model; the labels are no longer class numbers behind this line.',
            edits: () => byTransform,
          },
        ]
      : []),
  ];
}

/** The form with two losses, which works with hard labels and any loss over classes. */
function mixedLoss(module: Module, batch: MixableBatch): readonly TextEdit[] | undefined {
  const { source, names } = module;
  const { inputs, labels, forward, loss, labelsInLoss } = batch;
  const torch = qualifiedName(module, 'torch', source.root, {
    fallback: { line: 'import torch', binds: 'torch', origin: 'torch' },
  });
  const a = freeName(module, forward, `${labels}_a`);
  const b = freeName(module, forward, `${labels}_b`);
  const lam = freeName(module, forward, 'lam', 'mix_weight');
  if (!torch || a === undefined || b === undefined || lam === undefined) return undefined;
  if (names.lookup(helperName, forward).length > 0) return undefined;
  const line = insertBefore(
    source,
    forward,
    `${inputs}, ${a}, ${b}, ${lam} = ${helperName}(${inputs}, ${labels}, alpha=\${1:0.2})`,
    'Mix the batch',
  );
  if (!line) return undefined;
  const withLabels = (name: string): string =>
    source.text.slice(loss.start, labelsInLoss.start) +
    name +
    source.text.slice(labelsInLoss.end, loss.end);
  const sum = `${lam} * ${withLabels(a)} + (1 - ${lam}) * ${withLabels(b)}`;
  const isWhole =
    loss.parent?.type === 'assignment' || loss.parent?.type === 'parenthesized_expression';
  return [
    line,
    {
      start: loss.start,
      end: loss.end,
      newText: isWhole ? sum : `(${sum})`,
      label: 'Mix the loss with the same weight',
    },
    insertHelper(source, helperCode(torch.text), forward, `Add ${helperName}`, torch.imports),
  ];
}

/** torchvision's own, where it is at hand: labels become shares, so that nothing else may look at them. */
function mixedLabels(module: Module, batch: MixableBatch): readonly TextEdit[] | undefined {
  const { source, names } = module;
  const { inputs, labels, forward, loss, labelsInLoss, takesShares } = batch;
  const usesVision = /^\s*(?:import|from)\s+torchvision\b/m.test(source.text);
  if (!usesVision || !takesShares || names.lookup(helperName, forward).length > 0) return undefined;
  const isUsedElsewhere = ownNodes(module, functionAround(loss)).some(
    (node) =>
      node.type === 'identifier' &&
      node !== labelsInLoss &&
      node.start >= forward.start &&
      textOf(source, node) === labels,
  );
  const v2 = qualifiedName(module, 'torchvision.transforms.v2', source.root, {
    loaded: 'torchvision.transforms.v2',
    fallback: {
      line: 'from torchvision.transforms import v2',
      binds: 'v2',
      origin: 'torchvision.transforms.v2',
    },
  });
  const line = insertBefore(
    source,
    forward,
    `${inputs}, ${labels} = ${helperName}(${inputs}, ${labels})`,
    'Mix the batch',
  );
  if (isUsedElsewhere || !v2 || !line) return undefined;
  const code = `${helperName} = ${v2.text}.MixUp(alpha=\${1:0.2}, num_classes=\${2:10})`;
  return [insertHelper(source, code, forward, `Add ${helperName}`, v2.imports), line];
}

function functionAround(node: SyntaxNode): SyntaxNode {
  let around = node;
  while (around.parent && around.type !== 'function_definition') around = around.parent;
  return around;
}
