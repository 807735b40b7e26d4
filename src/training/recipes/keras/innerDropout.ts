import type { LayerCall } from '../../keras/layerCalls';
import { isRecurrent } from '../../keras/layerKinds';
import type { Module } from '../../module';
import { textOf } from '../../syntax';
import { keywordEdits, withoutKeywords } from './keywordEdits';
import { offered, present, unavailable } from './offer';
import type { RecipeOffer } from '../recipe';

const facts = {
  technique: 'dropout',
  variant: 'keras.dropout.inner',
  title: 'Add dropout inside this layer',
} as const;

/** Dropout that recurrent and attention layers have of their own. */
export function innerDropoutOffer(module: Module, layer: LayerCall): RecipeOffer | undefined {
  const isAttention = layer.type === 'MultiHeadAttention';
  if (!isRecurrent(layer.type) && !isAttention) return undefined;
  const given = layer.args.filter(({ name }) => /^(?:recurrent_)?dropout$/.test(name ?? ''));
  const active = given.find(({ value }) => !/^0?\.?0*$/.test(textOf(module.source, value)));
  if (active) {
    const names = given.map(({ node }) => textOf(module.source, node)).join(', ');
    return present({ ...facts, title: 'Dropout inside this layer' }, layer.call, {
      detail: names,
      strength: active.value,
      removal: () => withoutKeywords(module, layer, ['dropout', 'recurrent_dropout']),
    });
  }
  if (given.length > 0) return unavailable(facts, layer.call, 'dropout is set to 0 here');
  const edits = keywordEdits(module, layer, ['dropout'], {
    text: isAttention ? '${1:0.1}' : '${1:0.2}',
    imports: [],
  });
  return offered(
    facts,
    layer.call,
    isAttention
      ? 'Drops attention scores in training. 0.1 is usual.'
      : 'Drops inputs of the gates with one mask for all time steps. recurrent_dropout would do so with the state as well, but then the fast cuDNN kernel is not used.',
    edits,
  );
}
