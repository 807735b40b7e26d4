import { planHelper, removeHelper } from '../../javascript/edits/helper';
import {
  insertStatementAfter,
  removeStatement,
  standsAlone,
} from '../../javascript/edits/statements';
import { styleOf } from '../../javascript/edits/style';
import { rateOfOptimizer } from '../../javascript/fits';
import { lossFunctionsIn } from '../../javascript/loops';
import type { LossFunction } from '../../javascript/loops';
import type { JavaScriptModule } from '../../javascript/module';
import { callsIn, isBroken, methodOf, statementOf } from '../../javascript/syntax';
import type { SyntaxNode } from '../../source';
import { partsOf } from '../../syntax';
import { rangeOf } from '../../textEdit';
import type { RecipeOffer } from '../recipe';
import type { BatchStep } from './batchStep';
import { present, styled } from './offer';
import { helperCalls, strengthOf } from './stepCalls';

/** The step behind `optimizer.minimize(…)` or `optimizer.applyGradients(…)`. */
export function loopOffers(module: JavaScriptModule, step: BatchStep): readonly RecipeOffer[] {
  return lossFunctionsIn(module).flatMap((loss) => {
    const offer = offerFor(module, loss, step);
    return offer ? [offer] : [];
  });
}

function offerFor(
  module: JavaScriptModule,
  loss: LossFunction,
  step: BatchStep,
): RecipeOffer | undefined {
  const { source, names } = module;
  const update = updateOf(module, loss);
  const models = new Set(loss.forwards.map(({ model }) => model));
  const [model] = models;
  if (!update || model === undefined || models.size > 1 || isBroken(loss.call)) return undefined;
  const { statement, optimizer } = update;
  const base = loss.forwards[0]?.call;
  const root = base && rootOf(base);
  // The model must mean the same behind the step as in the loss.
  const isVisible =
    root?.type === 'this' ||
    (root?.type === 'identifier' &&
      names.lookup(nameOf(source.text, root), root)[0] ===
        names.lookup(nameOf(source.text, root), statement)[0]);
  if (!isVisible) return undefined;

  const { variant, words, detail, helper } = step;
  const [call] = statement.parent ? helperCalls(module, statement.parent, step, model) : [];
  if (call) {
    return present(variant, {
      title: `${helper.name} after each step`,
      detail,
      where: loss.call,
      strength: strengthOf(call),
      removal: () => {
        const own = statementOf(call);
        const edits = own && removeStatement(source, own, `Remove ${helper.name}`);
        return edits && [...edits, ...removeHelper(module, helper, [call])];
      },
    });
  }
  const plan = planHelper(module, helper);
  if (!plan || !standsAlone(source, statement)) return undefined;
  const code = `${helper.name}(${model}, ${step.strength(rateOfOptimizer(module, optimizer, statement))});`;
  return {
    ...variant,
    title: `Add ${words}`,
    state: 'offered',
    detail: detail.replaceAll('After each batch', 'After each step'),
    where: rangeOf(loss.call),
    edits: () => [
      ...insertStatementAfter(
        source,
        statement,
        styled(code, styleOf(source)),
        `Call ${helper.name}`,
      ),
      ...plan.edits(),
    ],
  };
}

/** The statement that changes the weights, and its optimizer. */
function updateOf(
  { source }: JavaScriptModule,
  { call, optimizer }: LossFunction,
): { readonly statement: SyntaxNode; readonly optimizer: SyntaxNode } | undefined {
  const statement = statementOf(call);
  if (!statement) return undefined;
  const isMinimize = methodOf(source, call)?.name === 'minimize';
  if (isMinimize && optimizer) {
    const isPlain = /^(?:expression_statement|lexical_declaration|variable_declaration)$/.test(
      statement.type,
    );
    return isPlain ? { statement, optimizer } : undefined;
  }
  // The gradients are applied by a later statement of the same block.
  for (const later of statement.parent ? partsOf(statement.parent) : []) {
    if (later.start < statement.end || later.type !== 'expression_statement') continue;
    for (const inner of callsIn(later)) {
      const method = methodOf(source, inner);
      if (method?.name === 'applyGradients') return { statement: later, optimizer: method.object };
    }
  }
  return undefined;
}

/** The innermost object of `this.model.apply(…)`. */
function rootOf(call: SyntaxNode): SyntaxNode {
  let node = call;
  while (node.type === 'call_expression' || node.type === 'member_expression') {
    const next = node.children[0];
    if (!next) break;
    node = next;
  }
  return node;
}

function nameOf(text: string, { start, end }: SyntaxNode): string {
  return text.slice(start, end);
}
