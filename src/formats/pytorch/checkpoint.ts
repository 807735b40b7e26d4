import type { Notice, OptimizerRecord, Skipped } from '../../core/checkpoint';
import type { Json } from '../../core/json';
import type { ModuleInfo, Role, Tensor } from '../../core/tensor';
import { asKind, keyText, lastName, type PickleValue, toJson, typePathOf } from '../pickle';
import { type Collected, collectTensors, isModule, type Named } from './collect';
import { isOptimizerName, type Part, partsOf } from './layout';
import { optimizerRecord, stepOf } from './optimizer';
import type { Tensors } from './tensors';

/** Values of the training record that are shown. */
const maxRecorded = 4000;
const maxItems = 100;
const maxModules = 5000;

export interface Interpreted {
  readonly layout: string;
  readonly tensors: readonly Tensor[];
  readonly skipped: readonly Skipped[];
  readonly optimizers: readonly OptimizerRecord[];
  readonly recorded: { readonly [key: string]: Json };
  readonly modules: readonly ModuleInfo[];
  readonly notices: readonly Notice[];
}

/** Gives the tensors under a pickled value their plain names and roles, and sets the rest apart. */
export function interpret(root: PickleValue, tensors: Tensors): Interpreted {
  const parts = partsOf(root, tensors);
  const names = new Names(parts);
  const list = new TensorList();
  const modules: ModuleInfo[] = [];
  for (const part of parts) {
    if (part.kind === 'record') continue;
    const collected = collectTensors(part.value, tensors);
    list.addAll(collected, names.prefixOf(part), roleOf(part));
    if (part.kind === 'model') modules.push(...collected.modules);
  }
  return {
    layout: layoutName(root, parts),
    tensors: list.tensors,
    skipped: list.skipped,
    optimizers: parts
      .filter(({ kind }) => kind === 'optimizer')
      .map(({ value }) => optimizerRecord(value)),
    recorded: recordedOf(parts, { root, tensors, names }),
    modules: modules.slice(0, maxModules),
    notices: [],
  };
}

/** Tensors by unique name; the first view of a piece of storage owns it. */
class TensorList {
  readonly tensors: Tensor[] = [];
  readonly skipped: Skipped[] = [];
  private readonly owners = new Map<string, string>();
  private readonly used = new Set<string>();

  addAll({ named }: Collected, prefix: string, role: Role | undefined): void {
    for (const one of named) this.add(one, prefix, role);
  }

  private add({ name, tensor, module }: Named, prefix: string, role: Role | undefined): void {
    const fullName = this.unique(joined(prefix, unpacked(name)) || 'tensor');
    if (tensor.kind === 'unreadable') {
      this.skipped.push({ name: fullName, reason: tensor.reason });
      return;
    }
    const { dtype, shape, data, identity, quantization } = tensor;
    const owner = identity === undefined ? undefined : this.owners.get(identity);
    if (identity !== undefined && owner === undefined) this.owners.set(identity, fullName);
    this.tensors.push({
      name: fullName,
      dtype,
      shape,
      data,
      ...(quantization && { quantization }),
      ...(owner !== undefined && { sameAs: owner }),
      ...(role && { role }),
      ...(module && { module: { ...module, name: joined(prefix, module.name) } }),
    });
  }

  /** Two paths may read the same: `{"a": {"b": …}, "a.b": …}`. */
  private unique(name: string): string {
    let unique = name;
    for (let count = 2; this.used.has(unique); count++) unique = `${name}#${count}`;
    this.used.add(unique);
    return unique;
  }
}

/** A quantised linear module keeps (weight, bias) as one entry. */
function unpacked(name: string): string {
  return name.replace(
    /(^|\.)_packed_params\._packed_params\.([01])$/,
    (_, dot: string, index: string) => `${dot}${index === '0' ? 'weight' : 'bias'}`,
  );
}

/** Prefixes: none for the only model, `ema` for its average, `optimizer` for the only optimizer, else the key. */
class Names {
  constructor(private readonly parts: readonly Part[]) {}

  prefixOf(part: Part): string {
    switch (part.kind) {
      case 'model':
        return this.isOnly(part) ? '' : part.key;
      case 'average':
        return this.isOnly(part) ? 'ema' : `ema.${part.key}`;
      case 'optimizer':
        return this.isOnly(part) ? 'optimizer' : part.key;
      case 'tensor':
      case 'state':
      case 'record':
        return part.key;
    }
  }

  private isOnly(part: Part): boolean {
    return this.parts.filter(({ kind }) => kind === part.kind).length === 1;
  }
}

function roleOf(part: Part): Role | undefined {
  switch (part.kind) {
    case 'average':
      return 'ema_copy';
    case 'optimizer':
      return 'optimizer';
    case 'state':
      return isOptimizerName(part.key) ? 'optimizer' : 'aux';
    case 'model':
    case 'tensor':
    case 'record':
      return undefined;
  }
}

function recordedOf(
  parts: readonly Part[],
  { root, tensors, names }: { root: PickleValue; tensors: Tensors; names: Names },
): { [key: string]: Json } {
  const limits = {
    budget: { left: maxRecorded },
    maxItems,
    special: (value: Parameters<Tensors['read']>[0]): Json | undefined => {
      const tensor = tensors.read(value);
      if (tensor?.kind === 'tensor') return `tensor ${tensor.dtype} [${tensor.shape.join(', ')}]`;
      if (tensor) return `tensor: ${tensor.reason}`;
      return isModule(value) ? { class: typePathOf(value) } : undefined;
    },
  };
  const pairs = parts
    .filter(({ kind }) => kind === 'record' || kind === 'state')
    .map(({ key, value }): [string, Json] => [key || rootName(root), toJson(value, limits)]);
  for (const part of parts) {
    // A step kept as a tensor is among the tensors.
    const step = part.kind === 'optimizer' ? stepOf(part.value) : undefined;
    if (typeof step === 'number') pairs.push([`${names.prefixOf(part)}.step`, step]);
  }
  return Object.fromEntries(pairs);
}

function rootName(root: PickleValue): string {
  const object = asKind(root, 'object');
  return object ? lastName(typePathOf(object)) || 'object' : 'value';
}

function layoutName(root: PickleValue, parts: readonly Part[]): string {
  const keys = new Set([...(asKind(root, 'dict')?.entries.keys() ?? [])].map(keyText));
  const object = asKind(root, 'object');
  const hasModel = parts.some(({ kind }) => kind === 'model' || kind === 'tensor');
  if (object && isModule(object)) return `whole module ${lastName(typePathOf(object))}`;
  if (keys.has('pytorch-lightning_version')) return 'Lightning checkpoint';
  if (!hasModel) return parts.some(({ kind }) => kind === 'optimizer') ? 'optimizer state' : 'data';
  if (parts.length === 1 && parts[0]?.key === '') return 'state dict';
  return 'training checkpoint';
}

function joined(prefix: string, name: string): string {
  return prefix === '' || name === '' ? prefix + name : `${prefix}.${name}`;
}
