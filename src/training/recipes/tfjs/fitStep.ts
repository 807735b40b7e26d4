import { planHelper, removeHelper } from '../../javascript/edits/helper';
import { appendItem, insertItemAfter, removeItem } from '../../javascript/edits/properties';
import { insertStatementAfter, removeStatement } from '../../javascript/edits/statements';
import { styleOf } from '../../javascript/edits/style';
import type { Fit } from '../../javascript/fits';
import type { JavaScriptModule } from '../../javascript/module';
import {
  bare,
  hasSpread,
  isBroken,
  propertiesOf,
  propertyOf,
  statementOf,
} from '../../javascript/syntax';
import type { SyntaxNode } from '../../source';
import { fieldOf, partsOf } from '../../syntax';
import { rangeOf } from '../../textEdit';
import type { TextEdit } from '../../textEdit';
import type { RecipeOffer } from '../recipe';
import type { BatchStep } from './batchStep';
import { present, styled, unavailable } from './offer';
import { helperCalls, strengthOf } from './stepCalls';

/** The step as `onBatchEnd` of a call of fit. */
export function fitOffer(
  module: JavaScriptModule,
  fit: Fit,
  step: BatchStep,
  rate: string | undefined,
): RecipeOffer | undefined {
  const { variant, words, detail } = step;
  if (isBroken(fit.call)) return undefined;
  const title = `Add ${words}`;
  const [call] = fit.options ? helperCalls(module, fit.options, step, fit.model) : [];
  if (call) {
    return present(variant, {
      title: `${step.helper.name} after each batch`,
      detail,
      where: fit.call,
      strength: strengthOf(call),
      removal: () => removal(module, fit, call, step),
    });
  }
  const plan = planHelper(module, step.helper);
  const place = placeOf(module, fit);
  if (typeof place === 'string') return unavailable(variant, title, place, fit.call);
  if (!plan || !place) return undefined;
  const code = `${step.helper.name}(${fit.model}, ${step.strength(rate)})`;
  const edits = place(code, `Call ${step.helper.name}`);
  if (edits.length === 0) return undefined;
  return {
    ...variant,
    title,
    state: 'offered',
    detail,
    where: rangeOf(fit.call),
    edits: () => [...edits, ...plan.edits()],
  };
}

type Place = (code: string, label: string) => readonly TextEdit[];

const inUse =
  'The callbacks of this call come from elsewhere; call the helper in their onBatchEnd instead';

/** How a call is put into onBatchEnd; a reason where it cannot be. */
function placeOf({ source }: JavaScriptModule, fit: Fit): Place | string | undefined {
  const style = styleOf(source);
  const { options } = fit;
  if (!options) {
    const last = fit.data.at(-1);
    return (
      last &&
      ((code, label) =>
        insertItemAfter(
          source,
          last,
          styled(`{callbacks: {onBatchEnd: () => ${code}}}`, style),
          label,
        ))
    );
  }
  if (hasSpread(options)) return undefined;
  const callbacks = propertyOf(source, options, 'callbacks');
  if (!callbacks) {
    return (code, label) =>
      appendItem(source, options, styled(`callbacks: {onBatchEnd: () => ${code}}`, style), label);
  }
  const object = callbacks.value && bare(callbacks.value);
  if (object?.type !== 'object' || hasSpread(object)) return inUse;
  const handler = propertyOf(source, object, 'onBatchEnd');
  if (!handler) {
    return (code, label) =>
      appendItem(source, object, styled(`onBatchEnd: () => ${code}`, style), label);
  }
  const body = fieldOf(handler.value ?? handler.node, 'body');
  const last = body?.type === 'statement_block' ? partsOf(body).at(-1) : undefined;
  if (!last || last.type === 'return_statement') {
    return 'onBatchEnd is in use here; give it a body in braces, to which a call can be added';
  }
  return (code, label) => insertStatementAfter(source, last, styled(`${code};`, style), label);
}

function removal(
  module: JavaScriptModule,
  { options, data }: Fit,
  call: SyntaxNode,
  { helper }: BatchStep,
): readonly TextEdit[] | undefined {
  const { source } = module;
  const label = `Remove ${helper.name}`;
  const withHelper = (edits: readonly TextEdit[] | undefined): readonly TextEdit[] | undefined =>
    edits && [...edits, ...removeHelper(module, helper, [call])];
  const arrow = call.parent;
  if (arrow?.type === 'arrow_function' && fieldOf(arrow, 'body') === call) {
    const handler = arrow.parent;
    const object = handler?.parent;
    const callbacks = object?.parent;
    if (handler?.type !== 'pair' || object?.type !== 'object' || !callbacks) return undefined;
    if (partsOf(object).length > 1) return withHelper(removeItem(source, handler, label));
    if (callbacks.parent !== options || !options) return undefined;
    if (propertiesOf(source, options).length > 1) {
      return withHelper(removeItem(source, callbacks, label));
    }
    return data.length > 0 ? withHelper(removeItem(source, options, label)) : undefined;
  }
  const statement = statementOf(call);
  const isWhole = statement && bare(partsOf(statement)[0] ?? statement) === call;
  return isWhole ? withHelper(removeStatement(source, statement, label)) : undefined;
}
