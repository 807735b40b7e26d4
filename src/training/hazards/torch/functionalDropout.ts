import { addKeyword } from '../../edits/keywords';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import {
  argumentsOf,
  argumentValue,
  callsIn,
  enclosing,
  fieldOf,
  partsOf,
  textOf,
} from '../../syntax';
import { isZero } from '../../recipes/torch/parameterGroups';
import { isModuleClass, selfOf } from '../../torch/modelClass';
import type { HazardFinding, PythonHazard } from '../hazard';

/** `F.dropout(x)` drops in evaluation too: `training` is True unless told otherwise. */
export const dropoutWithoutTraining: PythonHazard = {
  id: 'torch/dropout-without-training',
  title: 'F.dropout without `training=`, which drops in evaluation too.',
  severity: 'warning',
  language: 'python',
  find: (module) =>
    callsIn(module.source.root).flatMap((call): readonly HazardFinding[] => {
      const callee = fieldOf(call, 'function');
      const origin = callee && module.names.origin(callee);
      // The alpha variants have training=False as their default.
      const name = /^torch\.nn\.functional\.(dropout[123]?d?)$/.exec(origin ?? '')?.[1];
      if (name === undefined) return [];
      const self = moduleSelf(module, call);
      const args = argumentsOf(module.source, call);
      const rate = argumentValue(args, 'p', 1);
      const isOff = rate !== undefined && isZero(module.source, rate);
      if (self === undefined || isOff || args.some(({ isSplat }) => isSplat)) return [];
      if (argumentValue(args, 'training', 2)) return [];
      return [
        {
          message: `F.${name} drops in evaluation too, since its \`training\` is True unless told otherwise: model.eval() does not reach it`,
          where: { start: call.start, end: call.end },
          fix: {
            title: `Add training=${self}.training`,
            edits: () =>
              addKeyword(
                module.source,
                call,
                `training=${self}.training`,
                `training=${self}.training`,
              ),
          },
        },
      ];
    }),
};

/** `self` of the module's method around the call, where the call can read it and is not meant to be always random. */
function moduleSelf(module: Module, call: SyntaxNode): string | undefined {
  const method = enclosing(call, 'function_definition');
  const owner = method && enclosing(method, 'class_definition', 'function_definition');
  if (!method || owner?.type !== 'class_definition' || !isModuleClass(module, owner))
    return undefined;
  const name = fieldOf(method, 'name');
  if (name && /mc|monte|sample|uncertain/i.test(textOf(module.source, name))) return undefined;
  // Under `if self.training:` nothing is left to say.
  for (let node = call.parent; node && node !== method; node = node.parent) {
    const condition =
      fieldOf(node, 'condition') ??
      (node.type === 'conditional_expression' ? partsOf(node)[1] : undefined);
    if (condition && /\btraining\b/.test(textOf(module.source, condition))) return undefined;
  }
  const before = module.source.text.slice(method.start, call.start);
  if (/if not \w+\.training\b[^\n]*:\s*return/.test(before)) return undefined;
  return selfOf(module, method);
}
