import type { Json } from '../../core/json';
import { elementCountOf } from '../../core/tensor';
import type { GraphNode, Model } from './model';
import { numbersOf } from '../numbers';
import type { ValueReader } from './values';

const maxDropouts = 1000;
/** What an absent ratio means. */
const defaultRatio = 0.5;

/** Dropout nodes as modules: they have no tensors that would carry them. Before opset 12 the ratio was an attribute. */
export async function dropoutsOf(model: Model, values: ValueReader): Promise<Json[]> {
  const nodes = model.nodes.filter(({ op }) => op === 'Dropout').slice(0, maxDropouts);
  const modules: Json[] = [];
  for (const node of nodes) {
    const ratio = await ratioOf(node, model, values);
    const name = node.name || (node.outputs[0] ?? '');
    const training = await trainingOf(node, model, values);
    modules.push({ name, type: 'Dropout', config: { ratio, ...(training && { training }) } });
  }
  return modules;
}

/** Whether it acts: since opset 12 the third input says so, and its absence means no. */
async function trainingOf(node: GraphNode, model: Model, values: ValueReader): Promise<boolean> {
  const input = node.inputs[2] ?? '';
  if (input === '') return false;
  const stored = model.tensors.find(({ name }) => name === input);
  const found = stored && (await values.find(stored));
  if (!found || typeof found === 'string' || elementCountOf(found.shape) !== 1) return false;
  const [flag] = numbersOf(found.dtype, await found.data.read(0, 1));
  return flag === 1;
}

/** Null where it is calculated while the model runs. */
async function ratioOf(node: GraphNode, model: Model, values: ValueReader): Promise<number | null> {
  const attribute = node.attributes.get('ratio');
  if (typeof attribute === 'number') return attribute;
  const input = node.inputs[1] ?? '';
  if (input === '') return defaultRatio;
  const stored = model.tensors.find(({ name }) => name === input);
  const found = stored && (await values.find(stored));
  if (!found || typeof found === 'string' || elementCountOf(found.shape) !== 1) return null;
  const [ratio] = numbersOf(found.dtype, await found.data.read(0, 1));
  return ratio === undefined || !Number.isFinite(ratio) ? null : Number(ratio.toPrecision(7));
}
