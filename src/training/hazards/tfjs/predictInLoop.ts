import { insertItemAfter } from '../../javascript/edits/properties';
import { styleOf } from '../../javascript/edits/style';
import { lossFunctionsIn } from '../../javascript/loops';
import type { ForwardPass } from '../../javascript/loops';
import type { JavaScriptModule } from '../../javascript/module';
import { argumentsOf, calleeOf, isBroken } from '../../javascript/syntax';
import { fieldOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import type { JavaScriptHazard } from '../hazard';
import { trainingOnly } from './layersInUse';

/** `model.predict(x)` where the loss of a training step is computed. */
export const predictInLoop: JavaScriptHazard = {
  id: 'tfjs/predict-in-training',
  title: 'A training loop calls the model as for prediction, so that dropout does nothing.',
  severity: 'warning',
  language: 'javascript',
  find: (module) => {
    const inactive = trainingOnly(module);
    if (inactive === undefined) return [];
    return lossFunctionsIn(module).flatMap(({ forwards }) =>
      forwards.flatMap((forward) => {
        const { call, isTraining, model } = forward;
        if (isTraining || isBroken(call)) return [];
        const edits = toTraining(module, forward);
        const how = forward.method === 'predict' ? 'predict' : 'apply without {training: true}';
        return [
          {
            message: `${how} runs the layers as for prediction: ${inactive} of ${model} are not in effect while it is trained`,
            where: { start: call.start, end: call.end },
            ...(edits && {
              fix: { title: 'Call apply with {training: true}', edits: () => edits },
            }),
          },
        ];
      }),
    );
  },
};

function toTraining(
  { source }: JavaScriptModule,
  { call }: ForwardPass,
): readonly TextEdit[] | undefined {
  const args = argumentsOf(call);
  const callee = calleeOf(call);
  const property = callee && fieldOf(callee, 'property');
  const [first] = args;
  if (!property || !first || first.type === 'spread_element' || args.length > 1) return undefined;
  const label = 'Call apply with {training: true}';
  const { pad } = styleOf(source);
  return [
    { start: property.start, end: property.end, newText: 'apply', label },
    ...insertItemAfter(source, first, { newText: `{${pad}training: true${pad}}` }, label),
  ];
}
