import { insertAfter, statementOf } from '../../edits/insertStatement';
import { removeStatement } from '../../edits/removal';
import { trainingDatasets } from '../../keras/datasets';
import type { TrainingDataset } from '../../keras/datasets';
import { kerasNameOf } from '../../keras/kerasName';
import { layerCallsIn } from '../../keras/layerCalls';
import { compileCalls, fitCalls } from '../../keras/trainingCalls';
import type { ModelCall } from '../../keras/trainingCalls';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, argumentValue, callsIn, fieldOf, literalString, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import { helperEdits, removeHelper } from './helpers/helper';
import { mixupArrays, mixupBatch } from './helpers/mixup';
import { offered, present, unavailable } from './offer';
import type { PythonRecipe, RecipeOffer } from '../recipe';

const onDataset = {
  technique: 'mixup',
  variant: 'keras.mixup.dataset',
  title: 'Mix training samples and labels (mixup)',
} as const;

const onArrays = {
  technique: 'mixup',
  variant: 'keras.mixup.arrays',
  title: 'Mix training samples and labels (mixup)',
} as const;

const detail =
  'Each training sample becomes a weighted mean of two, its label the same mean of both labels; the weight is drawn from Beta(α, α). 0.2 is usual for large sets of images, 1.0 for small ones. Test data stay as they are; the accuracy in training is against mixed labels and says little.';

/** Mixup of batches in `tf.data`, or of arrays in `fit`. Labels must be one-hot, since mixed ones are no classes. */
export const mixupBatches: PythonRecipe = {
  technique: 'mixup',
  framework: 'Keras',
  language: 'python',
  find: (module) => {
    if (!module.source.text.includes('keras')) return [];
    const there = presentOffers(module);
    if (there.length > 0) return there;
    return [
      ...trainingDatasets(module).map((dataset) => datasetOffer(module, dataset)),
      ...fitCalls(module).flatMap((fit) => arraysOffer(module, fit) ?? []),
    ];
  },
};

/** Why the labels cannot be mixed with this model's loss. */
function obstacleIn(module: Module, model: string): string | undefined {
  const compiles = compileCalls(module).filter((compile) => compile.model === model);
  const names = compiles.flatMap(({ args }) => {
    const loss = argumentValue(args, 'loss', 1);
    const callee = loss?.type === 'call' ? fieldOf(loss, 'function') : undefined;
    if (!loss) return [];
    return [
      literalString(module.source, loss) ?? (callee ? kerasNameOf(module, callee) : undefined),
    ];
  });
  const isCategorical = (name: string | undefined): boolean =>
    name === 'categorical_crossentropy' || name === 'losses.CategoricalCrossentropy';
  if (names.length > 0 && names.every(isCategorical)) return undefined;
  if (names.some((name) => /sparse/i.test(name ?? ''))) {
    return 'The loss takes class numbers: make the labels of training and test data one-hot and use categorical_crossentropy, then samples can be mixed';
  }
  return 'Mixup is for a categorical crossentropy, and this model has another loss';
}

function datasetOffer(module: Module, dataset: TrainingDataset): RecipeOffer {
  const { fit, name, statement, isShared } = dataset;
  if (isShared) {
    return unavailable(
      onDataset,
      fit.call,
      `${name} is used for tests as well, which must not be mixed`,
    );
  }
  const obstacle = obstacleIn(module, fit.model);
  if (obstacle !== undefined) return unavailable(onDataset, fit.call, obstacle);
  const callee = layerCallsIn(module, module.source.root)[0]?.callee;
  const helper = callee
    ? helperEdits(module, mixupBatch, { callee, user: statement })
    : 'No layer of Keras is made in this file';
  if (typeof helper === 'string') return unavailable(onDataset, fit.call, helper);
  const line = `${name} = ${name}.map(lambda x, y: mixup(x, y, alpha=\${1:0.2}))`;
  const edit = insertAfter(module.source, statement, line, 'Mix each batch');
  if (!edit) return unavailable(onDataset, fit.call, 'Another statement stands on this line');
  return offered(onDataset, fit.call, detail, [...helper, edit]);
}

function arraysOffer(module: Module, fit: ModelCall): RecipeOffer | undefined {
  const { call, args, model } = fit;
  const [x, y] = args;
  if (!x || !y || x.name !== undefined || y.name !== undefined || x.isSplat || y.isSplat) {
    return undefined;
  }
  const obstacle = obstacleIn(module, model);
  if (obstacle !== undefined) return unavailable(onArrays, call, obstacle);
  const other = args.find(({ name }) =>
    /^(?:validation_split|sample_weight|class_weight)$/.test(name ?? ''),
  );
  if (other) {
    return unavailable(
      onArrays,
      call,
      `${other.name ?? ''} does not go with data that come in batches`,
    );
  }
  const batch = args.find(({ name }) => name === 'batch_size')?.value;
  const size = batch ? textOf(module.source, batch) : '32';
  const callee = layerCallsIn(module, module.source.root)[0]?.callee;
  const helper = callee
    ? helperEdits(module, mixupArrays, { callee, user: call })
    : 'No layer of Keras is made in this file';
  if (typeof helper === 'string') return unavailable(onArrays, call, helper);
  const label = 'Mix each batch';
  const head = `${mixupArrays.name}(`;
  const tail = `, batch_size=${size}, alpha=0.2)`;
  return offered(onArrays, call, detail, [
    ...helper,
    { start: x.node.start, end: x.node.start, newText: head, label },
    {
      start: y.node.end,
      end: y.node.end,
      newText: tail,
      stops: [{ start: tail.length - 4, end: tail.length - 1 }],
      label,
    },
  ]);
}

const names = /^(?:mixup|mix_up|MixUp|Mixup|MixupDataset|CutMix|mixup_data|mixup_batch)$/;

function presentOffers(module: Module): readonly RecipeOffer[] {
  return callsIn(module.source.root).flatMap((call) => {
    const callee = fieldOf(call, 'function');
    const name = callee && textOf(module.source, callee).replace(/^.*\./, '');
    if (!callee || name === undefined || !names.test(name)) return [];
    const alpha = argumentsOf(module.source, call).find((argument) => argument.name === 'alpha');
    return [
      present({ ...onDataset, title: 'Mixup' }, call, {
        detail: alpha ? textOf(module.source, alpha.node) : `By ${name}`,
        strength: alpha?.value,
        removal: () => removal(module, call, name),
      }),
    ];
  });
}

function removal(module: Module, call: SyntaxNode, name: string): readonly TextEdit[] | undefined {
  const { source } = module;
  const label = 'Remove mixup';
  if (name === mixupBatch.name) {
    const statement = statementOf(call);
    const isOurs = /^(\w+) = \1\.map\(lambda x, y: mixup\(x, y(?:, alpha=[^()]*)?\)\)$/.test(
      textOf(source, statement),
    );
    const cut = isOurs ? removeStatement(source, statement, label) : undefined;
    return cut && [...removeHelper(module, mixupBatch, [cut]), cut];
  }
  const [x, y] = argumentsOf(source, call);
  if (name !== mixupArrays.name || !x || !y || call.parent?.type !== 'argument_list')
    return undefined;
  const cuts: readonly TextEdit[] = [
    { start: call.start, end: x.node.start, newText: '', label },
    { start: y.node.end, end: call.end, newText: '', label },
  ];
  return [...removeHelper(module, mixupArrays, cuts), ...cuts];
}
