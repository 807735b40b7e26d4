/**
 * Mixtures of experts that keep the weights of all experts in one tensor: as many independent matrices as there are experts.
 *
 *     experts.gate_up_proj (experts, 2 · inner, hidden), experts.down_proj (experts, hidden, inner)     Transformers 5: Mixtral, Qwen, DeepSeek …
 *     experts.gate_up_proj (experts, hidden, 2 · inner), experts.down_proj (experts, inner, hidden)     gpt-oss, Llama 4, Aria
 *     block_sparse_moe.input_linear.weight, .output_linear.weight (experts, out, in)                    Granite, JetMoe
 *     mlp.mlp1_weight, mlp.mlp2_weight (experts, out, in)                                               gpt-oss as OpenAI publishes it
 *     experts.mlp.w1, .v1 (experts · inner, hidden), .w2, which is used transposed                      DBRX
 *     ffn_gate_exps.weight (experts, out, in)                                                           GGUF
 *
 * An expert that is a module of its own (`experts.3.w1.weight`) is a layer like any other.
 */
import type { Framework } from '../core/checkpoint';
import { property, type Json } from '../core/json';
import type { MatrixView } from '../core/matrixView';
import type { Tensor } from '../core/tensor';
import { splitIntoBlocks, viewOf, type AxisUse } from './axes';
import { lastPart, splitName } from './tensorName';

/** What a configuration declares of the experts. */
export interface DeclaredExperts {
  readonly hiddenSize?: number;
  readonly count?: number;
}

/** A stack's matrices, and whether it is certain which of their axes are the outputs. */
export interface ExpertView {
  readonly view: MatrixView;
  readonly orientation: 'known' | 'assumed';
}

export interface ExpertContext {
  readonly framework: Framework;
  readonly experts?: DeclaredExperts;
  readonly siblingShape: (parameter: string) => readonly number[] | undefined;
}

const projections = /^(gate_up_proj|gate_proj|up_proj|down_proj|w[123]|wi(_[01])?|wo|v1|fc[12])$/;
/** Projections back to the width of the model. */
const downward = /^(down_proj|w2|wo|fc2|output_linear|mlp2_weight)$/;

/** From the `config.json` of Transformers; of a model for several modalities it is that of its text. */
export function declaredExperts(recorded: { readonly [key: string]: Json }): DeclaredExperts {
  const config = recorded['config.json'];
  const text = property(config, 'text_config') ?? config;
  const hiddenSize = countOf(text, 'hidden_size') ?? countOf(text, 'd_model');
  const count = countOf(property(text, 'ffn_config'), 'moe_num_experts');
  return {
    ...(hiddenSize !== undefined && { hiddenSize }),
    ...(count !== undefined && { count }),
  };
}

/** Whether a tensor holds the matrices of several experts, the first axis counting them. */
export function isExpertStack({ name, shape, module }: Tensor): boolean {
  if (shape.length !== 3) return false;
  if (module?.type === 'Experts') return true;
  // (out, in, 1) is a convolution that the module of one expert has for a linear layer.
  return shape[1] !== 1 && shape[2] !== 1 && projectionOf(name) !== undefined;
}

/** The matrices of a stack of experts, each a block; undefined where the tensor is none. */
export function expertView(tensor: Tensor, context: ExpertContext): ExpertView | undefined {
  const { shape } = tensor;
  if (shape.length === 2) return flattened(tensor, context);
  if (!isExpertStack(tensor)) return undefined;
  const [experts, first, second] = [shape[0]!, shape[1]!, shape[2]!];
  const decided =
    tensor.module?.type === 'Experts' ? true : isOutputFirst(tensor, first, second, context);
  const block: AxisUse = { size: experts, target: 'block' };
  const [a, b] =
    (decided ?? isFirstByDefault(context.framework))
      ? (['row', 'column'] as const)
      : (['column', 'row'] as const);
  return {
    view: viewOf([block, { size: first, target: a }, { size: second, target: b }]),
    orientation: decided === undefined ? 'assumed' : 'known',
  };
}

/** The projection's name where a name says that a tensor of three axes is a stack. */
function projectionOf(name: string): string | undefined {
  const { module, parameter } = splitName(name);
  const own = lastPart(module);
  const parent = lastPart(splitName(module).module);
  const isWeight = parameter === 'weight' || parameter === 'kernel';
  if (/^experts?$/.test(own) && projections.test(parameter)) return parameter;
  const isBelow = parent === 'experts' || (parent === 'expert' && parameter === 'kernel');
  if (isWeight && isBelow && projections.test(own)) return own;
  if (isWeight && /moe/.test(parent) && /^(input|output)_linear$/.test(own)) return own;
  return /^mlp[12]_weight$/.test(parameter) ? parameter : undefined;
}

/** Told by a bias, by both projections of an expert together, or by the declared width; undefined where nothing tells. */
function isOutputFirst(
  { name }: Tensor,
  first: number,
  second: number,
  { siblingShape, experts }: ExpertContext,
): boolean | undefined {
  const { parameter } = splitName(name);
  const biasName = /weight$/.test(parameter)
    ? parameter.replace(/weight$/, 'bias')
    : `${parameter}_bias`;
  const bias = siblingShape(biasName)?.[1];
  if (first !== second && (bias === first || bias === second)) return bias === first;
  const both = orderOfBoth(siblingShape('gate_up_proj'), siblingShape('down_proj'));
  if (both !== undefined && /^(gate_up|down)_proj$/.test(parameter)) return both;
  const width = experts?.hiddenSize;
  if (first === second || (width !== first && width !== second)) return undefined;
  return downward.test(projectionOf(name) ?? '') === (width === first);
}

/** (2 · inner, hidden) and (hidden, inner), or (hidden, 2 · inner) and (inner, hidden): no sizes fit both. */
function orderOfBoth(
  up: readonly number[] | undefined,
  down: readonly number[] | undefined,
): boolean | undefined {
  if (up?.length !== 3 || down?.length !== 3) return undefined;
  if (up[2] === down[1] && up[1] === 2 * down[2]!) return true;
  return up[1] === down[2] && up[2] === 2 * down[1]! ? false : undefined;
}

function isFirstByDefault(framework: Framework): boolean {
  return !['keras', 'tensorflow', 'tfjs', 'jax'].includes(framework);
}

/** DBRX: the experts one below the other in a matrix, as many as its configuration says. */
function flattened({ name, shape }: Tensor, { experts }: ExpertContext): ExpertView | undefined {
  const [, parameter] = /(?:^|\.)experts\.mlp\.(w1|v1|w2)$/.exec(name) ?? [];
  const [rows, columns] = [shape[0]!, shape[1]!];
  const count = experts?.count ?? 0;
  if (parameter === undefined || count < 2 || rows % count !== 0) return undefined;
  const [inner, outer] =
    parameter === 'w2' ? (['column', 'row'] as const) : (['row', 'column'] as const);
  const view = viewOf([...splitIntoBlocks(rows, count, inner), { size: columns, target: outer }]);
  return { view, orientation: 'known' };
}

function countOf(config: Json | undefined, key: string): number | undefined {
  const value = property(config, key);
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}
