import type { Checkpoint } from '../core/checkpoint';
import type { Measured } from '../core/metric';
import { dtypes } from '../core/dtype';
import { elementCountOf, type Tensor } from '../core/tensor';
import { numbersOf } from '../formats/numbers';
import type { Kernels, Matrix } from '../kernels';
import { measureForgetBias, measureRecurrent, mergeMeasured } from '../metrics';
import type { Layer } from './layers';
import { throwIfStopped, type IsStopped } from './stop';
import { splitName } from './tensorName';

/** Gates of an LSTM. A GRU has no forget gate, a plain RNN no gates. */
const lstmGates = 4;

/** Eigenvalues of the gates' recurrent matrices, and what the biases of an LSTM's forget gate keep. */
export async function recurrentMeasures(
  checkpoint: Checkpoint,
  layer: Layer,
  blocks: readonly Matrix[],
  { kernels, isStopped }: { readonly kernels: Kernels; readonly isStopped: IsStopped },
): Promise<Measured> {
  const onStep = (): void => throwIfStopped(isStopped);
  const measured = await measureRecurrent(blocks, kernels, { onStep });
  const side = blocks[0]?.rows ?? 0;
  const biases = blocks.length === lstmGates ? biasesOf(checkpoint, layer, side) : [];
  if (biases.length === 0) return measured;
  const sums = new Float64Array(side);
  for (const bias of biases) {
    // The second gate of PyTorch (i, f, g, o) and of Keras (i, f, c, o).
    const values = numbersOf(bias.dtype, await bias.data.read(side, 2 * side));
    for (let i = 0; i < side; i++) sums[i]! += values[i]!;
  }
  return mergeMeasured(measured, measureForgetBias(sums));
}

/** `weight_hh_l0` → `bias_ih_l0` and `bias_hh_l0`; `recurrent_kernel` → `bias`. */
function biasesOf({ tensors }: Checkpoint, { weight }: Layer, side: number): readonly Tensor[] {
  const { module, parameter } = splitName(weight.name);
  const wanted = parameter.startsWith('weight_hh')
    ? [parameter.replace('weight_hh', 'bias_ih'), parameter.replace('weight_hh', 'bias_hh')]
    : ['bias'];
  return tensors.filter((tensor) => {
    const name = splitName(tensor.name);
    return (
      name.module === module &&
      wanted.includes(name.parameter) &&
      elementCountOf(tensor.shape) === lstmGates * side &&
      dtypes[tensor.dtype].kind === 'float'
    );
  });
}
