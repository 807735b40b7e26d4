import { linenModelsOf } from '../../flax/linenPlaces';
import { applyCallsIn, lossFunctionsOf } from '../../flax/lossFunctions';
import { originOf } from '../../flax/optimizers';
import { argumentsOf, callsIn, textOf } from '../../syntax';
import type { PythonHazard } from '../hazard';

/** The gradient is taken of a loss that runs the model as in evaluation. */
export const lossWithoutTraining: PythonHazard = {
  id: 'flax/loss-without-training',
  title: 'The training loss applies the model with train=False, so that its dropout does nothing',
  severity: 'warning',
  language: 'python',
  find: (module) => {
    const { source } = module;
    const drops = linenModelsOf(module).some(({ call }) =>
      callsIn(call).some((one) => originOf(module, one) === 'flax.linen.Dropout'),
    );
    if (!drops) return [];
    return lossFunctionsOf(module).flatMap(({ api, definition, subject }) =>
      api !== 'linen'
        ? []
        : applyCallsIn(module, definition, subject).flatMap((apply) =>
            argumentsOf(source, apply).flatMap(({ name, value }) => {
              const isOff =
                name === 'deterministic'
                  ? textOf(source, value) === 'True'
                  : /^(?:train|training|is_training)$/.test(name ?? '') &&
                    textOf(source, value) === 'False';
              if (!isOff) return [];
              const { start, end } = value;
              const newText = name === 'deterministic' ? 'False' : 'True';
              return [
                {
                  message:
                    'The gradient is taken of the model as it evaluates: its dropout never drops anything. A step that trains ' +
                    'hands over the opposite, with rngs={"dropout": key}.',
                  where: { start, end },
                  ...(hasStream(source.text.slice(apply.start, apply.end)) && {
                    fix: {
                      title: `Use ${name ?? ''}=${newText}`,
                      edits: () => [{ start, end, newText }],
                    },
                  }),
                },
              ];
            }),
          ),
    );
  },
};

function hasStream(apply: string): boolean {
  return /\brngs\s*=/.test(apply);
}
