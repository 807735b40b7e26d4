import { addKeyword, removeArgument } from '../../edits/keywords';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, argumentValue, callsIn, enclosing, fieldOf, textOf } from '../../syntax';
import { lossPlaces } from '../../torch/lossPlaces';
import { rangeOf } from '../../textEdit';
import { isBroken } from '../brokenCode';
import type { Recipe, RecipeOffer } from '../recipe';
import { isZero } from './parameterGroups';

/** A function or class that can smooth labels by itself. */
interface Smoothing {
  readonly keyword: string;
  /** Its position among the arguments, where it may stand without a name. */
  readonly position: number;
  readonly variant: string;
  readonly isFunction: boolean;
  readonly detail: string;
}

const share =
  'Each label keeps 90 % and 10 % are spread over all classes, so that the network is not pushed to outputs of 0 or 1; 0.05…0.2 are common. ';

const smoothings: ReadonlyMap<string, Smoothing> = new Map(
  Object.entries({
    'torch.nn.CrossEntropyLoss': {
      keyword: 'label_smoothing',
      position: 5,
      variant: 'torch.label-smoothing.criterion',
      isFunction: false,
      detail: `${share}A criterion that is shared with validation reports the smoothed loss there too. Mixup softens labels already: use one of the two.`,
    },
    'torch.nn.functional.cross_entropy': {
      keyword: 'label_smoothing',
      position: 7,
      variant: 'torch.label-smoothing.functional',
      isFunction: true,
      detail: `${share}The loss of validation is left as it is. Mixup softens labels already: use one of the two.`,
    },
    'transformers.TrainingArguments': {
      keyword: 'label_smoothing_factor',
      position: Infinity,
      variant: 'trainer.label-smoothing.arguments',
      isFunction: false,
      detail: `${share}The Trainer takes the labels out of the inputs and computes the loss itself, in evaluation as well, so that eval_loss is smoothed too.`,
    },
  }),
);

/**
 * Label smoothing, a keyword of the cross entropy.
 *
 * @see Szegedy et al., Rethinking the Inception Architecture for Computer Vision, CVPR 2016, section 7
 */
export const labelSmoothing: Recipe = {
  technique: 'label-smoothing',
  framework: 'PyTorch',
  language: 'python',
  find: (module) =>
    callsIn(module.source.root).flatMap((call): readonly RecipeOffer[] => {
      const callee = fieldOf(call, 'function');
      const origin = (callee && module.names.origin(callee)) ?? '';
      const smoothing = smoothings.get(origin.replace('.Seq2SeqTraining', '.Training'));
      if (!smoothing) return [];
      if (smoothing.isFunction && !isTrainingLoss(module, call)) return [];
      return offerFor(module, call, smoothing);
    }),
};

/** Whether the call computes a loss that gradients are taken of: evaluation calls the same function. */
function isTrainingLoss(module: Module, call: SyntaxNode): boolean {
  const isInPlace = lossPlaces(module).some(({ loss }) => {
    const { computed, use, scope } = loss;
    const isNear = [computed, use].some(
      (node) => node !== undefined && node.start <= call.start && call.end <= node.end,
    );
    // A term may have been added to the loss since: then this call is in an assignment before.
    const assigned = enclosing(call, 'assignment');
    const left = assigned && fieldOf(assigned, 'left');
    const isNamed = left !== undefined && textOf(module.source, left) === loss.name;
    return isNear || (isNamed && enclosing(call, 'function_definition') === functionOf(scope));
  });
  return isInPlace;
}

function functionOf(scope: SyntaxNode): SyntaxNode | undefined {
  return scope.type === 'function_definition' ? scope : undefined;
}

function offerFor(
  { source }: Module,
  call: SyntaxNode,
  { keyword, position, variant, detail }: Smoothing,
): readonly RecipeOffer[] {
  const args = argumentsOf(source, call);
  const value = argumentValue(args, keyword, Number.isFinite(position) ? position : args.length);
  const offer = {
    technique: 'label-smoothing',
    variant,
    where: rangeOf(call),
    edits: () => [],
  } as const;
  if (isBroken(call)) return [];
  if (value && !isZero(source, value)) {
    const argument = args.find((candidate) => candidate.name === keyword);
    return [
      {
        ...offer,
        title: 'Label smoothing',
        state: 'present',
        detail: `${keyword} is ${textOf(source, value)}`,
        strength: rangeOf(value),
        ...(argument
          ? {
              removal: () => {
                const edits = removeArgument(source, call, argument, `Remove ${keyword}`);
                return edits.length > 0 ? edits : undefined;
              },
            }
          : {}),
      },
    ];
  }
  if (args.some(({ isSplat }) => isSplat)) return [];
  // One of the two losses of mixup, whose labels are soft already.
  if (call.parent?.type === 'binary_operator' && fieldOf(call.parent, 'operator')?.type === '*') {
    return [];
  }
  const label = `${keyword}=0.1`;
  return [
    {
      ...offer,
      title: 'Add label smoothing',
      state: 'offered',
      detail,
      edits: () =>
        value
          ? [
              {
                start: value.start,
                end: value.end,
                newText: '0.1',
                stops: [{ start: 0, end: 3 }],
                label,
              },
            ]
          : addKeyword(source, call, `${keyword}=\${1:0.1}`, label),
    },
  ];
}
