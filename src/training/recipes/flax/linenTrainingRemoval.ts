import { removeItem } from '../../edits/listItem';
import { applyCallsIn, lossFunctionsOf } from '../../flax/lossFunctions';
import type { LinenModel } from '../../flax/linenPlaces';
import { flagOf, flagText } from '../../flax/linenTraining';
import type { Module } from '../../module';
import { argumentsOf, callsIn, fieldOf, nodesIn, textOf } from '../../syntax';
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
  const [apply, ...others] = lossFunctionsOf(module).flatMap(({ api, definition, subject }) =>
    api === 'linen' ? applyCallsIn(module, definition, subject) : [],
  );
  if (!apply || others.length > 0) return [];
  const args = argumentsOf(source, apply);
  const on = flag.isInverted ? `${name}=False` : `${name}=True`;
  const given = args.find((argument) => textOf(source, argument.node) === on);
  const rngs = args.at(-1);
  if (rngs?.name !== 'rngs' || !addedStream.test(textOf(source, rngs.value))) return [];
  const label = 'Remove the random stream';
  if (isUsed || !given || args.at(-2) !== given) {
    // The flag is for something else too, which had it before; the stream may be so as well.
    return drawsElsewhere(module, model, isGone)
      ? []
      : (removeTrailing(source, apply, rngs, label) ?? []);
  }
  const cut = removeTrailing(source, apply, given, label);
  const isOurs = textOf(source, parameter) === flagText;
  const argument = isOurs ? removeItem(source, parameter, 'Remove the argument train') : [];
  return cut ? [...argument, ...cut] : [];
}

/** Whether the module draws random numbers in another place. */
function drawsElsewhere(
  module: Module,
  { call }: LinenModel,
  isGone: (range: TextRange) => boolean,
): boolean {
  return callsIn(call).some((node) => {
    const callee = fieldOf(node, 'function');
    const name = callee ? textOf(module.source, callee) : '';
    return !isGone(node) && /Drop\w*$|make_rng$/.test(name);
  });
}
