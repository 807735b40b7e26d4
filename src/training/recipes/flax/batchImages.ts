import { filled } from '../../edits/filled';
import { insertHelper } from '../../edits/helper';
import { insertBefore } from '../../edits/insertStatement';
import { removeStatement, removeUnused } from '../../edits/removal';
import { batchLoopsOf, generatorFor, hasConvolution } from '../../flax/batchLoop';
import type { BatchLoop } from '../../flax/batchLoop';
import { librariesFor } from '../../flax/names';
import type { Libraries } from '../../flax/names';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, fieldOf, nodesIn, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import type { TechniqueId } from '../../techniques/technique';
import { isBroken } from '../brokenCode';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { cutoutCode, shiftCode } from './batchHelpers';
import { helperOf, importLines } from './helpers';
import { allOf, offered, present, unavailable } from './offer';

interface ImageChange {
  readonly technique: TechniqueId;
  readonly variant: string;
  readonly title: string;
  readonly detail: string;
  readonly helper: string;
  code(text: Libraries['text']): string;
  /** What follows the images among the helper's arguments, with stops. */
  readonly argument: string;
  readonly signs: RegExp;
}

/**
 * Random shifts of the images of a batch, on the host.
 *
 * @see Krizhevsky et al., ImageNet Classification with Deep Convolutional Neural Networks, NIPS 2012
 */
export const batchAugmentation = recipeOf({
  technique: 'augmentation',
  variant: 'flax.augmentation.batch',
  title: 'Shift the images of each batch at random',
  detail:
    'Shifts every training image by up to 2 pixels, with zeros at the border; on the batch in NumPy, before it is handed to the step. ' +
    'Images have to be (batch, height, width, channel). Flips and other changes that keep the label go into the same helper.',
  helper: 'random_shift',
  code: shiftCode,
  argument: '${1:2}',
  signs: /\b(?:random_shift|random_crop|random_flip\w*|augment\w*|flip_left_right)\(/,
});

/**
 * A square of every image of a batch is set to zero, on the host.
 *
 * @see DeVries & Taylor, Improved Regularization of Convolutional Neural Networks with Cutout, 2017
 */
export const batchCutout = recipeOf({
  technique: 'cutout',
  variant: 'flax.cutout.batch',
  title: 'Cut a square out of each image of the batch',
  detail:
    'Zeroes one square at a random place of every training image, clipped at the border and the same in all channels; on the batch in NumPy. ' +
    'Zero is the mean where the inputs are normalized. The paper takes half of the width on CIFAR-10: choose the size for your images.',
  helper: 'cutout',
  code: cutoutCode,
  argument: 'size=${1:4}',
  signs: /\b(?:cutout|random_erasing)\(/i,
});

function recipeOf(change: ImageChange): PythonRecipe {
  return {
    technique: change.technique,
    framework: 'Flax',
    language: 'python',
    find: (module) =>
      hasConvolution(module)
        ? batchLoopsOf(module).flatMap((loop) => offerFor(module, loop, change))
        : [],
  };
}

function offerFor(module: Module, loop: BatchLoop, change: ImageChange): readonly RecipeOffer[] {
  const { source } = module;
  const { technique, variant, title, detail } = change;
  const { statement, inputs } = loop;
  const facts = { technique, variant, title, detail };
  const call = callAround(module, inputs, change.helper);
  if (call) {
    const [, , argument] = argumentsOf(source, call);
    const said = `The images of a batch go through ${change.helper}`;
    return [
      present({ ...facts, title: `${change.helper} on each batch`, detail: said }, statement, {
        strength: argument?.value,
        removal: () => removalOf(module, call, change.helper),
      }),
    ];
  }
  if (change.signs.test(textOf(source, loop.loop))) {
    const said = 'The loop changes its images already';
    return [present({ ...facts, detail: said }, statement)];
  }
  if (isBroken(statement)) {
    const said = 'The code around this batch has a syntax error';
    return [unavailable({ ...facts, detail: said }, statement)];
  }
  const libraries = librariesFor(module, statement, ['numpy']);
  const helper =
    libraries &&
    helperOf(module, statement, { name: change.helper, code: change.code(libraries.text) });
  if (!helper) return [];
  const rng = generatorEdits(module, loop, libraries);
  const { start, end } = inputs;
  const label = title;
  const edits =
    rng &&
    allOf(
      rng.edits,
      [
        { start, end: start, newText: `${change.helper}(${rng.name}, `, label },
        { start: end, end, ...filled(`, ${change.argument})`), label },
      ],
      helper.code === undefined
        ? importLines(module, statement, libraries.imports)
        : insertHelper(source, helper.code, statement, `Add ${change.helper}`, libraries.imports),
    );
  return edits ? [offered(facts, statement, () => edits)] : [];
}

/** The random generator of the loop, or one more before it. */
export function generatorEdits(
  module: Module,
  { outer, loop }: BatchLoop,
  { text }: Libraries,
): { readonly name: string; readonly edits: readonly TextEdit[] } | undefined {
  const name = generatorFor(module, loop);
  if (name !== undefined) return { name, edits: [] };
  if (module.names.lookup(addedGenerator, loop).length > 0) return undefined;
  const line = `${addedGenerator} = ${text('numpy')}.random.default_rng(0)`;
  const edit = insertBefore(module.source, outer, line, 'Add a random generator');
  return edit && { name: addedGenerator, edits: [edit] };
}

const addedGenerator = 'batch_rng';

/** The line of our own generator, where `removed` holds all uses of it. */
export function generatorRemoval(
  { source }: Module,
  removed: readonly SyntaxNode[],
): readonly TextEdit[] {
  const names = nodesIn(source.root).filter(
    (node) => node.type === 'identifier' && textOf(source, node) === addedGenerator,
  );
  const uses = names.filter(
    (node) => !removed.some((one) => one.start <= node.start && node.end <= one.end),
  );
  const [only, ...others] = uses;
  const assignment = only?.parent?.type === 'assignment' ? only.parent : undefined;
  if (!assignment?.parent || others.length > 0 || only?.field !== 'left') return [];
  const edit = removeStatement(source, assignment.parent, 'Remove the generator');
  return edit ? [edit] : [];
}

/** The call of the helper around the images, others in between (`cutout(rng, random_shift(rng, x, 2), size=4)`). */
function callAround(
  { source }: Module,
  inputs: SyntaxNode,
  helper: string,
): SyntaxNode | undefined {
  for (let node = inputs.parent; node && node.type !== 'block'; node = node.parent) {
    const callee = node.type === 'call' ? fieldOf(node, 'function') : undefined;
    if (callee && textOf(source, callee) === helper) return node;
  }
  return undefined;
}

function removalOf(
  module: Module,
  call: SyntaxNode,
  helper: string,
): readonly TextEdit[] | undefined {
  const { source } = module;
  const [rng, images, ...rest] = argumentsOf(source, call);
  const callee = fieldOf(call, 'function');
  if (!rng || !images || !callee || rest.length > 1) return undefined;
  const label = `Remove ${helper}`;
  const edits = [
    { start: call.start, end: images.node.start, newText: '', label },
    { start: images.node.end, end: call.end, newText: '', label },
  ];
  return [
    ...edits,
    ...generatorRemoval(module, [rng.node]),
    ...removeUnused(source, { helpers: [helper], imports: ['import numpy as np'] }, edits),
  ];
}
