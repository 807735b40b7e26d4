import { planHelper, removeHelper } from '../../javascript/edits/helper';
import { insertItemAfter } from '../../javascript/edits/properties';
import { usesTensorflow } from '../../javascript/fits';
import type { JavaScriptModule } from '../../javascript/module';
import {
  argumentsOf,
  bare,
  calleeOf,
  callsIn,
  isBroken,
  literalText,
  methodOf,
  propertyOf,
} from '../../javascript/syntax';
import type { SyntaxNode } from '../../source';
import { textOf } from '../../syntax';
import { rangeOf } from '../../textEdit';
import type { JavaScriptRecipe, RecipeOffer } from '../recipe';
import { smoothedCrossentropy as helper } from './helpers/smoothedCrossentropy';
import { framework, present } from './offer';

const compiled = { technique: 'label-smoothing', variant: 'tfjs.label-smoothing.compile' } as const;
const direct = { technique: 'label-smoothing', variant: 'tfjs.label-smoothing.loss' } as const;

/** Label smoothing in the loss of compile, and in the losses that know it. */
export const labelSmoothing: JavaScriptRecipe = {
  technique: 'label-smoothing',
  framework,
  language: 'javascript',
  find: (module) => {
    if (!usesTensorflow(module)) return [];
    return callsIn(module.source.root).flatMap((call) => {
      if (isBroken(call)) return [];
      const offer = compileOffer(module, call) ?? lossOffer(module, call);
      return offer ? [offer] : [];
    });
  },
};

const advice = '0.05…0.2 are common.';

/** `loss: 'categoricalCrossentropy'` → `loss: smoothedCrossentropy(0.1)`. */
function compileOffer(module: JavaScriptModule, call: SyntaxNode): RecipeOffer | undefined {
  const { source } = module;
  if (methodOf(source, call)?.name !== 'compile') return undefined;
  const [first] = argumentsOf(call);
  const options = first && bare(first);
  const loss = options?.type === 'object' ? propertyOf(source, options, 'loss')?.value : undefined;
  if (!loss) return undefined;
  const callee = loss.type === 'call_expression' ? calleeOf(loss) : undefined;
  const detail = `One-hot labels are mixed with the uniform distribution: 0.1 of it. ${advice} evaluate reports the smoothed loss too; the accuracy is as before. save({includeOptimizer: true}) cannot write a loss that is a function.`;
  if (callee && textOf(source, callee) === helper.name) {
    const smoothing = argumentsOf(loss)[0];
    return present(compiled, {
      title: 'Label smoothing',
      detail,
      where: call,
      strength: smoothing?.type === 'number' ? smoothing : undefined,
      removal: () => {
        const quote = /(['"])\w+\1/.exec(source.text)?.[1] ?? "'";
        const { start, end } = loss;
        const name = `${quote}categoricalCrossentropy${quote}`;
        return [
          { start, end, newText: name, label: 'Remove label smoothing' },
          ...removeHelper(module, helper, [loss]),
        ];
      },
    });
  }
  if (literalText(source, loss) !== 'categoricalCrossentropy') return undefined;
  const plan = planHelper(module, helper);
  if (!plan) return undefined;
  const before = `${helper.name}(`;
  const stops = [{ start: before.length, end: before.length + 3 }];
  return {
    ...compiled,
    title: 'Smooth the labels of the loss',
    state: 'offered',
    detail,
    where: rangeOf(call),
    edits: () => [
      { start: loss.start, end: loss.end, newText: `${before}0.1)`, stops, label: 'Smooth labels' },
      ...plan.edits(),
    ],
  };
}

/** `tf.losses.softmaxCrossEntropy(labels, logits, undefined, 0.1)`. */
function lossOffer(module: JavaScriptModule, call: SyntaxNode): RecipeOffer | undefined {
  const { source, names } = module;
  const callee = calleeOf(call);
  const origin = (callee && names.origin(callee)) ?? '';
  if (!/^tf\.losses\.(?:softmax|sigmoid)CrossEntropy$/.test(origin)) return undefined;
  const args = argumentsOf(call);
  if (args.some(({ type }) => type === 'spread_element')) return undefined;
  const detail = `The labels are mixed with ${
    origin.includes('softmax') ? 'the uniform distribution' : '1/2'
  }: 0.1 of it. ${advice} Where the same function measures the test loss, that is smoothed too.`;
  const [, logits, weights, smoothing] = args;
  if (smoothing) {
    if (smoothing.type !== 'number' || !logits) return undefined;
    const isOurs = weights !== undefined && textOf(source, weights) === 'undefined';
    return present(direct, {
      title: 'Label smoothing',
      detail,
      where: call,
      strength: smoothing,
      removal: () =>
        isOurs && args.length === 4
          ? [
              {
                start: logits.end,
                end: smoothing.end,
                newText: '',
                label: 'Remove label smoothing',
              },
            ]
          : undefined,
    });
  }
  if (!logits || weights) return undefined;
  const text = 'undefined, 0.1';
  return {
    ...direct,
    title: 'Smooth the labels of the loss',
    state: 'offered',
    detail,
    where: rangeOf(call),
    edits: () =>
      insertItemAfter(
        source,
        logits,
        { newText: text, stops: [{ start: text.length - 3, end: text.length }] },
        'Smooth labels',
      ),
  };
}
