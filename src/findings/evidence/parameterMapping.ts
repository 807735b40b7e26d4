/** Which parameters a group of an optimizer holds: PyTorch records their numbers only. */
import type { TensorReport } from '../../core/report';
import type { Facts } from '../facts';
import type { GroupFacts } from './optimizers';

export interface GroupParameters {
  readonly group: GroupFacts;
  /** Tensors of the group; undefined where they cannot be told. */
  readonly parameters: readonly TensorReport[] | undefined;
  /** `names`: recorded; `order`, `shapes`: told by the state's shapes, of all parameters or of those of each rank. */
  readonly by: 'names' | 'order' | 'shapes' | 'unknown';
}

/** State that has the shape of its parameter. */
const shapedState =
  /^(.*state\.)(\d+)\.(exp_avg|momentum_buffer|square_avg|sum|exp_avg_sq|ax|prev|acc_delta)$/;

export function mapParameters(
  facts: Facts,
  groups: readonly GroupFacts[],
): readonly GroupParameters[] {
  const trainable = trainableOf(facts);
  const indices = new Set(groups.map(({ optimizerIndex }) => optimizerIndex));
  return [...indices].flatMap((index) => {
    const own = groups.filter(({ optimizerIndex }) => optimizerIndex === index);
    return mapOne(own, trainable, stateShapes(facts, index, indices.size));
  });
}

/** What an optimizer could hold, in the order of the file. */
function trainableOf({ report }: Facts): readonly TensorReport[] {
  return report.tensors.filter(
    ({ role, sameAs, name }) =>
      !['optimizer', 'ema_copy', 'running_stat'].includes(role) &&
      sameAs === undefined &&
      (role !== 'aux' || /_raw$|original\d?$/.test(name)),
  );
}

/** Shapes of the state by number of the parameter, as text; sparse where a parameter has never had a gradient. */
function stateShapes(
  { report }: Facts,
  optimizerIndex: number,
  optimizerCount: number,
): ReadonlyMap<number, string> {
  const prefixes: string[] = [];
  const byPrefix = new Map<string, Map<number, string>>();
  for (const { name, role, shape } of report.tensors) {
    if (role !== 'optimizer') continue;
    const match = shapedState.exec(name);
    if (!match) continue;
    const prefix = match[1] ?? '';
    const shapes = byPrefix.get(prefix) ?? new Map<number, string>();
    if (!byPrefix.has(prefix)) prefixes.push(prefix);
    byPrefix.set(prefix, shapes);
    shapes.set(Number(match[2]), shape.join('×'));
  }
  // Several optimizers of which one has no state yet: whose the rest is cannot be told.
  if (prefixes.length !== optimizerCount) return new Map();
  return byPrefix.get(prefixes[optimizerIndex] ?? '') ?? new Map();
}

function mapOne(
  groups: readonly GroupFacts[],
  trainable: readonly TensorReport[],
  shapes: ReadonlyMap<number, string>,
): readonly GroupParameters[] {
  const named = groups.map((group) => byNames(group, trainable));
  if (named.every((parameters) => parameters !== undefined)) return zip(groups, named, 'names');
  const count = groups.reduce((sum, { parameterCount }) => sum + parameterCount, 0);
  const isWhole = count === trainable.length;
  if (groups.length === 1 && isWhole && fits(trainable, 0, shapes)) {
    return zip(groups, [trainable], 'order');
  }
  if (isWhole && shapes.size > 0) {
    const inOrder = split(groups, trainable, shapes);
    if (inOrder && groups.length > 1 && !isAmbiguous(groups, trainable)) {
      return zip(groups, inOrder, 'order');
    }
    const byRank = splitByRank(groups, trainable, shapes);
    if (byRank) return zip(groups, byRank, 'shapes');
  }
  return groups.map((group) => ({ group, parameters: undefined, by: 'unknown' }));
}

function zip(
  groups: readonly GroupFacts[],
  parameters: readonly (readonly TensorReport[] | undefined)[],
  by: GroupParameters['by'],
): readonly GroupParameters[] {
  return groups.map((group, index) => ({ group, parameters: parameters[index], by }));
}

/** `param_names`, which an optimizer made from named_parameters() records. A prefix such as `module.` may differ. */
function byNames(
  { hyperparameters, parameterCount }: GroupFacts,
  trainable: readonly TensorReport[],
): readonly TensorReport[] | undefined {
  const names = hyperparameters['param_names'];
  if (!Array.isArray(names) || names.length !== parameterCount) return undefined;
  const known = new Map(trainable.map((tensor) => [plainName(tensor.name), tensor]));
  const found = names.flatMap((name: unknown) => {
    const tensor = typeof name === 'string' ? known.get(plainName(name)) : undefined;
    return tensor ? [tensor] : [];
  });
  return found.length === names.length ? found : undefined;
}

function plainName(name: string): string {
  return name.replace(/^((module|model|_orig_mod|state_dict)\.)+/, '');
}

/** The groups' parameters one after the other in the order of the file. */
function split(
  groups: readonly GroupFacts[],
  tensors: readonly TensorReport[],
  shapes: ReadonlyMap<number, string>,
): readonly (readonly TensorReport[])[] | undefined {
  if (!fits(tensors, 0, shapes)) return undefined;
  let at = 0;
  return groups.map(({ parameterCount }) => tensors.slice(at, (at += parameterCount)));
}

/** Decayed matrices in one group and vectors in the other, as nanoGPT and timm do, each in the order of the file. */
function splitByRank(
  groups: readonly GroupFacts[],
  tensors: readonly TensorReport[],
  shapes: ReadonlyMap<number, string>,
): readonly (readonly TensorReport[])[] | undefined {
  if (groups.length !== 2) return undefined;
  const matrices = tensors.filter(({ shape }) => shape.length >= 2);
  const vectors = tensors.filter(({ shape }) => shape.length < 2);
  for (const [first, second] of [
    [matrices, vectors],
    [vectors, matrices],
  ] as const) {
    const counts = [first.length, second.length];
    if (!groups.every(({ parameterCount }, index) => parameterCount === counts[index])) continue;
    if (fits(first, 0, shapes) && fits(second, first.length, shapes)) return [first, second];
  }
  return undefined;
}

/** Whether both orders would fit, which only names could tell apart: two groups of vectors of one length. */
function isAmbiguous(groups: readonly GroupFacts[], tensors: readonly TensorReport[]): boolean {
  const decays = new Set(groups.map(({ weightDecay }) => weightDecay));
  return decays.size > 1 && new Set(tensors.map(({ shape }) => shape.join('×'))).size === 1;
}

/** Whether no known state contradicts that parameter `start + i` is tensor i. */
function fits(
  tensors: readonly TensorReport[],
  start: number,
  shapes: ReadonlyMap<number, string>,
): boolean {
  return tensors.every(({ shape }, index) => {
    const known = shapes.get(start + index);
    return known === undefined || known === shape.join('×');
  });
}
