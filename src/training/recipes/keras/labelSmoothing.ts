import { addImports } from '../../edits/addImport';
import { addKeyword, removeArgument } from '../../edits/keywords';
import { removeUnused } from '../../edits/removal';
import { kerasNameOf } from '../../keras/kerasName';
import { layerCallsIn } from '../../keras/layerCalls';
import { compileCalls } from '../../keras/trainingCalls';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, callsIn, fieldOf, literalString, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import { isZero } from './isZero';
import { offered, present, unavailable } from './offer';
import { quoteIn } from './optimizerDecay';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { kerasWritten } from './written';

const facts = {
  technique: 'label-smoothing',
  variant: 'keras.label-smoothing.loss',
  title: 'Smooth the labels',
} as const;

const detail =
  'The right class gets 0.9 and the rest share 0.1, so that no output is pushed to 0 or 1. The loss no longer goes to 0; accuracy stays comparable. 0.05…0.1 is usual.';

const sparse =
  'SparseCategoricalCrossentropy has no label_smoothing: make the labels one-hot and take CategoricalCrossentropy';

/** `label_smoothing=` of the categorical crossentropy; the loss by its name becomes the class. */
export const labelSmoothing: PythonRecipe = {
  technique: 'label-smoothing',
  framework: 'Keras',
  language: 'python',
  find: (module) => {
    if (!module.source.text.includes('keras')) return [];
    return [
      ...callsIn(module.source.root).flatMap((call) => lossOffer(module, call) ?? []),
      ...compileCalls(module).flatMap(({ call, args }) => {
        const value = args.find(({ name }) => name === 'loss')?.value;
        return value ? (nameOffer(module, call, value) ?? []) : [];
      }),
    ];
  },
};

function lossOffer(module: Module, call: SyntaxNode): RecipeOffer | undefined {
  const callee = fieldOf(call, 'function');
  const name = callee && kerasNameOf(module, callee);
  if (name === 'losses.SparseCategoricalCrossentropy') return unavailable(facts, call, sparse);
  if (name !== 'losses.CategoricalCrossentropy') return undefined;
  const { source } = module;
  const args = argumentsOf(source, call);
  const given = args.find(({ name: key }) => key === 'label_smoothing');
  if (given && !isZero(source, given.value)) {
    return present({ ...facts, title: 'Label smoothing' }, call, {
      detail: `label_smoothing is ${textOf(source, given.value)}`,
      strength: given.value,
      removal: () => {
        if (args.length === 1) return namedAgain(module, call);
        const cuts = removeArgument(source, call, given, 'Remove label_smoothing');
        return cuts.length > 0 ? cuts : undefined;
      },
    });
  }
  if (given || args.some(({ isSplat }) => isSplat)) {
    return unavailable(
      facts,
      call,
      given ? 'label_smoothing is set to 0 here' : 'Some arguments come from * or **',
    );
  }
  const edits = addKeyword(source, call, 'label_smoothing=${1:0.1}', 'Add label_smoothing');
  return offered(facts, call, detail, edits);
}

/** A loss whose only argument was the smoothing is one that compile knows by its name. */
function namedAgain(module: Module, call: SyntaxNode): readonly TextEdit[] | undefined {
  const argument = call.parent?.type === 'keyword_argument' ? call.parent : undefined;
  const compile = compileCalls(module).find(({ args }) => args.some(({ value }) => value === call));
  if (!argument || !compile) return undefined;
  const rest = { ...compile.call, start: compile.call.start, end: call.start };
  const quote = quoteIn(module, rest);
  const newText = `${quote}categorical_crossentropy${quote}`;
  const edit = { start: call.start, end: call.end, newText, label: 'Remove label smoothing' };
  const imports = ['keras', 'tensorflow.keras'].map((name) => `from ${name} import losses`);
  return [...removeUnused(module.source, { imports }, [edit]), edit];
}

function nameOffer(module: Module, call: SyntaxNode, value: SyntaxNode): RecipeOffer | undefined {
  const name = literalString(module.source, value);
  if (name === 'sparse_categorical_crossentropy') return unavailable(facts, value, sparse);
  if (name !== 'categorical_crossentropy') return undefined;
  const anchor = layerCallsIn(module, module.source.root)[0]?.callee;
  const written = anchor && kerasWritten(module, anchor, 'losses.CategoricalCrossentropy');
  if (!written)
    return unavailable(facts, value, 'The name losses means something else in this file');
  const imports =
    written.imports.length > 0 ? addImports(module.source, written.imports, call) : undefined;
  return offered(facts, value, detail, [
    ...(imports ? [imports] : []),
    {
      start: value.start,
      end: value.end,
      newText: `${written.text}(label_smoothing=0.1)`,
      stops: [{ start: written.text.length + 17, end: written.text.length + 20 }],
      label: 'Smooth the labels',
    },
  ]);
}
