/** Regularizers that are operations of a graph and own no weights: dropout, fractional pooling. */
import type { Json } from '../../core/json';
import { elementCountOf } from '../../core/tensor';
import { numbersOf } from '../numbers';
import type { WireReader } from '../onnx/wire';
import type { GraphNode } from './graphDef';
import { constantOf } from './tensorProto';

const maxModules = 1000;
/** Longer is no name that a program gives. */
const maxNameLength = 1000;

/** Constants of a dropout that tell its rate, and how. */
const rates: readonly (readonly [name: string, toRate: (value: number) => number])[] = [
  ['rate', (rate) => rate],
  ['GreaterEqual/y', (rate) => rate],
  ['keep_prob', (keep) => 1 - keep],
  ['Const', (scale) => 1 - 1 / scale],
];

export async function modulesOf(
  nodes: readonly GraphNode[],
  reader: WireReader,
): Promise<readonly Json[]> {
  const constants = new Map(nodes.flatMap((node) => (node.tensor ? [[node.name, node]] : [])));
  const modules = new Map<string, Json>();
  for (const { name, op, attributes } of nodes) {
    if (modules.size >= maxModules) break;
    if (name.length > maxNameLength) continue;
    if (/^Fractional(?:Max|Avg)Pool$/.test(op)) {
      modules.set(name, { name, type: op, config: Object.fromEntries(attributes) });
    }
    const scope = /RandomUniform/.test(op) ? /^(.*dropout[^/]*)\//i.exec(name)?.[1] : undefined;
    if (scope === undefined || modules.has(scope)) continue;
    const rate = await rateOf(scope, constants, reader);
    modules.set(scope, { name: scope, type: 'Dropout', config: { rate } });
  }
  return [...modules.values()];
}

/** Null where it is calculated while the model runs. */
async function rateOf(
  scope: string,
  constants: ReadonlyMap<string, GraphNode>,
  reader: WireReader,
): Promise<number | null> {
  for (const [suffix, toRate] of rates) {
    const tensor = constants.get(`${scope}/${suffix}`)?.tensor;
    if (!tensor || elementCountOf(tensor.shape) !== 1) continue;
    const found = await constantOf(reader, tensor);
    if (typeof found === 'string') continue;
    const [value] = numbersOf(found.dtype, await found.data.read(0, 1));
    const rate = value === undefined ? NaN : toRate(value);
    if (rate >= 0 && rate < 1) return Number(rate.toPrecision(6));
  }
  return null;
}
