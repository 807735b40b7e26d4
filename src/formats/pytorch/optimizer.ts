import type { OptimizerGroup, OptimizerRecord } from '../../core/checkpoint';
import type { JsonObject } from '../../core/json';
import {
  asKind,
  attributesOf,
  keyText,
  lastName,
  type PickleValue,
  sequenceOf,
  toJson,
  typePathOf,
} from '../pickle';

/** A group of a large model names some thousand parameters. */
const maxGroupValues = 20_000;

/** Whether the value is what Optimizer.state_dict() gives, `{state: {0: {…}}, param_groups: [{…}]}`, or an optimizer itself. */
export function isOptimizerState(value: PickleValue | undefined): boolean {
  const entries = entriesOf(value);
  if (!entries) return false;
  return entries.has('state') && sequenceOf(entries.get('param_groups')) !== undefined;
}

/** A pickled optimizer has as attributes what its state dict has as entries. */
function entriesOf(
  value: PickleValue | undefined,
): ReadonlyMap<PickleValue, PickleValue> | undefined {
  const object = asKind(value, 'object');
  return object ? attributesOf(object) : asKind(value, 'dict')?.entries;
}

export function optimizerRecord(value: PickleValue): OptimizerRecord {
  const entries = entriesOf(value);
  const groups = (sequenceOf(entries?.get('param_groups')) ?? []).map(toGroup);
  const object = asKind(value, 'object');
  const name = object
    ? lastName(typePathOf(object))
    : optimizerName(groups[0]?.hyperparameters ?? {}, stateKeysOf(value));
  return { ...(name !== undefined && { name }), groups };
}

/** State of the parameters, each a dict of tensors and counters. */
function parameterStatesOf(value: PickleValue): readonly ReadonlyMap<PickleValue, PickleValue>[] {
  const state = asKind(entriesOf(value)?.get('state'), 'dict')?.entries.values() ?? [];
  return [...state].flatMap((own) => asKind(own, 'dict')?.entries ?? []);
}

/** Steps that the optimizer has taken: a counter of its first parameter, which older versions kept as a plain number. */
export function stepOf(value: PickleValue): PickleValue | undefined {
  return parameterStatesOf(value)
    .find((state) => state.has('step'))
    ?.get('step');
}

function toGroup(group: PickleValue): OptimizerGroup {
  const limits = { budget: { left: maxGroupValues }, maxItems: maxGroupValues };
  const entries = asKind(group, 'dict')?.entries ?? new Map<PickleValue, PickleValue>();
  const hyperparameters = [...entries]
    .filter(([key]) => key !== 'params')
    .map(([key, value]) => [keyText(key), toJson(value, limits)] as const);
  return {
    hyperparameters: Object.fromEntries(hyperparameters),
    parameterCount: sequenceOf(entries.get('params'))?.length ?? 0,
  };
}

function stateKeysOf(value: PickleValue): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const own of parameterStatesOf(value)) for (const key of own.keys()) keys.add(keyText(key));
  return keys;
}

/** Keys by which each class is told: of its groups, or of its state. The more special ones come first. */
const signatures: readonly (readonly [name: string, groupKeys: string, stateKeys: string])[] = [
  ['NAdam', 'momentum_decay', 'mu_product'],
  ['Adafactor', 'beta2_decay', 'variance row_var col_var'],
  ['Muon', 'ns_coefficients ns_steps', ''],
  ['RMSprop', 'alpha centered', ''],
  ['Adagrad', 'lr_decay', 'sum'],
  ['Adadelta', 'rho', 'acc_delta'],
  ['ASGD', 'lambd t0', 'ax'],
  ['Rprop', 'etas step_sizes', ''],
  ['SGD', 'dampening nesterov', ''],
  ['Adamax', '', 'exp_inf'],
];

/** The class that the keys of its groups and its state decide; `A or B` where they leave two. */
export function optimizerName(
  group: JsonObject,
  stateKeys: ReadonlySet<string>,
): string | undefined {
  const has = (key: string): boolean => Object.hasOwn(group, key);
  for (const [name, groupKeys, ownKeys] of signatures) {
    const byGroup = groupKeys !== '' && groupKeys.split(' ').every(has);
    const byState = ownKeys !== '' && ownKeys.split(' ').some((key) => stateKeys.has(key));
    if (byGroup || byState) return name;
  }
  if (!has('betas')) return undefined;
  if (has('amsgrad')) {
    // Recorded since 2.7; before, Adam and AdamW had the same keys.
    const decoupled = group['decoupled_weight_decay'];
    if (typeof decoupled !== 'boolean') return 'Adam or AdamW';
    return decoupled ? 'AdamW' : 'Adam';
  }
  if (has('decoupled_weight_decay')) return 'RAdam';
  if (!has('weight_decay')) return 'SparseAdam';
  return stateKeys.has('exp_avg') && !stateKeys.has('exp_avg_sq') ? 'Lion' : undefined;
}
