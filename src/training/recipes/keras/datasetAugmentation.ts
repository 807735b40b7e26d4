import { addImports } from '../../edits/addImport';
import { insertAfter, statementOf } from '../../edits/insertStatement';
import { removeStatement } from '../../edits/removal';
import { trainingDatasets } from '../../keras/datasets';
import { dimensionsOf } from '../../keras/layerKinds';
import { layerCallsIn } from '../../keras/layerCalls';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { fieldOf, nodesIn, partsOf, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import { offered, unavailable } from './offer';
import type { RecipeOffer } from '../recipe';
import { layerBeside } from './written';

const facts = {
  technique: 'augmentation',
  variant: 'keras.augmentation.dataset',
  title: 'Shift training images at random (in the dataset)',
} as const;

const detail =
  'Shifts each training image by up to a tenth of its size while the data are read, beside the training step; the test data and the model stay as they are. training=True is needed: in a map the layer would else do nothing.';

/** Augmentation in `tf.data`, of the training set only. */
export function datasetAugmentationOffers(module: Module): readonly RecipeOffer[] {
  const layers = layerCallsIn(module, module.source.root);
  const callee = layers.find(({ type }) => dimensionsOf(type) === 2)?.callee;
  if (!callee) return [];
  return trainingDatasets(module).map(({ name, fit, statement, isShared }) => {
    if (isShared) {
      return unavailable(
        facts,
        fit.call,
        `${name} is used for tests as well, which must not be changed`,
      );
    }
    const written = layerBeside(module, callee, 'RandomTranslation');
    const isTaken = module.names.lookup('data_augmentation', fit.call).length > 0;
    if (!written || isTaken) {
      return unavailable(
        facts,
        fit.call,
        'RandomTranslation or data_augmentation means something else here',
      );
    }
    const lines = `data_augmentation = ${written.text}(\${1:0.1}, \${1:0.1}, fill_mode="constant")\n${name} = ${name}.map(lambda x, y: (data_augmentation(x, training=True), y))`;
    const edit = insertAfter(module.source, statement, lines, 'Change the training images');
    if (!edit) return unavailable(facts, fit.call, 'Another statement stands on this line');
    const imports =
      written.imports.length > 0 ? addImports(module.source, written.imports, fit.call) : undefined;
    return offered(facts, fit.call, detail, [...(imports ? [imports] : []), edit]);
  });
}

/** Takes both statements out, where the layer is used in one map only. */
export function datasetAugmentationRemoval(
  module: Module,
  call: SyntaxNode,
): readonly TextEdit[] | undefined {
  const { source } = module;
  const assignment = call.field === 'right' ? call.parent : undefined;
  const left = assignment && fieldOf(assignment, 'left');
  if (left?.type !== 'identifier') return undefined;
  const name = textOf(source, left);
  const uses = nodesIn(source.root).filter(
    (node) => node.type === 'identifier' && node !== left && textOf(source, node) === name,
  );
  const [use, ...others] = uses;
  const statement = use && statementOf(use);
  if (!statement || others.length > 0 || partsOf(statement).length !== 1) return undefined;
  const isOurs = /^(\w+) = \1\.map\(lambda x, y: \(\w+\(x, training=True\), y\)\)$/.test(
    textOf(source, statement),
  );
  const label = 'Remove the augmentation';
  const cuts = [
    removeStatement(source, statementOf(call), label),
    removeStatement(source, statement, label),
  ].filter((cut) => cut !== undefined);
  return isOurs && cuts.length === 2 ? cuts : undefined;
}
