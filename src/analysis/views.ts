import type { Framework } from '../core/checkpoint';
import { property } from '../core/json';
import type { MatrixView } from '../core/matrixView';
import type { Role, Tensor } from '../core/tensor';
import { block, column, row, splitIntoBlocks, viewOf } from './axes';
import { einsumView } from './einsum';
import { expertView, type DeclaredExperts } from './experts';
import { fusedOutputs, type DeclaredAttention } from './fusedAttention';
import { onnxView } from './onnxView';
import { isAttentionKernel } from './roles';
import { tensorflowView } from './tensorflowView';
import { lastPart, splitName } from './tensorName';

/** A canonical view and whether the framework settles which axis holds the output units. */
export interface OrientedView {
  readonly view: MatrixView;
  readonly orientation: 'known' | 'assumed';
  /** What the blocks are, where a reader of the report could not tell. */
  readonly blocksAre?: 'experts';
}

/** What the orientation may depend on besides the tensor itself. */
export interface ViewContext {
  readonly framework: Framework;
  /** Shape of another tensor of the same module, by parameter name. */
  siblingShape(parameter: string): readonly number[] | undefined;
  /** Whether the model stores linear weights as (in, out) although it is a PyTorch one (the Conv1D of GPT-2). */
  readonly usesConv1D: boolean;
  /** What the file declares of the attention's heads. */
  readonly attention?: DeclaredAttention;
  /** What the file declares of a mixture of experts. */
  readonly experts?: DeclaredExperts;
}

const known = (view: MatrixView): OrientedView => ({ view, orientation: 'known' });
const assumed = (view: MatrixView): OrientedView => ({ view, orientation: 'assumed' });

/** The canonical matrix view W[out, in·∏kernel] of a weight, or undefined for a vector. */
export function orientedView(
  tensor: Tensor,
  role: Role,
  context: ViewContext,
): OrientedView | undefined {
  const { shape } = tensor;
  if (shape.length < 2 || shape.includes(0)) return undefined;
  const { module, parameter } = splitName(tensor.name);
  if (role === 'embedding') return known(viewOf([row(shape[0]!), ...shape.slice(1).map(column)]));
  if (role === 'pos_embed') {
    return assumed(viewOf([...shape.slice(0, -1).map(row), column(shape.at(-1)!)]));
  }
  const onnx = context.framework === 'unknown' ? onnxView(tensor) : undefined;
  if (onnx) return known(onnx);
  const isTensorflow = context.framework === 'tensorflow' || context.framework === 'tfjs';
  const operation = isTensorflow ? tensorflowView(tensor) : undefined;
  if (operation) return known(operation);
  const experts = expertView(tensor, context);
  if (experts) return { ...experts, blocksAre: 'experts' };
  if (storesOutputLast(tensor, parameter, context))
    return outputLast(tensor, role, parameter, context);
  return outputFirst(tensor, role, lastPart(module), parameter, context);
}

/** Keras, TensorFlow.js, TensorFlow and Flax keep the output units on the last axis; elsewhere the names tell. */
function storesOutputLast(tensor: Tensor, parameter: string, { framework }: ViewContext): boolean {
  if (framework === 'pytorch') return false;
  if (framework === 'numpy' || framework === 'unknown') return /kernel/.test(parameter);
  return (
    tensor.module?.config === undefined || property(tensor.module.config, 'transpose_b') !== true
  );
}

function outputFirst(
  tensor: Tensor,
  role: Role,
  own: string,
  parameter: string,
  context: ViewContext,
): OrientedView {
  const { shape } = tensor;
  const [first, second] = [shape[0]!, shape[1]!];
  const bias = context.siblingShape(parameter.replace('weight', 'bias'))?.[0];
  const decided = context.framework === 'pytorch' || tensor.module !== undefined ? known : assumed;
  const gates = gateCount(tensor, parameter, context, 'weight_hh');
  if (gates > 1 && first % gates === 0) {
    return known(viewOf([...splitIntoBlocks(first, gates, 'row'), ...shape.slice(1).map(column)]));
  }
  if (parameter === 'in_proj_weight' && first === 3 * second) {
    return known(viewOf([...splitIntoBlocks(first, 3, 'row'), column(second)]));
  }
  if (shape.length === 2) {
    const conv1D = context.usesConv1D && /^(c_attn|q_attn|c_fc|c_proj)$/.test(own);
    const outputs = conv1D ? second : first;
    const fused = fusedOutputs(own, outputs, conv1D ? first : second, context.attention);
    if (conv1D) return known(viewOf([column(first), ...(fused ?? [row(second)])]));
    if (fused) return known(viewOf([...fused, column(second)]));
    // A bias has one value per output unit: it settles what the names leave open.
    if (bias === first && bias !== second) return known(viewOf([row(first), column(second)]));
    if (bias === second && bias !== first && decided === assumed) {
      return known(viewOf([column(first), row(second)]));
    }
    return decided(viewOf([row(first), column(second)]));
  }
  if (isTransposedConvolution(tensor, own, bias)) {
    const groups = groupCount(tensor, first);
    return decided(
      viewOf([
        ...splitIntoBlocks(first, groups, 'column'),
        row(second),
        ...shape.slice(2).map(column),
      ]),
    );
  }
  const groups = role === 'depthwise' ? depthwiseGroups(tensor) : groupCount(tensor, first);
  return decided(viewOf([...splitIntoBlocks(first, groups, 'row'), ...shape.slice(1).map(column)]));
}

function outputLast(
  tensor: Tensor,
  role: Role,
  parameter: string,
  context: ViewContext,
): OrientedView {
  const { shape } = tensor;
  const type = tensor.module?.type ?? '';
  const own = lastPart(splitName(tensor.name).module);
  const last = shape.at(-1)!;
  const decided =
    context.framework === 'numpy' || context.framework === 'unknown' ? assumed : known;

  const einsum = einsumView(tensor);
  if (einsum) return known(einsum);
  if (isAttentionKernel(parameter, own, shape.length)) return known(attentionView(shape, own));
  const gates = gateCount(tensor, parameter, context, 'recurrent_kernel');
  if (gates > 1 && last % gates === 0 && shape.length === 2) {
    return known(viewOf([column(shape[0]!), ...splitIntoBlocks(last, gates, 'row')]));
  }
  if (shape.length === 2) return decided(viewOf([column(shape[0]!), row(last)]));

  // Convolutions store (*kernel, in, out); columns run over the input channels first, then the kernel.
  const kernel = shape.slice(0, -2).map(column);
  const spatial = kernel.map((_, index) => index);
  const rank = kernel.length;
  const before = shape.at(-2)!;
  if (role === 'depthwise') {
    // (*kernel, in, multiplier): every input channel is a block of `multiplier` filters.
    return decided(viewOf([...kernel, block(before), row(last)]));
  }
  if (/Transpose/.test(type)) {
    return decided(viewOf([...kernel, row(before), column(last)], [rank + 1, ...spatial, rank]));
  }
  const outputs = splitIntoBlocks(last, groupCount(tensor, last), 'row');
  return decided(
    viewOf([...kernel, column(before), ...outputs], [rank, ...spatial, rank + 1, rank + 2]),
  );
}

/** (d, heads, key) for query, key and value; (heads, key, d) for the output. */
function attentionView(shape: readonly number[], own: string): MatrixView {
  const [a, b, c] = [shape[0]!, shape[1]!, shape[2]!];
  const isOutput = /^(out|attention_output|output_dense)$/.test(own);
  return isOutput ? viewOf([column(a), column(b), row(c)]) : viewOf([column(a), row(b), row(c)]);
}

/** Gates stacked in a recurrent weight: 4 for LSTM, 3 for GRU, 1 for a plain RNN and for everything else. */
function gateCount(
  tensor: Tensor,
  parameter: string,
  context: ViewContext,
  recurrent: string,
): number {
  const type = tensor.module?.type ?? '';
  const isRecurrent = /^(weight_(ih|hh)|recurrent_kernel)/.test(parameter);
  const isInput = parameter === 'kernel' && context.siblingShape('recurrent_kernel') !== undefined;
  if (!isRecurrent && !isInput) return 1;
  if (/LSTM/.test(type)) return 4;
  if (/GRU/.test(type)) return 3;
  const name = isInput ? 'recurrent_kernel' : parameter.replace('weight_ih', recurrent);
  const shape = isInput || name !== parameter ? context.siblingShape(name) : tensor.shape;
  if (shape?.length !== 2) return 1;
  const ratio = Math.max(shape[0]!, shape[1]!) / Math.min(shape[0]!, shape[1]!);
  return ratio === 4 || ratio === 3 ? ratio : 1;
}

function groupCount({ module }: Tensor, outputs: number): number {
  const groups = property(module?.config, 'groups');
  return typeof groups === 'number' &&
    Number.isInteger(groups) &&
    groups > 1 &&
    outputs % groups === 0
    ? groups
    : 1;
}

/** PyTorch's (C·multiplier, 1, …): one group per input channel. */
function depthwiseGroups(tensor: Tensor): number {
  const declared = groupCount(tensor, tensor.shape[0]!);
  return declared > 1 ? declared : tensor.shape[0]!;
}

function isTransposedConvolution(tensor: Tensor, own: string, bias: number | undefined): boolean {
  const type = tensor.module?.type;
  if (type !== undefined) return /ConvTranspose/.test(type);
  const { shape } = tensor;
  if (bias !== undefined && shape[0] !== shape[1]) return bias === shape[1];
  return /deconv|conv_?transpose|transposed?_conv|upconv/i.test(own);
}
