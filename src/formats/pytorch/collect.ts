/** Finds the tensors under a pickled value and names them as state_dict() would. */
import type { JsonObject } from '../../core/json';
import type { ModuleInfo } from '../../core/tensor';
import { FormatError } from '../../core/errors';
import {
  asKind,
  attributesOf,
  keyText,
  lastName,
  type PickleValue,
  type PyObject,
  sequenceOf,
  toJson,
  typePathOf,
} from '../pickle';
import type { Undescribed } from './rebuild';
import type { FoundTensor, Tensors } from './tensors';

/**
 * Visits to values that were visited before. A value shared by many is visited for each of its names (tied layers), so a
 * small file could have endless many of them.
 */
const maxRepeats = 100_000;
const maxDepth = 200;

export interface Named {
  readonly name: string;
  readonly tensor: FoundTensor | Undescribed;
  readonly module?: ModuleInfo;
}

export interface Collected {
  readonly named: readonly Named[];
  /** Modules of a pickled model, those without tensors as well: dropout leaves no other trace. */
  readonly modules: readonly ModuleInfo[];
}

interface Visit {
  readonly value: PickleValue;
  readonly name: string;
  readonly module: ModuleInfo | undefined;
  /** The containers around this one, for circles. */
  readonly parent: Visit | undefined;
  readonly depth: number;
}

/** Depth first, in file order, without recursion. */
export function collectTensors(root: PickleValue, tensors: Tensors): Collected {
  const named: Named[] = [];
  const modules: ModuleInfo[] = [];
  const seen = new Set<PickleValue>();
  const plainObjects = new Set<PyObject>();
  const stack: Visit[] = [
    { value: root, name: '', module: undefined, parent: undefined, depth: 0 },
  ];
  for (let repeats = 0; ;) {
    const visit = stack.pop();
    if (!visit) return { named, modules };
    const { value, name } = visit;
    if (seen.has(value) && ++repeats > maxRepeats) {
      throw new FormatError('PyTorch', `more than ${maxRepeats} names for shared values`);
    }
    seen.add(value);
    if (visit.depth > maxDepth || isCircle(visit)) continue;
    const object = asKind(value, 'object');
    const tensor = object && tensors.read(object);
    if (tensor) {
      named.push({ name, tensor, ...(visit.module && { module: visit.module }) });
      continue;
    }
    if (object && !isModule(object)) {
      // Anything may refer to anything here; one name is enough.
      if (plainObjects.has(object)) continue;
      plainObjects.add(object);
    }
    const module = object ? moduleInfo(object, name) : undefined;
    if (module) modules.push(module);
    const children = object ? childrenOfObject(object) : childrenOf(value);
    for (const [key, child] of [...children].reverse()) {
      if (typeof child !== 'object' || child === null || child instanceof Uint8Array) continue;
      const childName = name === '' ? key : key === '' ? name : `${name}.${key}`;
      stack.push({ value: child, name: childName, module, parent: visit, depth: visit.depth + 1 });
    }
  }
}

/** Whether there is a readable or unreadable tensor anywhere under the value. */
export function hasTensor(root: PickleValue, tensors: Tensors): boolean {
  const seen = new Set<PickleValue>();
  const stack: PickleValue[] = [root];
  for (;;) {
    const value = stack.pop();
    if (value === undefined) return false;
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    const object = asKind(value, 'object');
    if (object && tensors.read(object)) return true;
    for (const [, child] of object ? childrenOfObject(object) : childrenOf(value))
      stack.push(child);
  }
}

/** An nn.Module, or an object of TorchScript, which has the parameters as plain attributes. */
export function isModule(object: PyObject): boolean {
  const attributes = attributesOf(object);
  if (!attributes) return false;
  const isEager = attributes.has('_parameters') && attributes.has('_modules');
  return isEager || typePathOf(object).startsWith('__torch__.');
}

function isCircle(visit: Visit): boolean {
  for (let above = visit.parent; above; above = above.parent) {
    if (above.value === visit.value) return true;
  }
  return false;
}

type Child = readonly [name: string, value: PickleValue];

function childrenOf(value: PickleValue): readonly Child[] {
  const dict = asKind(value, 'dict');
  if (dict) return [...dict.entries].map(([key, child]) => [keyText(key), child]);
  const items = sequenceOf(value) ?? asKind(value, 'set')?.items ?? [];
  return items.map((child, index) => [String(index), child]);
}

function childrenOfObject(object: PyObject): readonly Child[] {
  const attributes = attributesOf(object);
  if (attributes?.has('_parameters') && attributes.has('_modules')) {
    return ['_parameters', '_buffers', '_modules'].flatMap((part) =>
      childrenOf(attributes.get(part) ?? null),
    );
  }
  const own = attributes
    ? [...attributes].map(([key, child]): Child => [keyText(key), child])
    : childrenOf(object.state ?? null);
  const entries = [...(object.entries ?? [])].map(([key, child]): Child => [keyText(key), child]);
  const items = (object.items ?? []).map((child, index): Child => [String(index), child]);
  const args = (sequenceOf(object.args) ?? []).map((child, index): Child => [String(index), child]);
  return [...own, ...entries, ...items, ...args];
}

function moduleInfo(object: PyObject, name: string): ModuleInfo | undefined {
  if (!isModule(object)) return undefined;
  const config = configOf(object);
  return {
    name,
    type: lastName(typePathOf(object)) || 'Module',
    ...(Object.keys(config).length > 0 && { config }),
  };
}

/** Plain attributes of a module: in_channels, kernel_size, groups, p, eps, momentum … */
function configOf(object: PyObject): JsonObject {
  const limits = { budget: { left: 100 }, maxItems: 8 };
  const pairs: [string, ReturnType<typeof toJson>][] = [];
  for (const [key, value] of attributesOf(object) ?? []) {
    if (typeof key !== 'string' || key.startsWith('_') || key === 'training') continue;
    const items = sequenceOf(value);
    const isPlain = value === null || typeof value !== 'object' || items?.every(isScalar);
    if (isPlain && pairs.length < 40) pairs.push([key, toJson(value, limits)]);
  }
  return Object.fromEntries(pairs);
}

function isScalar(value: PickleValue): boolean {
  return value === null || typeof value !== 'object';
}
