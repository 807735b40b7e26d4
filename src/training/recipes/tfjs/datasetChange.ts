import { indentAt, lineBreakOf, lineStart } from '../../edits/layout';
import { planHelper, removeHelper } from '../../javascript/edits/helper';
import { around } from '../../javascript/edits/properties';
import { styleOf } from '../../javascript/edits/style';
import type { Fit } from '../../javascript/fits';
import type { JavaScriptModule } from '../../javascript/module';
import { argumentsOf, bare, calleeOf, isBroken, methodOf } from '../../javascript/syntax';
import type { SyntaxNode } from '../../source';
import { fieldOf, nodesIn, textOf } from '../../syntax';
import { rangeOf } from '../../textEdit';
import type { RecipeOffer } from '../recipe';
import type { BatchChange } from './batchChange';
import { present, styled } from './offer';

/** The change behind `.batch(…)` of the dataset that fitDataset is given. */
export function datasetOffer(
  module: JavaScriptModule,
  { data, call }: Fit,
  change: BatchChange,
  isApplicable: boolean,
): RecipeOffer | undefined {
  const { source } = module;
  const dataset = data[0] && pipelineOf(module, data[0]);
  if (!dataset || isBroken(dataset) || isBroken(call)) return undefined;
  const variant = {
    technique: change.technique,
    variant: `tfjs.${change.technique}.dataset`,
  };
  const steps = stepsOf(module, dataset);
  const existing = steps.find((step) => ourCall(module, step, change) !== undefined);
  const inner = existing && ourCall(module, existing, change);
  const before = existing && methodOf(source, existing)?.object;
  if (existing && inner && before) {
    const strength = argumentsOf(inner).at(-1);
    const label = `Remove ${change.helper.name}`;
    return present(variant, {
      title: `${change.helper.name} of the training batches`,
      detail: change.detail,
      where: call,
      strength: strength?.type === 'number' ? strength : undefined,
      removal: () => [
        { start: before.end, end: existing.end, newText: '', label },
        ...removeHelper(module, change.helper, [existing]),
      ],
    });
  }
  const batch = steps.find((step) => methodOf(source, step)?.name === 'batch');
  const plan = planHelper(module, change.helper);
  if (!isApplicable || !batch || !plan || isShared(module, data[0], call)) return undefined;
  const style = styleOf(source);
  const parameters = style.isTyped ? '({xs, ys}: any)' : '({xs, ys})';
  const { name } = change.helper;
  const value = change.isOfLabels
    ? `${name}(xs, ys, ${change.strength})`
    : `({xs: ${name}(xs, ${change.strength}), ys})`;
  const step = styled(`.map(${parameters} => ${value})`, style);
  return {
    ...variant,
    title: `Add ${change.words}`,
    state: 'offered',
    detail: change.detail,
    where: rangeOf(call),
    edits: () => [
      {
        start: batch.end,
        end: batch.end,
        ...around(lineBefore(source.text, batch), step, ''),
        label: `Call ${name}`,
      },
      ...plan.edits(),
    ],
  };
}

/** The call chain that makes the dataset. */
function pipelineOf(
  { source, names }: JavaScriptModule,
  given: SyntaxNode,
): SyntaxNode | undefined {
  const node = bare(given);
  if (node.type === 'call_expression') return node;
  if (node.type !== 'identifier') return undefined;
  const [binding, ...others] = names.lookup(textOf(source, node), node);
  if (others.length > 0 || binding?.value === undefined || binding.path?.length !== 0) {
    return undefined;
  }
  const value = bare(binding.value);
  return value.type === 'call_expression' ? value : undefined;
}

/** Calls of the chain, the last one first. */
function stepsOf({ source }: JavaScriptModule, dataset: SyntaxNode): readonly SyntaxNode[] {
  const steps: SyntaxNode[] = [];
  let node: SyntaxNode | undefined = dataset;
  while (node?.type === 'call_expression' && steps.length < 64) {
    steps.push(node);
    node = methodOf(source, node)?.object;
  }
  return steps;
}

/** The call of the helper in `.map(({xs, ys}) => …)`. */
function ourCall(
  { source }: JavaScriptModule,
  step: SyntaxNode,
  { helper }: BatchChange,
): SyntaxNode | undefined {
  if (methodOf(source, step)?.name !== 'map') return undefined;
  const [arrow] = argumentsOf(step);
  return (
    arrow &&
    nodesIn(arrow).find((node) => {
      const callee = node.type === 'call_expression' ? calleeOf(node) : undefined;
      return callee !== undefined && textOf(source, callee) === helper.name;
    })
  );
}

/** Whether the dataset is used for something besides this training: validation would be changed too. */
function isShared(
  { source }: JavaScriptModule,
  dataset: SyntaxNode | undefined,
  fit: SyntaxNode,
): boolean {
  const name = dataset && bare(dataset);
  if (name?.type !== 'identifier') return false;
  const text = textOf(source, name);
  return nodesIn(source.root).some((node) => {
    const isUse =
      (node.type === 'identifier' || node.type === 'shorthand_property_identifier') &&
      textOf(source, node) === text &&
      node !== name;
    if (!isUse) return false;
    const isDeclared = node.field === 'name' && node.parent?.type === 'variable_declarator';
    const isInFit = fit.start <= node.start && node.end <= fit.end;
    const isExported = node.parent?.type === 'export_specifier';
    return !isExported && (!isDeclared || isInFit);
  });
}

/** A chain that has its calls on lines of their own goes on like that. */
function lineBefore(text: string, batch: SyntaxNode): string {
  const callee = fieldOf(batch, 'function');
  const property = callee && fieldOf(callee, 'property');
  const start = property ? lineStart(text, property.start) : 0;
  const isOwnLine = property && text.slice(start, property.start).trim() === '.';
  return isOwnLine === true ? lineBreakOf(text) + indentAt(text, property.start) : '';
}
