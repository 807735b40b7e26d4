/** What the operations of a graph say of the constants and variables that they take: class, attributes, role. */
import type { JsonObject } from '../../core/json';
import type { ModuleInfo, Role } from '../../core/tensor';
import type { GraphNode } from './graphDef';
import { layerName } from './layerName';
import type { Meaning } from './openBundle';

interface Use {
  readonly node: GraphNode;
  readonly input: number;
}

/** Operations that hand a weight on unchanged. */
const passing = new Set([
  ...['Identity', 'ReadVariableOp', 'Enter', 'StopGradient', 'Cast', 'ExpandDims'],
  ...['FakeQuantWithMinMaxVars', 'FakeQuantWithMinMaxVarsPerChannel'],
]);
const maxChain = 8;
const maxUses = 64;
/** Hand-overs that are followed: a fan of them says no more than its first few. */
const maxQueue = 256;
/** What keeps variables, and calls of functions: neither says what a weight is for. */
const bookkeeping =
  /^(?:VarIsInitializedOp|IsVariableInitialized|Assign\w*|SaveV2|RestoreV2|NoOp|\w*PartitionedCall)$/;
/** What training adds: it takes weights in other ways than the layer does. */
const training = /(?:^|\/)gradients?(?:_\d+)?\/|^(?:save|init)(?:_\d+)?\//;

/** Roles by input of the operations whose inputs have fixed meanings. */
const inputRoles: ReadonlyMap<string, readonly (Role | undefined)[]> = new Map<
  string,
  readonly (Role | undefined)[]
>([
  ...['MatMul', '_FusedMatMul', 'BatchMatMul', 'BatchMatMulV2', 'BatchMatMulV3'].map(
    (op): [string, Role[]] => [op, ['matrix', 'matrix', 'bias']],
  ),
  ...['Conv2D', '_FusedConv2D', 'Conv3D', 'Conv'].map((op): [string, (Role | undefined)[]] => [
    op,
    [undefined, 'conv', 'bias'],
  ]),
  ['Conv2DBackpropInput', ['aux', 'conv']],
  ['Conv3DBackpropInputV2', ['aux', 'conv']],
  ['DepthwiseConv2dNative', [undefined, 'depthwise']],
  ['_FusedDepthwiseConv2dNative', [undefined, 'depthwise', 'bias']],
  ...['Gather', 'GatherV2', 'ResourceGather'].map((op): [string, Role[]] => [
    op,
    ['embedding', 'aux', 'aux'],
  ]),
  ...['FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3', '_FusedBatchNormEx'].map(
    (op): [string, (Role | undefined)[]] => [
      op,
      [undefined, 'norm_scale', 'norm_bias', 'running_stat', 'running_stat'],
    ],
  ),
  ['BiasAdd', [undefined, 'bias']],
  ['BiasAddV1', [undefined, 'bias']],
]);

/** Who takes which node's output. */
export class GraphUses {
  private readonly byNode = new Map<string, Use[]>();

  constructor(nodes: readonly GraphNode[]) {
    for (const node of nodes) {
      if (training.test(node.name) || bookkeeping.test(node.op)) continue;
      node.inputs.forEach((reference, input) => {
        if (reference.startsWith('^')) return;
        const source = reference.replace(/:\d+$/, '');
        const known = this.byNode.get(source);
        if (!known) this.byNode.set(source, [{ node, input }]);
        else if (known.length < maxUses) known.push({ node, input });
      });
    }
  }

  /** Module and role of what a node gives; the shape tells matrices from vectors. */
  meaning(name: string, shape: readonly number[] | undefined): Meaning {
    const uses = this.follow(name);
    const use = uses.find(({ node, input }) => inputRoles.get(node.op)?.[input]) ?? uses[0];
    if (!use) return {};
    const role = roleOf(use, shape);
    return { module: moduleOf(use), ...(role && { role }) };
  }

  /** Breadth first; each node once, so that circles and fans end. */
  private follow(name: string): readonly Use[] {
    const uses: Use[] = [];
    const seen = new Set([name]);
    const queue = [{ name, depth: 0 }];
    for (let i = 0; i < queue.length && uses.length < maxUses; i++) {
      const { name: current, depth } = queue[i]!;
      for (const use of this.byNode.get(current) ?? []) {
        const { node, input } = use;
        if (!passing.has(node.op) || input !== 0 || depth >= maxChain) uses.push(use);
        else if (queue.length < maxQueue && !seen.has(node.name)) {
          seen.add(node.name);
          queue.push({ name: node.name, depth: depth + 1 });
        }
      }
    }
    return uses;
  }
}

function roleOf({ node, input }: Use, shape: readonly number[] | undefined): Role | undefined {
  const role = inputRoles.get(node.op)?.[input];
  if (shape === undefined) return role;
  const isVector = shape.filter((size) => size !== 1).length <= 1;
  if (role === 'matrix' || role === 'embedding') return shape.length < 2 ? 'aux' : role;
  if (role !== undefined) return role;
  if (shape.every((size) => size === 1)) return 'aux';
  if (isVector && /^(?:Add|AddV2|Sub)$/.test(node.op)) return 'bias';
  // A vector that multiplies may be the scale of a norm that was taken apart: its name tells more.
  return isVector && /^(?:Mul|Rsqrt)$/.test(node.op) ? undefined : 'aux';
}

function moduleOf({ node, input }: Use): ModuleInfo {
  const config: JsonObject = { ...Object.fromEntries(node.attributes), input };
  return { name: layerName(node), type: node.op, config };
}
