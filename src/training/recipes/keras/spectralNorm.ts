import { removeUnused, unwrapCall } from '../../edits/removal';
import { addImports } from '../../edits/addImport';
import { layerCallOf } from '../../keras/layerCalls';
import type { LayerCall } from '../../keras/layerCalls';
import type { Module } from '../../module';
import { offered, present, unavailable } from './offer';
import type { RecipeOffer } from '../recipe';
import { layerBeside } from './written';

const facts = {
  technique: 'spectral-norm',
  variant: 'keras.spectral-norm.wrapper',
  title: 'Divide this kernel by its largest singular value',
} as const;

/**
 * Keras' wrapper, which takes one power iteration a step.
 *
 * @see Miyato et al., Spectral Normalization for Generative Adversarial Networks, ICLR 2018
 */
export function spectralNormOffer(module: Module, layer: LayerCall): RecipeOffer | undefined {
  const { call, callee, type } = layer;
  if (!/^(?:Dense|Conv[123]D|Conv2DTranspose|Embedding)$/.test(type)) return undefined;
  const outer = call.parent?.type === 'argument_list' ? call.parent.parent : undefined;
  const wrapper = outer && layerCallOf(module, outer);
  if (wrapper?.type === 'SpectralNormalization') {
    return present({ ...facts, title: 'Spectral normalization' }, wrapper.call, {
      detail: 'The kernel is divided by its largest singular value in every training step',
      removal: () => {
        const cuts = unwrapCall(module.source, wrapper.call, 'Remove spectral normalization');
        const imports = ['keras', 'tensorflow.keras'].map(
          (name) => `from ${name}.layers import SpectralNormalization`,
        );
        return cuts.length === 0
          ? undefined
          : [...removeUnused(module.source, { imports }, cuts), ...cuts];
      },
    });
  }
  if (wrapper) return undefined;
  const written = layerBeside(module, callee, 'SpectralNormalization');
  if (!written) return unavailable(facts, call, 'SpectralNormalization means something else here');
  const imports =
    written.imports.length > 0 ? addImports(module.source, written.imports, call) : undefined;
  const label = 'Wrap the layer';
  return offered(
    facts,
    call,
    'The layer cannot amplify any direction by more than 1, which steadies GAN critics and bounds how fast outputs change. Its tensors get the wrapper’s name before theirs. Keras 3, or TensorFlow 2.13 and later.',
    [
      ...(imports ? [imports] : []),
      { start: call.start, end: call.start, newText: `${written.text}(`, label },
      { start: call.end, end: call.end, newText: ')', label },
    ],
  );
}
