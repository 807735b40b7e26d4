/**
 * The magnitude of DoRA: W' = m · (W + ΔW)/‖W + ΔW‖, one norm an output unit, over all of its inputs.
 *
 *     q_proj.lora_magnitude_vector (out), of a convolution (1, out, 1, 1)      PEFT
 *     q_proj.lora_magnitude_vector.default.weight                              PEFT, the whole model
 *     lora_unet_q.dora_scale                                                   LyCORIS: over which axes is not in the file
 *
 * @see Liu et al., ICML 2024
 */
import { elementCountOf, type Tensor } from '../../core/tensor';
import type { Sources } from './combination';
import { eachPiece, type Axis } from './elements';

/** What a file keeps of an adapter's magnitude. */
export interface Magnitude {
  readonly tensor: Tensor;
  /** Whether it has a value for every output unit of PEFT's definition. */
  readonly isUsable: boolean;
}

/** The magnitude that belongs to an adapter of a module. */
export function magnitudeOf(
  module: string,
  adapter: string,
  outputs: number,
  sources: Sources,
): Magnitude | undefined {
  const name = `${module}.lora_magnitude_vector`;
  const tensor =
    sources.get(`${name}${adapter}.weight`) ??
    sources.get(`${name}${adapter}`) ??
    sources.get(name);
  if (tensor) return { tensor, isUsable: elementCountOf(tensor.shape) === outputs };
  const other = sources.get(`${module}.dora_scale`);
  return other && { tensor: other, isUsable: false };
}

/**
 * m/‖W + ΔW‖ of every output unit.
 *
 * @param axis along which the output units lie
 * @param change elements [start, end) of ΔW
 */
export async function magnitudeFactors(
  base: Tensor,
  change: (start: number, end: number) => Float64Array,
  { size, stride }: Axis,
  magnitudes: Float64Array,
): Promise<Float64Array> {
  const squares = new Float64Array(size);
  await eachPiece(base, (values, start) => {
    const changes = change(start, start + values.length);
    for (let i = 0; i < values.length; i++) {
      squares[Math.floor((start + i) / stride) % size]! += (values[i]! + changes[i]!) ** 2;
    }
  });
  return squares.map((square, index) => magnitudes[index]! / Math.sqrt(square));
}
