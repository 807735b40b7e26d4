import { layersIn } from '../../javascript/layers';
import type { JavaScriptModule } from '../../javascript/module';
import { numberOf } from '../../javascript/numbers';
import { styleOf } from '../../javascript/edits/style';
import { factoryText } from '../../javascript/factory';
import {
  argumentsOf,
  bare,
  calleeOf,
  callsIn,
  isBroken,
  literalText,
  propertiesOf,
} from '../../javascript/syntax';
import { textOf } from '../../syntax';
import type { HazardFinding, JavaScriptHazard } from '../hazard';

/** `'l2'` and `l2(0.01)`, which are Keras' ways of writing and throw in TensorFlow.js. */
export const regularizerArguments: JavaScriptHazard = {
  id: 'tfjs/regularizer-arguments',
  title: 'A regularizer is written as in Keras, which throws in TensorFlow.js.',
  severity: 'warning',
  language: 'javascript',
  find: (module) => [...strings(module), ...numbers(module)],
};

function strings(module: JavaScriptModule): readonly HazardFinding[] {
  const { source } = module;
  return layersIn(module).flatMap((layer) => {
    const { config, isOwn, call } = layer;
    if (!config || isOwn || isBroken(call)) return [];
    return propertiesOf(source, config).flatMap(({ key, value }) => {
      const given = value && bare(value);
      const name = given && literalText(source, given);
      if (key === undefined || !key.endsWith('Regularizer') || !given) return [];
      if (name !== 'l1' && name !== 'l2') return [];
      const factory = factoryText(module, call, 'dense')?.replace(/layers\.dense$/, '');
      const { pad } = styleOf(source);
      const newText = `${factory ?? ''}regularizers.${name}({${pad}${name}: 0.01${pad}})`;
      const { start, end } = given;
      return [
        {
          message: `${key} knows the string 'l1l2' only; '${name}' throws`,
          where: { start, end },
          ...(factory !== undefined &&
            factory !== '' && {
              fix: {
                title: `Write ${newText}`,
                edits: () => [{ start, end, newText, label: `Write ${name} as a call` }],
              },
            }),
        },
      ];
    });
  });
}

function numbers(module: JavaScriptModule): readonly HazardFinding[] {
  const { source, names } = module;
  return callsIn(source.root).flatMap((call) => {
    const callee = calleeOf(call);
    const origin = (callee && names.origin(callee)) ?? '';
    const name = /^tf\.regularizers\.(l1|l2|l1l2)$/.exec(origin)?.[1];
    const [first, ...others] = argumentsOf(call);
    if (name === undefined || !first || isBroken(call)) return [];
    if (numberOf(module, first) === undefined) return [];
    const isOne = others.length === 0 && name !== 'l1l2';
    const { pad } = styleOf(source);
    const { start, end } = first;
    const newText = `{${pad}${name}: ${textOf(source, first)}${pad}}`;
    return [
      {
        message: `${name} takes an object in TensorFlow.js; a number throws`,
        where: { start: call.start, end: call.end },
        ...(isOne && {
          fix: {
            title: `Write ${newText}`,
            edits: () => [{ start, end, newText, label: 'Give the strength by its name' }],
          },
        }),
      },
    ];
  });
}
