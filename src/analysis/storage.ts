import type { Tensor } from '../core/tensor';
import type { LayerContext } from '../metrics';

/** How a weight's numbers were stored, which decides what of them is noise. */
export function storageOf({
  dtype,
  quantization,
  combined,
}: Tensor): Pick<LayerContext, 'dtype' | 'quantizationStep'> {
  const step = quantization?.step;
  return {
    dtype: combined?.dtype ?? dtype,
    ...(step === undefined ? {} : { quantizationStep: step }),
  };
}
