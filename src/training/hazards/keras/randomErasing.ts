import { addKeyword } from '../../edits/keywords';
import { stepsOf } from '../../keras/flow';
import { isUnitRescaling } from '../../keras/inputs';
import { layerCallsIn } from '../../keras/layerCalls';
import { isBroken } from '../../recipes/brokenCode';
import type { PythonHazard } from '../hazard';

/** Keras fills with noise of the range 0…255 unless told otherwise. */
export const randomErasingNoise: PythonHazard = {
  id: 'keras/random-erasing-noise',
  title: 'RandomErasing fills with noise of up to 255 in images that are scaled to 0…1.',
  severity: 'warning',
  language: 'python',
  find: (module) =>
    layerCallsIn(module, module.source.root).flatMap(({ call, type, args }) => {
      if (type !== 'RandomErasing' || isBroken(call)) return [];
      if (
        args.some(({ name, isSplat }) => isSplat || /^(?:fill_value|value_range)$/.test(name ?? ''))
      ) {
        return [];
      }
      const step = stepsOf(module).find((candidate) => candidate.layer?.call === call);
      let before = step?.previous[0];
      for (let i = 0; i < 8 && before && !isUnitRescaling(module, before); i++) {
        before = before.previous[0];
      }
      // Arrays may have been scaled before they come to the model.
      const isScaled =
        before !== undefined || /\/=?\s*255(?:\.0*)?\b/.test(withoutModel(module.source.text));
      const positional = args.filter(({ name }) => name === undefined).length;
      if (!isScaled || positional > 2) return [];
      return [
        {
          message:
            'The images are scaled to 0…1, and RandomErasing fills holes with noise of up to 255 by default: set fill_value and value_range',
          where: { start: call.start, end: call.end },
          fix: {
            title: 'Fill holes with 0: fill_value=0.0, value_range=(0, 1)',
            edits: () =>
              addKeyword(
                module.source,
                call,
                'fill_value=0.0, value_range=(0, 1)',
                'Set fill_value and value_range',
              ),
          },
        },
      ];
    }),
};

/** The text without the scales of layers, which may stand behind the erasing. */
function withoutModel(text: string): string {
  return text.replace(/Rescaling\([^)]*\)/g, '').replace(/#.*$/gm, '');
}
