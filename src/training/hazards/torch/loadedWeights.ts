import { addKeyword } from '../../edits/keywords';
import { argumentsOf, callsIn, fieldOf, textOf } from '../../syntax';
import type { HazardFinding, PythonHazard } from '../hazard';

/** `torch.load` that may run code of the file. */
export const loadWithoutWeightsOnly: PythonHazard = {
  id: 'torch/load-without-weights-only',
  title: 'torch.load without `weights_only`, which runs code of the file before PyTorch 2.6.',
  severity: 'hint',
  language: 'python',
  find: ({ source, names }) =>
    callsIn(source.root).flatMap((call): readonly HazardFinding[] => {
      const callee = fieldOf(call, 'function');
      if (!callee || names.origin(callee) !== 'torch.load') return [];
      const args = argumentsOf(source, call);
      const isSaid = args.some(
        ({ name, isSplat }) => isSplat || name === 'weights_only' || name === 'pickle_module',
      );
      if (isSaid || args.length === 0) return [];
      const around = call.parent?.type === 'argument_list' ? call.parent.parent : undefined;
      const user = around?.type === 'call' ? fieldOf(around, 'function') : undefined;
      const isStateDict = user && /\.load_state_dict$/.test(textOf(source, user));
      const label = 'weights_only=True';
      const fix = {
        title: 'Add weights_only=True',
        edits: () => addKeyword(source, call, label, label),
      };
      return [
        {
          message:
            'Before PyTorch 2.6 this unpickles the file and so runs whatever code it holds; weights_only=True reads tensors and plain values only',
          where: { start: call.start, end: call.end },
          ...(isStateDict === true ? { fix } : {}),
        },
      ];
    }),
};
