/**
 * What the parts of a training checkpoint are: models, their averaged copies, optimizers, the rest. Told by structure
 * first and by the names that training libraries use second.
 *
 *     Lightning   {epoch, global_step, pytorch-lightning_version, state_dict, callbacks, optimizer_states, hyper_parameters}
 *     timm        {epoch, arch, state_dict, optimizer, version, args, state_dict_ema?, metric?}
 *     torchvision {model, optimizer, lr_scheduler, epoch, args, model_ema?, scaler?}
 *     Ultralytics {epoch, best_fitness, model, ema, updates, optimizer, train_args}: whole modules
 */
import { asKind, keyText, type PickleValue, sequenceOf } from '../pickle';
import { hasTensor } from './collect';
import { isOptimizerState } from './optimizer';
import type { Tensors } from './tensors';

/** `tensor` is a weight by itself, beside or instead of a model; `state` has tensors that are no weights. */
export type PartKind = 'model' | 'tensor' | 'average' | 'optimizer' | 'state' | 'record';

export interface Part {
  /** Path of keys from the root, '' for the root itself. */
  readonly key: string;
  readonly kind: PartKind;
  readonly value: PickleValue;
}

/** Averaged copies of a model. */
const averageKey = /(^|[_.])(ema|swa|averag\w*|shadow\w*)($|[_.])/i;
/** Parts whose tensors are no weights: moments, schedules, random states, sums of metrics. */
const stateKey =
  /optim|sched|scaler|rng|seed|random|loss|metric|callback|hyper|args|config|epoch|step|best_|history|loops|sampler|stat(e?s|istics)$/i;
const optimizerKey = /optim/i;
/** A dict with one of these is a checkpoint around a model, not a model with a layer of that name. */
const wrapperKeys = ['state_dict', 'model_state_dict', 'model_state', 'param_groups'];

export function partsOf(root: PickleValue, tensors: Tensors): Part[] {
  const parts = splitValue('', root, tensors, 0);
  // An average without the model it was taken of is the model.
  const hasModel = parts.some(({ kind }) => kind === 'model' || kind === 'tensor');
  if (hasModel) return parts;
  return parts.map((part) => (part.kind === 'average' ? { ...part, kind: 'model' } : part));
}

/** Whether most entries of the dict are tensors: a state dict, perhaps with a counter among them. */
export function isStateDict(value: PickleValue, tensors: Tensors): boolean {
  const entries = asKind(value, 'dict')?.entries;
  if (!entries) return false;
  let count = 0;
  for (const child of entries.values()) {
    const object = asKind(child, 'object');
    if (object && tensors.read(object)) count++;
  }
  return count > 0 && 2 * count >= entries.size;
}

function splitValue(key: string, value: PickleValue, tensors: Tensors, depth: number): Part[] {
  if (isOptimizerState(value)) return [{ key, kind: 'optimizer', value }];
  const entries = entriesOf(value);
  const isWhole = !entries || isStateDict(value, tensors) || depth > 2;
  if (isWhole) return [{ key, kind: hasTensor(value, tensors) ? 'model' : 'record', value }];
  return [...entries].flatMap(([childKey, child]) => {
    const name = keyText(childKey);
    return classify(key === '' ? name : `${key}.${name}`, name, child, tensors, depth);
  });
}

function classify(
  key: string,
  name: string,
  value: PickleValue,
  tensors: Tensors,
  depth: number,
): Part[] {
  const optimizers = optimizersIn(key, value);
  if (optimizers.length > 0) return optimizers;
  if (!hasTensor(value, tensors)) return [{ key, kind: 'record', value }];
  if (averageKey.test(name)) return [{ key, kind: 'average', value }];
  if (stateKey.test(name) && !wrapperKeys.includes(name)) return [{ key, kind: 'state', value }];
  const entries = asKind(value, 'dict')?.entries;
  const isWrapper = entries && wrapperKeys.some((wrapper) => entries.has(wrapper));
  if (isWrapper && !isStateDict(value, tensors)) {
    return splitValue(key, value, tensors, depth + 1);
  }
  return [{ key, kind: loneTensorKind(value, tensors) ?? 'model', value }];
}

/** One optimizer, or a list or dict of them. */
function optimizersIn(key: string, value: PickleValue): Part[] {
  if (isOptimizerState(value)) return [{ key, kind: 'optimizer', value }];
  const entries = entriesOf(value);
  if (!entries || entries.size === 0) return [];
  const parts = [...entries].map(([childKey, child]): Part => {
    const childName = `${key}.${keyText(childKey)}`;
    return { key: childName, kind: 'optimizer', value: child };
  });
  return parts.every((part) => isOptimizerState(part.value)) ? parts : [];
}

/** A tensor by itself: a scalar is a loss or a temperature kept beside the model, anything else may be a weight. */
function loneTensorKind(value: PickleValue, tensors: Tensors): PartKind | undefined {
  const object = asKind(value, 'object');
  const tensor = object && tensors.read(object);
  if (!tensor) return undefined;
  return tensor.kind === 'tensor' && tensor.shape.length === 0 ? 'state' : 'tensor';
}

/** Entries of a dict or, by index, of a tuple or list. */
function entriesOf(value: PickleValue): ReadonlyMap<PickleValue, PickleValue> | undefined {
  const dict = asKind(value, 'dict');
  if (dict) return dict.entries;
  const items = sequenceOf(value);
  return items && new Map(items.map((item, index) => [String(index), item]));
}

/** Whether tensors of such a part belong to an optimizer by the part's name. */
export function isOptimizerName(key: string): boolean {
  return optimizerKey.test(key);
}
