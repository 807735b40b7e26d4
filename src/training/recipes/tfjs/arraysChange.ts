import { indentAt, lineBreakOf, lineEnd, lineStart } from '../../edits/layout';
import { planHelper, removeHelper } from '../../javascript/edits/helper';
import { appendItem, removeItem } from '../../javascript/edits/properties';
import { standsAlone } from '../../javascript/edits/statements';
import { styleOf } from '../../javascript/edits/style';
import type { Fit } from '../../javascript/fits';
import type { JavaScriptModule } from '../../javascript/module';
import { namespaceIn } from '../../javascript/names';
import {
  argumentsOf,
  calleeOf,
  hasSpread,
  isBroken,
  propertyOf,
  statementOf,
} from '../../javascript/syntax';
import type { SyntaxNode } from '../../source';
import { fieldOf, nodesIn, partsOf, textOf } from '../../syntax';
import { rangeOf } from '../../textEdit';
import type { TextEdit } from '../../textEdit';
import type { RecipeOffer } from '../recipe';
import type { BatchChange } from './batchChange';
import { present, styled } from './offer';

/**
 * fit on tensors in a loop over epochs, each on data that is changed anew:
 * `for (let epoch = 0; epoch < 10; epoch++) { const mixed = mixup(xs, ys, 0.2); await model.fit(mixed.xs, mixed.ys, {…}); … }`.
 */
export function arraysOffer(
  module: JavaScriptModule,
  fit: Fit,
  change: BatchChange,
  isApplicable: boolean,
): RecipeOffer | undefined {
  const { source } = module;
  if (isBroken(fit.call)) return undefined;
  const variant = { technique: change.technique, variant: `tfjs.${change.technique}.epochs` };
  const existing = loopAround(module, fit, change);
  if (existing) {
    const strength = argumentsOf(existing.change).at(-1);
    return present(variant, {
      title: `${change.helper.name} of the training data`,
      detail: change.detail,
      where: fit.call,
      strength: strength?.type === 'number' ? strength : undefined,
      removal: () => removal(module, fit, existing, change),
    });
  }
  const statement = statementOf(fit.call);
  const plan = planHelper(module, change.helper);
  const epochs = fit.options && propertyOf(source, fit.options, 'epochs')?.value;
  if (!isApplicable || !statement || !plan || !fit.options || !epochs) return undefined;
  const content = partsOf(statement)[0];
  const isAwaited = content?.type === 'await_expression' && partsOf(content)[0] === fit.call;
  const isPlain =
    statement.type === 'expression_statement' &&
    isAwaited &&
    standsAlone(source, statement) &&
    !hasSpread(fit.options) &&
    fit.data.every((node) => /^(?:identifier|member_expression)$/.test(node.type)) &&
    // The last part of the data would be validated on as it is mixed, and callbacks would see many trainings.
    ['validationSplit', 'initialEpoch', 'callbacks'].every(
      (key) => fit.options && !propertyOf(source, fit.options, key),
    ) &&
    nodesIn(statement).every(
      (node) =>
        node.type !== 'template_string' &&
        !(node.type === 'identifier' && /^(?:epoch|mixed|changed)$/.test(textOf(source, node))),
    );
  if (!isPlain) return undefined;
  return {
    ...variant,
    title: `Add ${change.words}`,
    state: 'offered',
    detail: `${change.detail} fit runs once for each epoch, on data that is changed anew.`,
    where: rangeOf(fit.call),
    edits: () => [...loopEdits(module, fit, { statement, epochs }, change), ...plan.edits()],
  };
}

function loopEdits(
  { source, names }: JavaScriptModule,
  fit: Fit,
  place: { readonly statement: SyntaxNode; readonly epochs: SyntaxNode },
  change: BatchChange,
): readonly TextEdit[] {
  const { text } = source;
  const { statement, epochs } = place;
  const style = styleOf(source);
  const lineBreak = lineBreakOf(text);
  const margin = indentAt(text, statement.start);
  const label = 'Change the data in each epoch';
  const [xs, ys] = fit.data.map((node) => textOf(source, node));
  const [first, second] = fit.data;
  const { name } = change.helper;
  const variable = change.isOfLabels ? 'mixed' : 'changed';
  if (xs === undefined || ys === undefined || !first || !second || !fit.options) return [];
  const made = change.isOfLabels
    ? `${name}(${xs}, ${ys}, ${change.strength})`
    : `${name}(${xs}, ${change.strength})`;
  const count = textOf(source, epochs);
  const head = `for (let epoch = 0; epoch < ${count}; epoch++) {`;
  const draw = styled(`const ${variable} = ${made};`, style);
  const before = `${head}${lineBreak}${margin}${style.indent}`;
  const shift = before.length;
  const inner = `${lineBreak}${margin}${style.indent}`;
  const end = lineEnd(text, statement.end);
  return [
    {
      start: statement.start,
      end: statement.start,
      newText: before + draw.newText + inner,
      stops: (draw.stops ?? []).map((stop) => ({
        start: stop.start + shift,
        end: stop.end + shift,
      })),
      label,
    },
    ...linesBelow(text, statement).map((at) => ({
      start: at,
      end: at,
      newText: style.indent,
      label: 'Indent',
    })),
    {
      start: first.start,
      end: first.end,
      newText: change.isOfLabels ? 'mixed.xs' : 'changed',
      label,
    },
    ...(change.isOfLabels
      ? [{ start: second.start, end: second.end, newText: 'mixed.ys', label }]
      : []),
    { start: epochs.start, end: epochs.end, newText: 'epoch + 1', label },
    ...appendItem(source, fit.options, { newText: 'initialEpoch: epoch' }, label).map((edit) => ({
      ...edit,
      // A line that is added inside the statement goes in by one level like the others.
      newText: edit.newText.replace(/(\r?\n)/g, `$1${style.indent}`),
    })),
    {
      start: end,
      end,
      newText: `${inner}${namespaceIn(source, names) ?? 'tf'}.dispose(${variable})${style.end}${lineBreak}${margin}}`,
      label,
    },
  ];
}

/** Starts of the lines of a statement below its first, those without text left out. */
function linesBelow(text: string, { start, end }: SyntaxNode): readonly number[] {
  const starts: number[] = [];
  for (let at = text.indexOf('\n', start); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) {
    if (lineEnd(text, at + 1) > at + 1) starts.push(at + 1);
  }
  return starts;
}

interface ExistingLoop {
  readonly loop: SyntaxNode;
  /** The statement that makes the changed data, and its call of the helper. */
  readonly draw: SyntaxNode;
  readonly change: SyntaxNode;
  readonly step: SyntaxNode;
  readonly dispose: SyntaxNode;
}

/** A loop as it is added above, around this call of fit. */
function loopAround(
  { source }: JavaScriptModule,
  { call }: Fit,
  { helper }: BatchChange,
): ExistingLoop | undefined {
  const step = statementOf(call);
  const block = step?.parent;
  const loop = block?.parent;
  if (!step || block?.type !== 'statement_block' || loop?.type !== 'for_statement')
    return undefined;
  const [draw, second, dispose, ...others] = partsOf(block);
  if (!draw || second !== step || !dispose || others.length > 0) return undefined;
  const declarator = partsOf(draw)[0];
  const value = declarator && fieldOf(declarator, 'value');
  const callee = value && calleeOf(value);
  const isOurs =
    callee && textOf(source, callee) === helper.name && /\.dispose\(/.test(textOf(source, dispose));
  return isOurs === true ? { loop, draw, change: value, step, dispose } : undefined;
}

function removal(
  module: JavaScriptModule,
  fit: Fit,
  { loop, draw, change, step }: ExistingLoop,
  { helper, isOfLabels }: BatchChange,
): readonly TextEdit[] | undefined {
  const { source } = module;
  const { text } = source;
  const label = `Remove ${helper.name}`;
  const condition = fieldOf(loop, 'condition');
  const count = condition && /^epoch\s*<\s*([^;]+?)\s*;?$/s.exec(textOf(source, condition))?.[1];
  const epochs = fit.options && propertyOf(source, fit.options, 'epochs')?.value;
  const initial = fit.options && propertyOf(source, fit.options, 'initialEpoch')?.node;
  const [xs, ys] = argumentsOf(change);
  const [first, second] = fit.data;
  if (count === undefined || !epochs || !initial || !xs || !ys || !first || !second)
    return undefined;
  const cut = removeItem(source, initial, label);
  if (!cut || !standsAlone(source, loop) || !standsAlone(source, draw)) return undefined;
  const { indent } = styleOf(source);
  const gone = (start: number, end: number): TextEdit => ({ start, end, newText: '', label });
  const isCut = (at: number): boolean => cut.some((edit) => edit.start <= at && at < edit.end);
  return [
    gone(loop.start, step.start),
    ...linesBelow(text, step)
      .filter((at) => text.startsWith(indent, at) && !isCut(at) && lineStart(text, at) === at)
      .map((at) => gone(at, at + indent.length)),
    { start: first.start, end: first.end, newText: textOf(source, xs), label },
    ...(isOfLabels
      ? [{ start: second.start, end: second.end, newText: textOf(source, ys), label }]
      : []),
    { start: epochs.start, end: epochs.end, newText: count, label },
    ...cut,
    gone(lineEnd(text, step.end), loop.end),
    ...removeHelper(module, helper, [change]),
  ];
}
