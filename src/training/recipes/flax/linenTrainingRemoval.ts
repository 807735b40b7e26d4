import { removeItem } from '../../edits/listItem';
import { applyCallsIn, lossFunctionsOf } from '../../flax/lossFunctions';
import type { LinenModel } from '../../flax/linenPlaces';
import { flagOf, flagText } from '../../flax/linenTraining';
import type { Module } from '../../module';
import { argumentsOf, nodesIn, textOf } from '../../syntax';
import type { TextEdit, TextRange } from '../../textEdit';
import { removeTrailing } from './trailingArguments';

const addedStream =
  /^\{"(?:dropout|pool)": [\w.]+\.random\.fold_in\([\w.]+\.random\.key\(\d\), \w+\.step\)\}$/;

/**
 * Takes the flag and the random streams out again once nothing in the module uses them. Empty where something does, or
 * where they were not added by us.
 */
export function removeTraining(
  module: Module,
  model: LinenModel,
  removed: readonly TextRange[],
): readonly TextEdit[] {
  const { source } = module;
  const flag = flagOf(module, model);
  if (typeof flag === 'string' || !flag.parameter) return [];
  const { name, parameter } = flag;
  const isGone = ({ start, end }: TextRange): boolean =>
    removed.some((range) => range.start <= start && end <= range.end);
  const isUsed = nodesIn(model.call).some(
    (node) =>
      node.type === 'identifier' &&
      textOf(source, node) === name &&
      !(node.start >= parameter.start && node.end <= parameter.end) &&
      !isGone(node),
  );
  if (isUsed || textOf(source, parameter) !== flagText) return [];
  const [apply, ...others] = lossFunctionsOf(module).flatMap(({ api, definition, subject }) =>
    api === 'linen' ? applyCallsIn(module, definition, subject) : [],
  );
  if (!apply || others.length > 0) return [];
  const args = argumentsOf(source, apply);
  const given = args.find((argument) => textOf(source, argument.node) === 'train=True');
  const rngs = args.find((argument) => argument.name === 'rngs');
  const isOurs =
    given &&
    rngs &&
    args.at(-1) === rngs &&
    args.at(-2) === given &&
    addedStream.test(textOf(source, rngs.value));
  const cut = isOurs ? removeTrailing(source, apply, given, 'Remove the random stream') : undefined;
  return cut ? [...removeItem(source, parameter, 'Remove the argument train'), ...cut] : [];
}
