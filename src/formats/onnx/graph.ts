/** What the nodes of a graph say about the tensors that they take: class, attributes, role. */
import type { JsonObject } from '../../core/json';
import type { ModuleInfo, Role } from '../../core/tensor';
import type { GraphNode } from './model';

/** A node that takes a tensor, perhaps after nodes that hand it on. */
export interface Use {
  readonly node: GraphNode;
  readonly input: number;
  /** Whether the last two axes were exchanged on the way. */
  readonly isTransposed: boolean;
}

/** Longest chain of nodes that hand a tensor on. */
const maxChain = 8;
/** Uses of one tensor that are looked at. */
const maxUses = 64;

/** Roles by input of the operations whose inputs have fixed meanings. */
const inputRoles: ReadonlyMap<string, readonly (Role | undefined)[]> = new Map<
  string,
  readonly (Role | undefined)[]
>([
  ['Conv', [undefined, 'conv', 'bias']],
  ['ConvTranspose', [undefined, 'conv', 'bias']],
  ['QLinearConv', [undefined, 'aux', 'aux', 'conv', 'aux', 'aux', 'aux', 'aux', 'bias']],
  ['QLinearMatMul', ['matrix', 'aux', 'aux', 'matrix', 'aux', 'aux', 'aux', 'aux']],
  ['Gemm', ['matrix', 'matrix', 'bias']],
  ['MatMul', ['matrix', 'matrix']],
  ['LSTM', [undefined, 'matrix', 'recurrent', 'bias', 'aux', 'aux', 'aux', 'aux']],
  ['GRU', [undefined, 'matrix', 'recurrent', 'bias', 'aux', 'aux']],
  ['RNN', [undefined, 'matrix', 'recurrent', 'bias', 'aux', 'aux']],
  ['BatchNormalization', [undefined, 'norm_scale', 'norm_bias', 'running_stat', 'running_stat']],
  ['InstanceNormalization', [undefined, 'norm_scale', 'norm_bias']],
  ['LayerNormalization', [undefined, 'norm_scale', 'norm_bias']],
  ['GroupNormalization', [undefined, 'norm_scale', 'norm_bias']],
  ['SimplifiedLayerNormalization', [undefined, 'norm_scale']],
  ['RMSNormalization', [undefined, 'norm_scale']],
  ['PRelu', [undefined, 'bias']],
  ['Gather', ['embedding']],
  ['DequantizeLinear', [undefined, 'aux', 'aux']],
  ['QuantizeLinear', [undefined, 'aux', 'aux']],
]);

/** Operations that calculate element by element: what they take is no matrix, whatever its shape. */
const elementwise = /^(Add|Sub|Mul|Div|Pow|Where|Equal|Greater|Less|Min|Max|Mod|Clip|ScatterND)/;

/** Who takes which value. */
export class Uses {
  private readonly byValue = new Map<string, { node: GraphNode; input: number }[]>();

  constructor(nodes: readonly GraphNode[]) {
    for (const node of nodes) {
      node.inputs.forEach((value, input) => {
        if (value === '') return;
        const known = this.byValue.get(value);
        if (!known) this.byValue.set(value, [{ node, input }]);
        else if (known.length < maxUses) known.push({ node, input });
      });
    }
  }

  /** The nodes that take the value itself. */
  direct(value: string): readonly { readonly node: GraphNode; readonly input: number }[] {
    return this.byValue.get(value) ?? [];
  }

  /** The node that tells most about a tensor: one whose inputs have fixed meanings, else the first. */
  telling(value: string): Use | undefined {
    const uses = this.follow(value);
    return uses.find(({ node }) => inputRoles.has(node.op)) ?? uses[0];
  }

  /** Breadth first; each value once, so circles and fans end. */
  private follow(value: string): Use[] {
    const uses: Use[] = [];
    const seen = new Set([value]);
    const queue = [{ value, isTransposed: false, depth: 0 }];
    for (let i = 0; i < queue.length && uses.length < maxUses; i++) {
      const { value: current, isTransposed, depth } = queue[i]!;
      for (const { node, input } of this.direct(current)) {
        const output = node.outputs[0];
        const flip = input === 0 && output !== undefined ? flipOf(node) : undefined;
        if (flip === undefined || output === undefined || depth >= maxChain) {
          uses.push({ node, input, isTransposed });
        } else if (!seen.has(output)) {
          seen.add(output);
          queue.push({ value: output, isTransposed: isTransposed !== flip, depth: depth + 1 });
        }
      }
    }
    return uses;
  }
}

/** Whether a node that hands its first input on exchanges the last two axes; undefined for other nodes. */
function flipOf(node: GraphNode): boolean | undefined {
  if (node.op === 'Identity' || node.op === 'Cast' || node.op === 'DequantizeLinear') return false;
  if (node.op !== 'Transpose') return undefined;
  const order = node.attributes.get('perm');
  if (!Array.isArray(order) || order.length < 2) return undefined;
  const last = order.length - 1;
  const isSwap = order.every((axis: unknown, i) => {
    return axis === (i === last ? last - 1 : i === last - 1 ? last : i);
  });
  return isSwap || undefined;
}

export interface Meaning {
  readonly module?: ModuleInfo;
  readonly role?: Role;
}

/** Module and role of a tensor of the given shape, as its use tells them. */
export function meaningOf(use: Use | undefined, shape: readonly number[]): Meaning {
  if (!use) return {};
  const { node, input, isTransposed } = use;
  const config: JsonObject = {
    ...Object.fromEntries(node.attributes),
    input,
    ...(isTransposed && { transposed: true }),
  };
  const module = { name: node.name || (node.outputs[0] ?? ''), type: node.op, config };
  const role = roleOf(use, shape);
  return { module, ...(role && { role }) };
}

function roleOf({ node, input }: Use, shape: readonly number[]): Role | undefined {
  const isVector = shape.filter((size) => size !== 1).length <= 1;
  const role = inputRoles.get(node.op)?.[input];
  switch (role) {
    case 'conv':
      return isDepthwise(node, shape) ? 'depthwise' : 'conv';
    case 'matrix':
      return shape.length < 2 ? 'aux' : 'matrix';
    case 'embedding':
      return shape.length === 2 && !isVector ? 'embedding' : 'aux';
    default:
      if (role) return role;
  }
  const isScalar = shape.every((size) => size === 1);
  if (isScalar) return 'aux';
  if (/Norm/.test(node.op)) return undefined;
  if (!elementwise.test(node.op)) return shape.length === 2 ? undefined : 'aux';
  if (isVector && /^(Add|Sub)$/.test(node.op)) return 'bias';
  // A vector that multiplies is the scale of a norm that was taken apart; its name tells more.
  return isVector && node.op === 'Mul' && shape.length === 1 ? undefined : 'aux';
}

/** (C·multiplier, 1, …) in as many groups as there are input channels, or (C, multiplier, …) of a transposed one. */
function isDepthwise(node: GraphNode, shape: readonly number[]): boolean {
  const group = node.attributes.get('group');
  if (typeof group !== 'number' || group <= 1) return false;
  return node.op === 'ConvTranspose' ? group === shape[0] : shape[1] === 1;
}
