import { removeStatement, removeUnused } from '../../edits/removal';
import { statementOf } from '../../edits/insertStatement';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, fieldOf, nodesIn, partsOf, textOf } from '../../syntax';
import { rangeOf } from '../../textEdit';
import type { TextEdit } from '../../textEdit';
import type { LossPlace } from '../../torch/lossPlaces';
import { ownNodes } from '../../torch/optimizerSteps';
import type { RecipeOffer } from '../recipe';

const mixers = /^(?:mixup|mix_up|mixup_\w+|MixUp|Mixup|cutmix\w*|CutMix|mixup_fn)$/;

/** Mixup that a training loop has: a call of something by that name. */
export function mixupPresent(module: Module, place: LossPlace): RecipeOffer | undefined {
  const { source, names } = module;
  const call = ownNodes(module, place.loss.scope).find((node) => {
    const callee = node.type === 'call' ? fieldOf(node, 'function') : undefined;
    return callee !== undefined && mixers.test(textOf(source, callee).split('.').at(-1) ?? '');
  });
  if (!call) return undefined;
  const callee = fieldOf(call, 'function');
  const [binding] =
    callee?.type === 'identifier' ? names.lookup(textOf(source, callee), callee) : [];
  const made = binding?.value?.type === 'call' ? binding.value : undefined;
  const alpha = argumentsOf(source, made ?? call).find(({ name }) => name === 'alpha')?.value;
  const family = place.lightning ? 'lightning' : 'torch';
  return {
    technique: 'mixup',
    variant: `${family}.mixup.${made ? 'v2' : 'loop'}`,
    title: 'Mixup',
    state: 'present',
    detail: `Batches are mixed${alpha ? `, α is ${textOf(source, alpha)}` : ''}`,
    where: place.where,
    edits: () => [],
    ...(alpha ? { strength: rangeOf(alpha) } : {}),
    removal: () => (made ? removeTransform(module, call) : removeMixedLoss(module, place, call)),
  };
}

/** Takes `x, y = mixup(x, y)` out, and the transform. */
function removeTransform({ source }: Module, call: SyntaxNode): readonly TextEdit[] | undefined {
  const edit = removeStatement(source, statementOf(call), 'Remove mixup');
  if (!edit) return undefined;
  const imports = ['from torchvision.transforms import v2'];
  return [edit, ...removeUnused(source, { helpers: ['mixup'], imports }, [edit])];
}

/** `lam * criterion(output, target_a) + (1 - lam) * criterion(output, target_b)` → `criterion(output, target)`. */
function removeMixedLoss(
  module: Module,
  { loss }: LossPlace,
  call: SyntaxNode,
): readonly TextEdit[] | undefined {
  const { source } = module;
  const assignment = call.parent;
  const left = assignment?.type === 'assignment' ? fieldOf(assignment, 'left') : undefined;
  const [, a, , lam, ...more] = left ? partsOf(left) : [];
  const labels = argumentsOf(source, call)[1]?.value;
  if (!a || !lam || more.length > 0 || !labels) return undefined;
  const weight = textOf(source, lam);
  const sum = ownNodes(module, loss.scope).find((node) => {
    if (node.type !== 'binary_operator' || fieldOf(node, 'operator')?.type !== '+') return false;
    const first = fieldOf(node, 'left');
    const second = fieldOf(node, 'right');
    const isWeighted = first && textOf(source, fieldOf(first, 'left') ?? first) === weight;
    return isWeighted && second && textOf(source, second).startsWith(`(1 - ${weight}) *`);
  });
  const kept = sum && fieldOf(fieldOf(sum, 'left') ?? sum, 'right');
  const inner = kept
    ? nodesIn(kept).filter(
        (node) => node.type === 'identifier' && textOf(source, node) === textOf(source, a),
      )
    : [];
  const [use, ...others] = inner;
  const line = removeStatement(source, statementOf(call), 'Remove mixup');
  if (!sum || !kept || !use || others.length > 0 || !line) return undefined;
  const { parent } = sum;
  const isWrapped =
    parent?.type === 'parenthesized_expression' && parent.parent?.type !== 'assignment';
  const whole = isWrapped ? parent : sum;
  const label = 'Take the loss of the labels';
  const edits = [
    line,
    { start: whole.start, end: kept.start, newText: '', label },
    { start: use.start, end: use.end, newText: textOf(source, labels), label },
    { start: kept.end, end: whole.end, newText: '', label },
  ];
  const unused = removeUnused(source, { helpers: ['mixup'], imports: ['import torch'] }, edits);
  return [...edits, ...unused];
}
