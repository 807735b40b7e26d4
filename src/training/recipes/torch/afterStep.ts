import { addImports, qualifiedName } from '../../edits/addImport';
import { freeName } from '../../edits/freeName';
import { insertAfter, insertBefore, statementOf } from '../../edits/insertStatement';
import { removeStatement } from '../../edits/removal';
import { lineBreakOf } from '../../edits/layout';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { callsIn, fieldOf, partsOf, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import type { LossPlace } from '../../torch/lossPlaces';
import { stepsByHand } from '../../torch/lightning';
import { methodOf } from '../../torch/modelClass';
import { ownNodes } from '../../torch/optimizerSteps';

/** Something that is done to every weight that an optimizer has just changed. */
export interface WeightRule {
  /** What the lines say: `proximal L1 step: exact zeros`. */
  readonly comment: string;
  /** The function whose call shows that the lines are there: `softshrink`. */
  readonly marker: string;
  readonly label: string;
  /** The change of the weight `p` of the parameter group `group`; undefined where a name that it needs is taken. */
  readonly change: (names: {
    readonly p: string;
    readonly group: string;
  }) => { readonly pattern: string; readonly imports: readonly string[] } | undefined;
}

/** Where a rule acts after each step: behind the step of a loop, or in Lightning's `optimizer_step`. */
export function addAfterStep(
  module: Module,
  place: LossPlace,
  rule: WeightRule,
): readonly TextEdit[] | undefined {
  const { source } = module;
  const { step, lightning } = place;
  if (step) {
    const block = blockFor(module, step.statement, step.optimizer, rule);
    const edit = block && insertAfter(source, step.statement, block.lines, rule.label);
    return edit && withImports(module, edit, block.imports, step.statement);
  }
  if (!lightning || stepsByHand(module, lightning)) return undefined;
  const own = methodOf(module, lightning, 'optimizer_step');
  if (own) {
    const call = callToSuper(module, own);
    const block = call && blockFor(module, call, 'optimizer', rule);
    const edit = call && block && insertAfter(source, statementOf(call), block.lines, rule.label);
    return edit && withImports(module, edit, block.imports, call);
  }
  const before =
    methodOf(module, lightning, 'configure_optimizers') ??
    methodOf(module, lightning, 'training_step');
  const block = before && blockFor(module, before, 'optimizer', rule);
  if (!block) return undefined;
  const lines = [
    'def optimizer_step(self, epoch, batch_idx, optimizer, optimizer_closure=None):',
    '    super().optimizer_step(epoch, batch_idx, optimizer, optimizer_closure)',
    ...block.lines.split('\n').map((line) => `    ${line}`),
    '',
  ];
  const edit = insertBefore(source, statementOf(before), lines.join('\n'), rule.label);
  return edit && withImports(module, edit, block.imports, before);
}

function withImports(
  { source }: Module,
  edit: TextEdit,
  imports: readonly string[],
  at: SyntaxNode,
): readonly TextEdit[] | undefined {
  if (imports.length === 0) return [edit];
  const added = addImports(source, imports, at);
  return added && [edit, added];
}

function blockFor(
  module: Module,
  at: SyntaxNode,
  optimizer: string,
  { comment, change }: WeightRule,
): { readonly lines: string; readonly imports: readonly string[] } | undefined {
  const noGrad = qualifiedName(module, 'torch.no_grad', at, {
    fallback: { line: 'import torch', binds: 'torch', origin: 'torch' },
  });
  const p = freeName(module, at, 'p', 'param', 'parameter');
  const group = freeName(module, at, 'group', 'param_group');
  if (!noGrad || p === undefined || group === undefined) return undefined;
  const changed = change({ p, group });
  if (!changed) return undefined;
  const lines = [
    `with ${noGrad.text}():  # ${comment}`,
    `    for ${group} in ${optimizer}.param_groups:`,
    `        for ${p} in ${group}["params"]:`,
    `            if ${p}.grad is not None and ${p}.ndim > 1:`,
    `                ${changed.pattern}`,
  ];
  return {
    lines: lines.join('\n'),
    imports: [...new Set([...noGrad.imports, ...changed.imports])],
  };
}

function callToSuper({ source }: Module, method: SyntaxNode): SyntaxNode | undefined {
  return callsIn(method).find((call) => {
    const callee = fieldOf(call, 'function');
    return callee !== undefined && /^super\(.*\)\.optimizer_step$/.test(textOf(source, callee));
  });
}

/** The call of a rule's function at a place, and the lines around it where they are as addAfterStep writes them. */
export interface RuleFound {
  readonly call: SyntaxNode;
  readonly block: SyntaxNode | undefined;
}

export function foundAfterStep(
  module: Module,
  { step, lightning }: LossPlace,
  marker: string,
): RuleFound | undefined {
  const { source } = module;
  const method = lightning && methodOf(module, lightning, 'optimizer_step');
  const scope = step?.scope ?? method;
  if (!scope) return undefined;
  const optimizer = step?.optimizer ?? 'optimizer';
  for (const call of ownNodes(module, scope).filter(({ type }) => type === 'call')) {
    const callee = fieldOf(call, 'function');
    if (!callee || textOf(source, callee).split('.').at(-1) !== marker) continue;
    let block: SyntaxNode | undefined = call;
    while (block && block.type !== 'with_statement' && block !== scope) block = block.parent;
    if (block?.type !== 'with_statement') return { call, block: undefined };
    const text = textOf(source, block);
    const isOurs = text.includes(` in ${optimizer}.param_groups:`) && callsIn(block).length <= 3;
    if (isOurs) return { call, block };
    if (!text.includes('.param_groups:')) return { call, block: undefined };
  }
  return undefined;
}

/** Takes the lines of a rule out, and Lightning's `optimizer_step` with them where nothing else is in it. */
export function removeAfterStep(
  { source }: Module,
  { block }: RuleFound,
  label: string,
): TextEdit | undefined {
  const suite = block?.parent;
  if (!block || !suite) return undefined;
  const method = suite.parent;
  const isMethod = method?.type === 'function_definition' && partsOf(suite).length === 2;
  const [first] = partsOf(suite);
  const isSuper =
    isMethod && first !== undefined && textOf(source, first).startsWith('super().optimizer_step(');
  if (!isSuper) return removeStatement(source, block, label);
  const edit = removeStatement(source, method, label);
  if (!edit) return undefined;
  // The blank line that came with the method.
  const lineBreak = lineBreakOf(source.text);
  const end = source.text.startsWith(lineBreak, edit.end) ? edit.end + lineBreak.length : edit.end;
  return { ...edit, end };
}
