import { lossFunctionsIn, readsLosses } from '../../javascript/loops';
import type { LossFunction } from '../../javascript/loops';
import type { JavaScriptModule } from '../../javascript/module';
import { bare, functionTypes, isBroken } from '../../javascript/syntax';
import type { SyntaxNode } from '../../source';
import { enclosing, fieldOf, nodesIn, partsOf, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import type { JavaScriptHazard } from '../hazard';
import { hasPenalties } from './layersInUse';

/** A loss of one's own without `model.calculateLosses()`. */
export const penaltiesInLoop: JavaScriptHazard = {
  id: 'tfjs/loop-without-penalties',
  title: 'A training loop leaves the penalties of regularized layers out of its loss.',
  severity: 'warning',
  language: 'javascript',
  find: (module) => {
    if (!hasPenalties(module) || readsLosses(module)) return [];
    return lossFunctionsIn(module).flatMap((loss) => {
      const models = new Set(loss.forwards.map(({ model }) => model));
      const [model] = models;
      if (model === undefined || isBroken(loss.call)) return [];
      const edits = models.size === 1 ? withPenalties(module, loss, model) : undefined;
      return [
        {
          message: `kernelRegularizer adds to the loss of fit only; in this loop the penalties of ${model}.calculateLosses() have no effect`,
          where: { start: loss.call.start, end: loss.call.end },
          ...(edits && { fix: { title: 'Add the penalties to the loss', edits: () => edits } }),
        },
      ];
    });
  },
};

/** `loss` → `model.calculateLosses().reduce((a, b) => a.add(b), loss)`, where the function returns it at one place. */
function withPenalties(
  { source }: JavaScriptModule,
  { closure }: LossFunction,
  model: string,
): readonly TextEdit[] | undefined {
  const value = resultOf(closure);
  if (!value || /[\r\n]/.test(model) || bare(value).type === 'object') return undefined;
  const label = 'Add the penalties to the loss';
  const before = `${model}.calculateLosses().reduce((a, b) => a.add(b), `;
  const isText = textOf(source, value).trim() !== '';
  return isText
    ? [
        { start: value.start, end: value.start, newText: before, label },
        { start: value.end, end: value.end, newText: ')', label },
      ]
    : undefined;
}

function resultOf(closure: SyntaxNode): SyntaxNode | undefined {
  const body = fieldOf(closure, 'body');
  if (!body) return undefined;
  if (body.type !== 'statement_block') return body;
  const returns = nodesIn(body).filter(
    (node) =>
      node.type === 'return_statement' &&
      enclosing(node, ...functionTypes) === closure &&
      partsOf(node).length > 0,
  );
  const [only, ...others] = returns;
  return only && others.length === 0 ? partsOf(only)[0] : undefined;
}
