/** What the operators of a subgraph say of the tensors that they take: class, options, role. */
import type { JsonObject } from '../../core/json';
import type { ModuleInfo, Role } from '../../core/tensor';
import type { Operator, StoredTensor, Subgraph } from './model';

interface Use {
  readonly operator: Operator;
  readonly input: number;
}

type Roles = readonly (Role | undefined)[];

/** Operators that hand a weight on, in another form perhaps. */
const passing = new Set(['DEQUANTIZE', 'DENSIFY', 'CAST', 'QUANTIZE']);
const maxChain = 8;
const maxUses = 64;
/** Hand-overs that are followed: a fan of them says no more than its first few. */
const maxQueue = 256;

const times = (role: Role, count: number): Role[] => new Array<Role>(count).fill(role);
/** Weights of one direction: inputs, outputs fed back (four gates each), peepholes, biases, projection. */
const lstm: Role[] = [
  ...times('matrix', 4),
  ...times('recurrent', 4),
  ...times('aux', 3),
  ...times('bias', 4),
  'matrix',
  'bias',
];

/** Roles by input. */
const inputRoles: ReadonlyMap<string, Roles> = new Map<string, Roles>([
  ['FULLY_CONNECTED', [undefined, 'matrix', 'bias']],
  ['CONV_2D', [undefined, 'conv', 'bias']],
  ['CONV_3D', [undefined, 'conv', 'bias']],
  ['DEPTHWISE_CONV_2D', [undefined, 'depthwise', 'bias']],
  ['TRANSPOSE_CONV', ['aux', 'conv', undefined, 'bias']],
  ['CONV_3D_TRANSPOSE', ['aux', 'conv', undefined, 'bias']],
  ['BATCH_MATMUL', ['matrix', 'matrix']],
  ['EMBEDDING_LOOKUP', ['aux', 'embedding']],
  ['GATHER', ['embedding', 'aux']],
  ['PRELU', [undefined, 'bias']],
  ['RNN', [undefined, 'matrix', 'recurrent', 'bias']],
  ['UNIDIRECTIONAL_SEQUENCE_RNN', [undefined, 'matrix', 'recurrent', 'bias']],
  [
    'BIDIRECTIONAL_SEQUENCE_RNN',
    [undefined, 'matrix', 'recurrent', 'bias', 'aux', 'matrix', 'recurrent', 'bias'],
  ],
  ['LSTM', [undefined, ...lstm, 'aux', 'aux', ...times('norm_scale', 4)]],
  ['UNIDIRECTIONAL_SEQUENCE_LSTM', [undefined, ...lstm, 'aux', 'aux', ...times('norm_scale', 4)]],
  ['BIDIRECTIONAL_SEQUENCE_LSTM', [undefined, ...lstm, ...lstm]],
  ['SVDF', [undefined, 'matrix', 'matrix', 'bias']],
]);

/** Who takes which tensor of a subgraph. */
export class Uses {
  private readonly byTensor = new Map<number, Use[]>();

  constructor(private readonly graph: Subgraph) {
    for (const operator of graph.operators) {
      operator.inputs.forEach((tensor, input) => {
        if (tensor < 0) return;
        const known = this.byTensor.get(tensor);
        if (!known) this.byTensor.set(tensor, [{ operator, input }]);
        else if (known.length < maxUses) known.push({ operator, input });
      });
    }
  }

  /** Module and role of a tensor, as its most telling use has them. */
  meaning(index: number, tensor: StoredTensor): { module?: ModuleInfo; role?: Role } {
    const uses = this.follow(index);
    const use = uses.find(({ operator, input }) => inputRoles.get(operator.op)?.[input]) ?? uses[0];
    if (!use) return {};
    const role = roleOf(use, tensor.shape);
    return { module: this.moduleOf(use, tensor), ...(role && { role }) };
  }

  /** Breadth first; each tensor once, so that circles and fans end. */
  private follow(index: number): readonly Use[] {
    const uses: Use[] = [];
    const seen = new Set([index]);
    const queue = [{ index, depth: 0 }];
    for (let i = 0; i < queue.length && uses.length < maxUses; i++) {
      const { index: current, depth } = queue[i]!;
      for (const use of this.byTensor.get(current) ?? []) {
        const next = use.operator.outputs[0];
        const isHandedOn = passing.has(use.operator.op) && use.input === 0;
        if (!isHandedOn || next === undefined || depth >= maxChain) uses.push(use);
        else if (queue.length < maxQueue && !seen.has(next)) {
          seen.add(next);
          queue.push({ index: next, depth: depth + 1 });
        }
      }
    }
    return uses;
  }

  private moduleOf({ operator, input }: Use, tensor: StoredTensor): ModuleInfo {
    const { op, inputs, outputs, options } = operator;
    const channels = this.graph.tensors[inputs[0] ?? -1]?.shape.at(-1) ?? 0;
    const own = tensor.shape.at(-1) ?? 0;
    // A convolution whose filters see fewer channels than there are is one in groups.
    const isGrouped = op === 'CONV_2D' && input === 1 && own > 0 && channels % own === 0;
    const groups = isGrouped && channels > own ? channels / own : 1;
    const config: JsonObject = { ...options, ...(groups > 1 && { groups }), input };
    // Names of operators that were joined stand one behind the other, the operator of the weight last.
    const joined = this.graph.tensors[outputs[0] ?? -1]?.name ?? op;
    return { name: joined.slice(joined.lastIndexOf(';') + 1), type: op, config };
  }
}

function roleOf({ operator, input }: Use, shape: readonly number[]): Role | undefined {
  const role = inputRoles.get(operator.op)?.[input];
  if (role === 'matrix' || role === 'embedding') return shape.length < 2 ? 'aux' : role;
  if (role !== undefined) return role;
  if (shape.every((size) => size === 1)) return 'aux';
  const isVector = shape.filter((size) => size !== 1).length <= 1;
  if (isVector && /^(?:ADD|SUB)$/.test(operator.op)) return 'bias';
  // A vector that multiplies may be the scale of a norm that was taken apart: its name tells more.
  return isVector && operator.op === 'MUL' ? undefined : 'aux';
}
