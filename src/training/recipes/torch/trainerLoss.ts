import { insertHelper } from '../../edits/helper';
import { insertAfter } from '../../edits/insertStatement';
import { removeUnused } from '../../edits/removal';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { fieldOf, nodesIn, partsOf, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import { methodOf } from '../../torch/modelClass';
import type { TrainerCall } from '../../torch/trainerCalls';
import { removeTerm, termsIn } from './lossTerm';
import type { LossTerm } from './lossTerm';

const className = 'RegularizedTrainer';

const subclass = (base: string, pattern: string): string =>
  `class ${className}(${base}):
    def compute_loss(self, model, inputs, return_outputs=False, **kwargs):
        loss, outputs = super().compute_loss(model, inputs, return_outputs=True, **kwargs)
        if model.training:  # evaluation keeps the plain loss
            loss = loss + ${pattern}
        return (loss, outputs) if return_outputs else loss`;

/** What a penalty needs at module level. */
export interface Helper {
  readonly name: string;
  readonly code: string;
  readonly imports: readonly string[];
}

/**
 * Adds a term to the loss of Hugging Face's Trainer, in training only: through a subclass, which the call then makes.
 * Undefined where the file has a subclass of its own, or something else by that name.
 */
export function addTrainerTerm(
  module: Module,
  { call, callee, own, base }: TrainerCall,
  pattern: string,
  helper?: Helper,
): readonly TextEdit[] | undefined {
  const { source, names } = module;
  const label = 'Add the term to the loss of training';
  const helpers = helper
    ? [insertHelper(source, helper.code, call, `Add ${helper.name}`, helper.imports)]
    : [];
  if (own) {
    const block = textOf(source, callee) === className ? trainingBlock(module, own) : undefined;
    const last = block && partsOf(block).at(-1);
    const edit = last && insertAfter(source, last, `loss = loss + ${pattern}`, label);
    return edit && [...helpers, edit];
  }
  if (names.lookup(className, call).length > 0) return undefined;
  return [
    ...helpers,
    insertHelper(source, subclass(base, pattern), call, `Add ${className}`),
    { start: callee.start, end: callee.end, newText: className, label: `${base} → ${className}` },
  ];
}

function trainingBlock(module: Module, own: SyntaxNode): SyntaxNode | undefined {
  const method = methodOf(module, own, 'compute_loss');
  const condition = method
    ? nodesIn(method).find(
        (node) =>
          node.type === 'if_statement' &&
          textOf(module.source, fieldOf(node, 'condition') ?? node) === 'model.training',
      )
    : undefined;
  return condition && fieldOf(condition, 'consequence');
}

/** The term of the loss of the file's own Trainer whose penalty is of some kind. */
export function trainerTerm(
  module: Module,
  { own }: TrainerCall,
  isKind: (text: string) => boolean,
): LossTerm | undefined {
  const method = own && methodOf(module, own, 'compute_loss');
  return (
    method && termsIn(module, method).find(({ penalty }) => isKind(textOf(module.source, penalty)))
  );
}

/** Takes the term out, and the subclass where it was added for nothing else. */
export function removeTrainerTerm(
  module: Module,
  { callee, own, base }: TrainerCall,
  term: LossTerm,
  helpers: readonly string[] = [],
  imports: readonly string[] = [],
): readonly TextEdit[] | undefined {
  const { source } = module;
  const block = own && trainingBlock(module, own);
  const isOnly = block !== undefined && partsOf(block).length === 1;
  const label = 'Remove the term';
  if (isOnly && block === term.statement.parent && textOf(source, callee) === className) {
    const edit = { start: callee.start, end: callee.end, newText: base, label };
    return [edit, ...removeUnused(source, { helpers: [className, ...helpers], imports }, [edit])];
  }
  const edits = removeTerm(module, term, label);
  return edits && [...edits, ...removeUnused(source, { helpers, imports }, edits)];
}
