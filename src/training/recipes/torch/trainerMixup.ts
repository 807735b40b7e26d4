import { qualifiedName } from '../../edits/addImport';
import { insertHelper } from '../../edits/helper';
import { removeUnused } from '../../edits/removal';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { fieldOf, nodesIn, textOf } from '../../syntax';
import { rangeOf } from '../../textEdit';
import type { TextEdit } from '../../textEdit';
import { isImageClassifier, trainerCalls } from '../../torch/trainerCalls';
import type { TrainerCall } from '../../torch/trainerCalls';
import { isBroken } from '../brokenCode';
import type { Recipe, RecipeOffer } from '../recipe';

const className = 'MixupTrainer';

const code = (base: string, torch: string): string =>
  `class ${className}(${base}):
    """Trains on mixed images; evaluation is left as it is."""

    alpha = \${1:0.2}

    def compute_loss(self, model, inputs, return_outputs=False, **kwargs):
        if not model.training:
            return super().compute_loss(model, inputs, return_outputs=return_outputs, **kwargs)
        x, y = inputs["pixel_values"], inputs["labels"]
        lam = ${torch}.distributions.Beta(self.alpha, self.alpha).sample().item()
        perm = ${torch}.randperm(x.size(0), device=x.device)
        outputs = model(pixel_values=lam * x + (1 - lam) * x[perm])
        ce = ${torch}.nn.functional.cross_entropy
        loss = lam * ce(outputs.logits, y) + (1 - lam) * ce(outputs.logits, y[perm])
        return (loss, outputs) if return_outputs else loss`;

/** Mixup with Hugging Face's Trainer: a subclass that mixes images, never token ids. */
export const trainerMixup: Recipe = {
  technique: 'mixup',
  framework: 'Hugging Face Trainer',
  language: 'python',
  find: (module) =>
    isImageClassifier(module)
      ? trainerCalls(module).flatMap((trainer) => offersFor(module, trainer))
      : [],
};

function offersFor(module: Module, trainer: TrainerCall): readonly RecipeOffer[] {
  const { source, names } = module;
  const { call, callee, own, base } = trainer;
  const offer = {
    technique: 'mixup',
    variant: 'trainer.mixup.subclass',
    where: rangeOf(call),
    edits: () => [],
  } as const;
  const isMixer = own !== undefined && /\bmix_?up\w*\(|class \w*Mixup/i.test(textOf(source, own));
  if (own && isMixer) {
    const alpha = alphaOf(module, own);
    return [
      {
        ...offer,
        title: 'Mixup in the Trainer',
        state: 'present',
        detail: `Images are mixed in training${alpha ? `, α is ${textOf(source, alpha)}` : ''}`,
        ...(alpha ? { strength: rangeOf(alpha) } : {}),
        removal: () => remove(module, trainer),
      },
    ];
  }
  if (own || isBroken(call) || names.lookup(className, call).length > 0) return [];
  const torch = qualifiedName(module, 'torch', source.root, {
    fallback: { line: 'import torch', binds: 'torch', origin: 'torch' },
  });
  if (!torch) return [];
  const edits: readonly TextEdit[] = [
    insertHelper(source, code(base, torch.text), call, `Add ${className}`, torch.imports),
    { ...rangeOf(callee), newText: className, label: `${base} → ${className}` },
  ];
  return [
    {
      ...offer,
      title: 'Add mixup to the Trainer',
      state: 'offered',
      detail:
        'A subclass mixes each batch of images with a shuffled copy of itself, with a weight drawn from Beta(0.2, 0.2), and the cross entropy of both sets of labels with the same weight. It takes pixel_values and labels only and computes the loss itself; evaluation is left as it is.',
      edits: () => edits,
    },
  ];
}

/** The value of the class attribute `alpha`. */
function alphaOf({ source }: Module, own: SyntaxNode): SyntaxNode | undefined {
  const assignment = nodesIn(own).find(
    (node) =>
      node.type === 'assignment' && textOf(source, fieldOf(node, 'left') ?? node) === 'alpha',
  );
  return assignment && fieldOf(assignment, 'right');
}

function remove(
  { source }: Module,
  { callee, base }: TrainerCall,
): readonly TextEdit[] | undefined {
  if (textOf(source, callee) !== className) return undefined;
  const edit = { ...rangeOf(callee), newText: base, label: 'Remove mixup' };
  const unused = removeUnused(source, { helpers: [className], imports: ['import torch'] }, [edit]);
  return [edit, ...unused];
}
