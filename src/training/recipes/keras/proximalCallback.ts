import { addKeyword, removeArgument } from '../../edits/keywords';
import { insertFirstItem, insertItemAfter, removeItem } from '../../edits/listItem';
import { layerCallsIn } from '../../keras/layerCalls';
import { compileCalls, fitCalls } from '../../keras/trainingCalls';
import type { ModelCall } from '../../keras/trainingCalls';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, fieldOf, partsOf, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import { helperEdits, hasHelper, removeHelper } from './helpers/helper';
import { proximalL1, softThreshold } from './helpers/softThreshold';
import { offered, present, unavailable } from './offer';
import type { PythonRecipe, RecipeOffer } from '../recipe';

const facts = {
  technique: 'l1',
  variant: 'keras.l1.callback',
  title: 'Add sparse L1 to training (proximal callback)',
} as const;

const written = `${proximalL1.name}(strength=\${1:0.5})`;

/** Proximal L1 after every batch, whose threshold follows the learning rate. */
export const proximalCallback: PythonRecipe = {
  technique: 'l1',
  framework: 'Keras',
  language: 'python',
  find: (module) => fitCalls(module).flatMap((fit) => offerFor(module, fit) ?? []),
};

function offerFor(module: Module, fit: ModelCall): RecipeOffer | undefined {
  const { source } = module;
  const { call, args } = fit;
  const callbacks = args.find(({ name }) => name === 'callbacks');
  const list = callbacks?.value.type === 'list' ? callbacks.value : undefined;
  const item = list && partsOf(list).find((part) => isProximal(module, part));
  if (item) {
    return present({ ...facts, title: 'Sparse L1 in training' }, call, {
      detail: 'Every batch ends with a step of soft thresholding by learning rate × strength',
      strength: argumentsOf(source, item)[0]?.value,
      removal: () => removal(module, fit, item),
    });
  }
  // One proximal step after each update is enough.
  if (hasHelper(module, softThreshold)) return undefined;
  if (callbacks && !list) {
    return unavailable(facts, call, 'The callbacks are no list that stands here');
  }
  if (args.some(({ isSplat }) => isSplat)) {
    return unavailable(facts, call, 'Some arguments come from * or **');
  }
  const several = compileCalls(module).some(
    ({ model, args: given }) =>
      model === fit.model && given.some(({ name }) => name === 'steps_per_execution'),
  );
  if (several) {
    return unavailable(
      facts,
      call,
      'With steps_per_execution callbacks run too seldom; take the constraint of the layers',
    );
  }
  const callee = layerCallsIn(module, source.root)[0]?.callee;
  const helper = callee
    ? helperEdits(module, proximalL1, { callee, user: call })
    : 'No layer of Keras is made in this file';
  if (typeof helper === 'string') return unavailable(facts, call, helper);
  const last = list && partsOf(list).at(-1);
  const label = 'Add the callback';
  const edits = !list
    ? addKeyword(source, call, `callbacks=[${written}]`, label)
    : last
      ? insertItemAfter(source, last, written, label)
      : insertFirstItem(list, written, label);
  return offered(
    facts,
    call,
    'After every batch each weight of a kernel moves towards 0 by learning rate × strength and stops there, so small weights become exactly 0. It follows a schedule of the learning rate, which the constraint of a layer does not.',
    [...helper, ...edits],
  );
}

function isProximal({ source }: Module, node: SyntaxNode): boolean {
  const callee = node.type === 'call' ? fieldOf(node, 'function') : undefined;
  return callee !== undefined && textOf(source, callee) === proximalL1.name;
}

function removal(
  module: Module,
  { call, args }: ModelCall,
  item: SyntaxNode,
): readonly TextEdit[] | undefined {
  const { source } = module;
  const callbacks = args.find(({ name }) => name === 'callbacks');
  const isOnly = item.parent !== undefined && partsOf(item.parent).length === 1;
  const label = 'Remove the callback';
  const cuts =
    isOnly && callbacks
      ? removeArgument(source, call, callbacks, label)
      : removeItem(source, item, label);
  return cuts.length === 0 ? undefined : [...removeHelper(module, proximalL1, cuts), ...cuts];
}
