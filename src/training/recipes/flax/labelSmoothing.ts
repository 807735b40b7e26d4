import { filled } from '../../edits/filled';
import { librariesFor } from '../../flax/names';
import { originOf } from '../../flax/optimizers';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, argumentValue, callsIn, fieldOf, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import { isBroken } from '../brokenCode';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { importLines, withoutImports } from './helpers';
import { allOf, offered, present, unavailable } from './offer';

/**
 * Label smoothing in the cross-entropy of optax.
 *
 * @see Szegedy et al., Rethinking the Inception Architecture, CVPR 2016
 */
export const labelSmoothing: PythonRecipe = {
  technique: 'label-smoothing',
  framework: 'optax',
  language: 'python',
  find: (module) =>
    callsIn(module.source.root).flatMap((call) => {
      const origin = originOf(module, call);
      if (origin === 'optax.softmax_cross_entropy') return softOffer(module, call);
      return origin === 'optax.softmax_cross_entropy_with_integer_labels'
        ? integerOffer(module, call)
        : [];
    }),
};

const facts = {
  technique: 'label-smoothing',
  variant: 'optax.label-smoothing.loss',
  title: 'Smooth the labels: optax.smooth_labels',
} as const;

const detail =
  'Mixes a tenth of the uniform distribution into the labels, so that no logit is pushed to infinity; 0.1 is the value of the ' +
  'paper. The reported loss is higher, also where this loss is used for evaluation; accuracy is not touched.';

function softOffer(module: Module, call: SyntaxNode): readonly RecipeOffer[] {
  const labels = argumentValue(argumentsOf(module.source, call), 'labels', 1);
  if (!labels) return [];
  const origin = originOf(module, labels);
  if (origin === 'optax.smooth_labels') return [presentAt(module, call, labels)];
  // Labels that are mixed or smoothed by other code have a name of their own.
  if (isBroken(call)) return [broken(call)];
  const libraries = librariesFor(module, call, ['optax']);
  if (!libraries) return [];
  const { start, end } = labels;
  const label = 'Smooth the labels';
  const edits = allOf(
    [
      { start, end: start, newText: `${libraries.text('optax')}.smooth_labels(`, label },
      { start: end, end, ...filled(', ${1:0.1})'), label },
    ],
    importLines(module, call, libraries.imports),
  );
  return edits ? [offered({ ...facts, detail }, call, () => edits)] : [];
}

function presentAt(module: Module, call: SyntaxNode, smooth: SyntaxNode): RecipeOffer {
  const { source } = module;
  const args = argumentsOf(source, smooth);
  const [inner, alpha] = [argumentValue(args, 'labels', 0), argumentValue(args, 'alpha', 1)];
  const said = `The labels go through ${textOf(source, smooth)}`;
  return present({ ...facts, title: 'Label smoothing', detail: said }, call, {
    strength: alpha,
    removal: () =>
      inner ? withoutImports(module, removal(module, call, smooth, inner)) : undefined,
  });
}

/** Back to the labels, and to integers where the one-hot vectors were made for the smoothing only. */
function removal(
  module: Module,
  call: SyntaxNode,
  smooth: SyntaxNode,
  inner: SyntaxNode,
): readonly TextEdit[] {
  const { source } = module;
  const label = 'Remove the smoothing';
  const callee = fieldOf(call, 'function');
  const args = argumentsOf(source, inner);
  const logits = argumentValue(argumentsOf(source, call), 'logits', 0);
  const [integers, classes] = [args[0]?.value, args[1]?.value];
  const isOurs =
    originOf(module, inner) === 'jax.nn.one_hot' &&
    logits !== undefined &&
    classes !== undefined &&
    textOf(source, classes) === `${textOf(source, logits)}.shape[-1]`;
  const name = callee?.type === 'attribute' ? fieldOf(callee, 'attribute') : undefined;
  const kept = isOurs && name && integers ? integers : inner;
  return [
    ...(kept !== inner && name
      ? [{ start: name.end, end: name.end, newText: '_with_integer_labels', label }]
      : []),
    { start: smooth.start, end: kept.start, newText: '', label },
    { start: kept.end, end: smooth.end, newText: '', label },
  ];
}

function integerOffer(module: Module, call: SyntaxNode): readonly RecipeOffer[] {
  const { source } = module;
  const args = argumentsOf(source, call);
  const [logits, labels] = [argumentValue(args, 'logits', 0), argumentValue(args, 'labels', 1)];
  const callee = fieldOf(call, 'function');
  const name = callee?.type === 'attribute' ? fieldOf(callee, 'attribute') : undefined;
  if (!logits || !labels || args.some(({ isSplat }) => isSplat)) return [];
  if (isBroken(call)) return [broken(call)];
  const no = (reason: string): readonly RecipeOffer[] => [
    unavailable({ ...facts, detail: reason }, call),
  ];
  if (!name) return no('optax is not imported as a module here');
  if (!/^[A-Za-z_][\w.]*$/.test(textOf(source, logits))) {
    return no('The logits have no name from which the number of classes could be taken');
  }
  const where = args.find(({ name: key }) => key === 'where' || key === 'axis');
  if (where) return no('The loss has options that the one with soft labels does not share');
  const libraries = librariesFor(module, call, ['jax', 'optax']);
  if (!libraries) return no('The name jax means something else in this file');
  const { text, imports } = libraries;
  const { start, end } = labels;
  const label = 'Smooth one-hot labels';
  const classes = `${textOf(source, logits)}.shape[-1]`;
  const edits = allOf(
    [
      { start: name.start, end: name.end, newText: 'softmax_cross_entropy', label },
      {
        start,
        end: start,
        newText: `${text('optax')}.smooth_labels(${text('jax')}.nn.one_hot(`,
        label,
      },
      { start: end, end, ...filled(`, ${classes}), \${1:0.1})`), label },
    ],
    importLines(module, call, imports),
  );
  return edits ? [offered({ ...facts, detail }, call, () => edits)] : [];
}

function broken(call: SyntaxNode): RecipeOffer {
  return unavailable({ ...facts, detail: 'The code around this loss has a syntax error' }, call);
}
