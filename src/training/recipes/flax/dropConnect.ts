import { insertHelper } from '../../edits/helper';
import { addKeyword, removeArgument } from '../../edits/keywords';
import { insertItemAfter, removeItem } from '../../edits/listItem';
import { removeUnused } from '../../edits/removal';
import { linenHiddenOf, linenModelsOf } from '../../flax/linenPlaces';
import type { LinenHidden, LinenModel } from '../../flax/linenPlaces';
import { linenTraining } from '../../flax/linenTraining';
import { librariesFor } from '../../flax/names';
import type { Libraries } from '../../flax/names';
import { calledAttribute, hiddenLayersOf, nnxModelsOf } from '../../flax/nnxPlaces';
import type { HiddenLayer, NnxModel } from '../../flax/nnxPlaces';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, fieldOf, nodesIn, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import { isBroken } from '../brokenCode';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { helperOf, importLines } from './helpers';
import { removeTraining } from './linenTrainingRemoval';
import { allOf, offered, present, unavailable } from './offer';

/**
 * DropConnect: a subclass of the linear layer that drops entries of its kernel.
 *
 * @see Wan et al., Regularization of Neural Networks using DropConnect, ICML 2013
 */
export const dropConnect: PythonRecipe = {
  technique: 'dropconnect',
  framework: 'Flax',
  language: 'python',
  find: (module) => [
    ...nnxModelsOf(module).flatMap((model) => [
      ...hiddenLayersOf(module, model).flatMap((layer) => nnxOffer(module, layer)),
      ...nnxPresent(module, model),
    ]),
    ...linenModelsOf(module).flatMap((model) => [
      ...linenHiddenOf(module, model).flatMap((hidden) => linenOffer(module, hidden)),
      ...linenPresent(module, model),
    ]),
  ],
};

const factsOf = (api: 'nnx' | 'linen') =>
  ({
    technique: 'dropconnect',
    variant: `${api}.dropconnect.layer`,
    title: 'Drop weights of this layer (DropConnect)',
  }) as const;

const detail =
  'Half of the kernel is zeroed at random in training and the rest scaled up; evaluation uses the whole kernel. One mask ' +
  'serves the whole batch, where the paper draws one for each sample. 0.5 is the rate of the paper.';

const nnxName = 'DropConnectLinear';
const linenName = 'DropConnectDense';

function nnxOffer(module: Module, layer: HiddenLayer): readonly RecipeOffer[] {
  const { source } = module;
  const { construction, origin } = layer;
  if (origin !== 'flax.nnx.Linear') return [];
  const facts = factsOf('nnx');
  const no = (reason: string): readonly RecipeOffer[] => [
    unavailable({ ...facts, detail: reason }, construction),
  ];
  if (isBroken(construction)) return no('The code around this layer has a syntax error');
  const libraries = librariesFor(module, construction, ['flax.nnx']);
  const helper =
    libraries && helperOf(module, construction, { name: nnxName, code: nnxCode(libraries.text) });
  if (!helper) return no(`The name ${nnxName} means something else in this file`);
  const callee = fieldOf(construction, 'function');
  const args = argumentsOf(source, construction);
  const rngs = args.find(({ name }) => name === 'rngs');
  const position = args.filter(({ name }) => name === undefined).at(1);
  if (!callee || !rngs || args.some(({ isSplat }) => isSplat)) return [];
  const rate = 'rate=${1:0.5}';
  const edits = allOf(
    [{ start: callee.start, end: callee.end, newText: nnxName, label: `Make it ${nnxName}` }],
    position
      ? insertItemAfter(source, position.node, rate, 'Set the rate')
      : addKeyword(source, construction, rate, 'Set the rate'),
    helper.code === undefined
      ? importLines(module, construction, libraries.imports)
      : insertHelper(source, helper.code, construction, `Add ${nnxName}`, libraries.imports),
  );
  if (!edits) return [];
  return [
    offered(
      { ...facts, detail: `${detail} Names in checkpoints stay as they are.` },
      construction,
      () => edits,
    ),
  ];
}

function nnxPresent(module: Module, model: NnxModel): readonly RecipeOffer[] {
  const used = new Set(nodesIn(model.call).map((node) => calledAttribute(module, node)));
  return [...module.attributes.of(model.own.definition)].flatMap(([name, values]) =>
    values.flatMap((value) => (used.has(name) ? presentAt(module, value, 'nnx') : [])),
  );
}

/** A construction of the helper, or of another class of that name. */
function presentAt(
  module: Module,
  construction: SyntaxNode,
  api: 'nnx' | 'linen',
  model?: LinenModel,
): readonly RecipeOffer[] {
  const { source } = module;
  const callee = construction.type === 'call' ? fieldOf(construction, 'function') : undefined;
  if (!callee || !/(?:^|\.)\w*DropConnect\w*$/.test(textOf(source, callee))) return [];
  const args = argumentsOf(source, construction);
  const rate = args.find(({ name }) => name === 'rate');
  const own = api === 'nnx' ? nnxName : linenName;
  const facts = { ...factsOf(api), title: 'DropConnect in this layer' };
  const said = `${textOf(source, callee)} drops entries of the kernel in training`;
  return [
    present({ ...facts, detail: said }, construction, {
      strength: rate?.value,
      removal: () => {
        if (textOf(source, callee) !== own || !rate) return undefined;
        const origin = api === 'nnx' ? 'flax.nnx' : 'flax.linen';
        const libraries = librariesFor(module, construction, [origin]);
        if (!libraries) return undefined;
        const newText = `${libraries.text(origin)}.${api === 'nnx' ? 'Linear' : 'Dense'}`;
        const label = 'Back to the plain layer';
        const cut = removeArgument(source, construction, rate, label);
        if (cut.length === 0) return undefined;
        const edits: TextEdit[] = [
          { start: callee.start, end: callee.end, newText, label },
          ...cut,
        ];
        if (model) {
          const use = construction.parent;
          const flag = use ? argumentsOf(source, use)[1] : undefined;
          if (flag) {
            edits.push(...removeItem(source, flag.node, label));
            edits.push(...removeTraining(module, model, [flag.node]));
          }
        }
        const name = { helpers: [own], imports: [] };
        return [...edits, ...removeUnused(source, name, [callee])];
      },
    }),
  ];
}

function linenOffer(module: Module, hidden: LinenHidden): readonly RecipeOffer[] {
  const { source } = module;
  const { construction, use, origin, model } = hidden;
  if (origin !== 'flax.linen.Dense') return [];
  const facts = factsOf('linen');
  const no = (reason: string): readonly RecipeOffer[] => [
    unavailable({ ...facts, detail: reason }, construction),
  ];
  if (isBroken(construction)) return no('The code around this layer has a syntax error');
  const training = linenTraining(module, model, 'dropout');
  if (typeof training === 'string') return no(training);
  const libraries = librariesFor(module, construction, ['flax.linen']);
  const helper =
    libraries &&
    helperOf(module, construction, { name: linenName, code: linenCode(libraries.text) });
  if (!helper) return no(`The name ${linenName} means something else in this file`);
  const callee = fieldOf(construction, 'function');
  const [input, ...more] = argumentsOf(source, use);
  if (!callee || !input || more.length > 0) return [];
  const imports = [...libraries.imports, ...training.imports];
  const edits = allOf(
    [{ start: callee.start, end: callee.end, newText: linenName, label: `Make it ${linenName}` }],
    addKeyword(source, construction, 'rate=${1:0.5}', 'Set the rate'),
    insertItemAfter(source, input.node, training.train, 'Tell it when it is trained'),
    training.edits,
    helper.code === undefined
      ? importLines(module, construction, imports)
      : insertHelper(source, helper.code, construction, `Add ${linenName}`, imports),
  );
  if (!edits) return [];
  const names =
    'Linen names layers by their class: this one becomes DropConnectDense_0 and the Dense layers after it move up, so that old checkpoints no longer fit unless name= is given.';
  return [offered({ ...facts, detail: `${detail} ${names}` }, construction, () => edits)];
}

function linenPresent(module: Module, model: LinenModel): readonly RecipeOffer[] {
  return nodesIn(model.call).flatMap((node) => presentAt(module, node, 'linen', model));
}

const nnxCode = (text: Libraries['text']): string => {
  const nnx = text('flax.nnx');
  return `class DropConnectLinear(${nnx}.Linear):
    """A linear layer whose kernel entries are dropped with probability \`rate\` in training (DropConnect)."""

    def __init__(self, in_features, out_features, *, rate=0.5, rngs, **kwargs):
        super().__init__(in_features, out_features, rngs=rngs, **kwargs)
        self.drop = ${nnx}.Dropout(rate, rngs=rngs)

    def __call__(self, x):
        y = x @ self.drop(self.kernel[...])
        return y if self.bias is None else y + self.bias[...]`;
};

const linenCode = (text: Libraries['text']): string => {
  const nn = text('flax.linen');
  return `class DropConnectDense(${nn}.Dense):
    """A dense layer whose kernel entries are dropped with probability \`rate\` in training (DropConnect)."""

    rate: float = 0.5

    @${nn}.compact
    def __call__(self, x, train: bool = False):
        kernel = self.param("kernel", self.kernel_init, (x.shape[-1], self.features), self.param_dtype)
        y = x @ ${nn}.Dropout(self.rate, deterministic=not train)(kernel)
        if self.use_bias:
            y = y + self.param("bias", self.bias_init, (self.features,), self.param_dtype)
        return y`;
};
