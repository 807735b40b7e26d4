import { insertBefore, statementOf } from '../../edits/insertStatement';
import { removeStatement } from '../../edits/removal';
import { constructionOf, linenModelsOf } from '../../flax/linenPlaces';
import type { LinenModel } from '../../flax/linenPlaces';
import { linenTraining } from '../../flax/linenTraining';
import { librariesFor } from '../../flax/names';
import { originOf } from '../../flax/optimizers';
import { assignmentOf, neighbour } from '../../flax/statements';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, enclosing, fieldOf, nodesIn, textOf } from '../../syntax';
import { isBroken } from '../brokenCode';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { importLines } from './helpers';
import { removeTraining } from './linenTrainingRemoval';
import { allOf, offered, present, unavailable } from './offer';

/**
 * Stochastic depth on the residual branch of a loop in a compact method of Linen, more often in later rounds.
 *
 * @see Huang et al., Deep Networks with Stochastic Depth, ECCV 2016
 */
export const linenStochasticDepth: PythonRecipe = {
  technique: 'stochastic-depth',
  framework: 'Flax',
  language: 'python',
  find: (module) =>
    linenModelsOf(module).flatMap((model) =>
      additionsOf(module, model).map((addition) => offerFor(module, model, addition)),
    ),
};

const facts = {
  technique: 'stochastic-depth',
  variant: 'linen.stochastic-depth.loop',
  title: 'Skip this residual branch at random (stochastic depth)',
} as const;

interface Addition {
  readonly statement: SyntaxNode;
  /** The name of the branch. */
  readonly branch: string;
  readonly loop: SyntaxNode;
}

/** `x = x + y` or `x = nn.relu(x + y)` in a loop, where `y` is made in the same round. */
function additionsOf({ source }: Module, { call }: LinenModel): readonly Addition[] {
  return nodesIn(call).flatMap((sum) => {
    if (sum.type !== 'binary_operator' || fieldOf(sum, 'operator')?.type !== '+') return [];
    const [left, right] = [fieldOf(sum, 'left'), fieldOf(sum, 'right')];
    const loop = enclosing(sum, 'for_statement');
    const statement = statementOf(sum);
    const assignment = assignmentOf(statement);
    if (left?.type !== 'identifier' || right?.type !== 'identifier' || !assignment || !loop)
      return [];
    const target = textOf(source, assignment.target);
    const names = [textOf(source, left), textOf(source, right)];
    const branch = names.find((name) => name !== target);
    const isBoth = names.includes(target) && branch !== undefined;
    if (!isBoth || statement.parent !== fieldOf(loop, 'body')) return [];
    const earlier = nodesIn(loop).flatMap((node) =>
      node.start < statement.start ? (assignmentOf(node) ?? []) : [],
    );
    const isMade = earlier.some(
      (one) => textOf(source, one.target) === branch && one.value.type === 'call',
    );
    return isMade ? [{ statement, branch, loop }] : [];
  });
}

function offerFor(module: Module, model: LinenModel, addition: Addition): RecipeOffer {
  const { source } = module;
  const { statement, branch, loop } = addition;
  const previous = neighbour(statement, -1);
  const use = previous && assignmentOf(previous)?.value;
  const dropout = use && constructionOf(use);
  if (
    previous &&
    dropout &&
    originOf(module, dropout) === 'flax.linen.Dropout' &&
    /broadcast_dims/.test(textOf(source, dropout))
  ) {
    const detail = `The branch goes through ${textOf(source, dropout)}`;
    return present({ ...facts, title: 'Stochastic depth on this branch', detail }, statement, {
      strength: strengthOf(argumentsOf(source, dropout)[0]?.value),
      removal: () => {
        const line = removeStatement(source, previous, 'Remove the skipping');
        return line && [line, ...removeTraining(module, model, [line])];
      },
    });
  }
  const no = (detail: string): RecipeOffer => unavailable({ ...facts, detail }, statement);
  if (isBroken(statement)) return no('The code around this addition has a syntax error');
  const schedule = scheduleOf(module, loop);
  if (schedule === undefined)
    return no('The rounds of the loop are not counted: for i in range(n)');
  const training = linenTraining(module, model, 'dropout');
  if (typeof training === 'string') return no(training);
  const libraries = librariesFor(module, statement, ['flax.linen']);
  if (!libraries) return no('The name nn means something else in this file');
  const nn = libraries.text('flax.linen');
  const line =
    `${branch} = ${nn}.Dropout(\${1:0.2} * ${schedule}, broadcast_dims=tuple(range(1, ${branch}.ndim)), ` +
    `deterministic=${training.evaluate})(${branch})`;
  const edits = allOf(
    insertBefore(source, statement, line, 'Skip the branch here'),
    training.edits,
    importLines(module, statement, [...libraries.imports, ...training.imports]),
  );
  if (!edits) return no('The statement shares its line with another');
  const detail =
    'In training the branch of a whole sample is dropped at random, from never in the first round to 0.2 in the last, and scaled ' +
    'up otherwise; evaluation runs all rounds. Every axis but the batch shares the mask. The loss function hands over ' +
    'train=True and a key that is folded with the step.';
  return offered({ ...facts, detail }, statement, () => edits);
}

/** `0.2` of `0.2 * i / (5 - 1)`. */
function strengthOf(rate: SyntaxNode | undefined): SyntaxNode | undefined {
  let node = rate;
  while (node?.type === 'binary_operator') node = fieldOf(node, 'left');
  return node;
}

/** From 0 in the first round to 1 in the last: `i / (5 - 1)`. */
function scheduleOf({ source }: Module, loop: SyntaxNode): string | undefined {
  const [target, iterated] = [fieldOf(loop, 'left'), fieldOf(loop, 'right')];
  const callee = iterated?.type === 'call' ? fieldOf(iterated, 'function') : undefined;
  const [count, ...others] = iterated?.type === 'call' ? argumentsOf(source, iterated) : [];
  const isRange = callee !== undefined && textOf(source, callee) === 'range';
  if (!isRange || !count || others.length > 0 || target?.type !== 'identifier') return undefined;
  const name = textOf(source, target);
  const depth = textOf(source, count.value);
  if (name === '_' || /[\r\n#]/.test(depth)) return undefined;
  return /^\d+$/.test(depth)
    ? `${name} / ${Math.max(Number(depth) - 1, 1)}`
    : `${name} / max(${depth} - 1, 1)`;
}
