import { isDropout, layersIn } from '../../javascript/layers';
import type { JavaScriptModule } from '../../javascript/module';
import { hasRegularizers } from '../../javascript/regularizers';

/** What of the file's layers acts in training only, in words; undefined where nothing does. */
export function trainingOnly(module: JavaScriptModule): string | undefined {
  const layers = layersIn(module);
  const parts = [
    ...(layers.some(isDropout) ? ['dropout'] : []),
    ...(layers.some(({ name }) => name === 'batchNormalization') ? ['batch statistics'] : []),
    ...(layers.some(({ name }) => /^gaussianNoise$|^DropConnectDense$|^StochasticDepth$/.test(name))
      ? ['noise']
      : []),
  ];
  return parts.length > 0 ? parts.join(' and ') : undefined;
}

/** Whether the file's layers have penalties of their own. */
export function hasPenalties(module: JavaScriptModule): boolean {
  return hasRegularizers(module, layersIn(module));
}
