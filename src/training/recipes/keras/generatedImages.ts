import { kerasNameOf, originOf } from '../../keras/kerasName';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, callsIn, fieldOf, textOf } from '../../syntax';
import type { PythonRecipe, RecipeOffer } from '../recipe';
import { isZero } from './isZero';
import { present } from './offer';

const facts = {
  technique: 'augmentation',
  variant: 'keras.augmentation.pipeline',
  title: 'Random changes of the images',
} as const;

/** Arguments by which ImageDataGenerator changes images at random; the others prepare them. */
const changing =
  /^(?:rotation_range|(?:width|height)_shift_range|brightness_range|shear_range|zoom_range|channel_shift_range|(?:horizontal|vertical)_flip)$/;

/** Augmentation that the input pipeline does already: ImageDataGenerator, and the random functions of tf.image. */
export const generatedImages: PythonRecipe = {
  technique: 'augmentation',
  framework: 'Keras',
  language: 'python',
  find: (module) =>
    /keras|tensorflow/.test(module.source.text)
      ? callsIn(module.source.root).flatMap((call) => offerFor(module, call) ?? [])
      : [],
};

function offerFor(module: Module, call: SyntaxNode): RecipeOffer | undefined {
  const { source } = module;
  const callee = fieldOf(call, 'function');
  if (!callee) return undefined;
  const origin = originOf(module, callee) ?? '';
  const name = /^tensorflow\.image\.((?:stateless_)?random_\w+)$/.exec(origin)?.[1];
  if (name !== undefined)
    return present(facts, call, { detail: `tf.image.${name} is called here` });
  if (!/(?:^|\.)ImageDataGenerator$/.test(kerasNameOf(module, callee) ?? origin)) return undefined;
  const used = argumentsOf(source, call).filter(
    ({ name: key, value }) =>
      key !== undefined &&
      changing.test(key) &&
      !isZero(source, value) &&
      !/^(?:False|None)$/.test(textOf(source, value)),
  );
  const [first] = used;
  if (!first) return undefined;
  return present(facts, call, {
    detail: `ImageDataGenerator changes each image: ${used.map(({ node }) => textOf(source, node)).join(', ')}`,
    strength: first.value,
  });
}
