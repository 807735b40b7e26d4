import type { Module } from '../module';
import { callsIn, argumentsOf, fieldOf, nodesIn, textOf } from '../syntax';

/** Modules of `keras` that Keras 3 no longer has. */
const goneModules =
  /^(?:tensorflow\.(?:python|contrib)\.)?keras\.(?:layers\.(?:core|convolutional|embeddings|recurrent|pooling|normalization|advanced_activations|merge|noise|wrappers|local|cudnn_recurrent)|utils\.(?:np_utils|vis_utils|generic_utils|multi_gpu_utils|training_utils)|engine|legacy|objectives|backend\.tensorflow_backend)\b|^tensorflow\.(?:python|contrib)\.keras\b/;

/** What belongs to Keras 1 alone. */
const firstKeywords =
  /^(?:nb_epoch|nb_filter|nb_row|nb_col|border_mode|W_regularizer|W_constraint|b_regularizer|input_length_dim|subsample|subsample_length|samples_per_epoch|nb_val_samples|show_accuracy)$/;

/** The major version whose names a file uses, where only an older one has them: undefined for Keras 3 and what is not known. */
export function olderKeras({ source }: Module): 1 | 2 | undefined {
  if (!source.text.includes('keras')) return undefined;
  let version: 1 | 2 | undefined;
  for (const call of callsIn(source.root)) {
    const callee = fieldOf(call, 'function');
    if (callee && /\.(?:fit|evaluate|predict)_generator$/.test(textOf(source, callee))) version = 2;
    for (const { name } of argumentsOf(source, call)) {
      if (name !== undefined && firstKeywords.test(name)) return 1;
    }
  }
  const isGone = nodesIn(source.root).some((node) => {
    if (node.type !== 'import_from_statement') return false;
    const from = fieldOf(node, 'module_name');
    const path = from ? textOf(source, from) : '';
    return node.children
      .filter(({ field }) => field === 'name')
      .some(
        (name) => goneModules.test(`${path}.${textOf(source, name)}`) || goneModules.test(path),
      );
  });
  return isGone ? 2 : version;
}
