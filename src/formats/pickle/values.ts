import type { GlobalUse } from './globals';

/** What a pickle describes, as data. Nothing of it has been run: a call is an object with the name of what was called. */
export type PickleValue =
  | null
  | boolean
  | number
  /** Integers beyond 2^53. */
  | bigint
  | string
  | Uint8Array
  | PyList
  | PyTuple
  | PySet
  | PyDict
  | PyGlobal
  | PyObject
  | PyPersistent;

export interface PyList {
  readonly kind: 'list';
  readonly items: PickleValue[];
}

export interface PyTuple {
  readonly kind: 'tuple';
  readonly items: readonly PickleValue[];
}

export interface PySet {
  readonly kind: 'set';
  readonly items: PickleValue[];
}

export interface PyDict {
  readonly kind: 'dict';
  /** In file order. Strings and numbers are keys by value, all others by identity. */
  readonly entries: Map<PickleValue, PickleValue>;
  /** Attributes of a dict subclass: the `_metadata` of a state dict. */
  attributes?: PickleValue;
}

/** A class or function by name. */
export interface PyGlobal {
  readonly kind: 'global';
  /** Module and name: `torch._utils._rebuild_tensor_v2`. */
  readonly path: string;
}

/** An instance, or the result of a call, with all that the pickle says about it. */
export interface PyObject {
  readonly kind: 'object';
  /** The class, or the callable whose result this is. */
  readonly type: PickleValue;
  readonly args: PickleValue;
  /** What `__setstate__` or `__dict__` would be given. */
  state?: PickleValue;
  /** Where it is a list or a dict as well. */
  items?: PickleValue[];
  entries?: Map<PickleValue, PickleValue>;
}

/** Something kept outside the pickle: a tensor's storage. */
export interface PyPersistent {
  readonly kind: 'persistent';
  readonly id: PickleValue;
}

type Structured = Exclude<PickleValue, null | boolean | number | bigint | string | Uint8Array>;

/** The value if it is of the kind. */
export function asKind<K extends Structured['kind']>(
  value: PickleValue | undefined,
  kind: K,
): Extract<Structured, { kind: K }> | undefined {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return undefined;
  return isKind(value, kind) ? value : undefined;
}

function isKind<K extends Structured['kind']>(
  value: Structured,
  kind: K,
): value is Extract<Structured, { kind: K }> {
  return value.kind === kind;
}

/** Items of a list or a tuple. */
export function sequenceOf(value: PickleValue | undefined): readonly PickleValue[] | undefined {
  return asKind(value, 'tuple')?.items ?? asKind(value, 'list')?.items;
}

/** `torch.nn.modules.conv.Conv2d` for an instance of it or a call of it. */
export function typePathOf(value: PyObject): string {
  return asKind(value.type, 'global')?.path ?? '';
}

/** The last part of a dotted name. */
export function lastName(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

/**
 * Attributes of an instance: its `__dict__`, or the first part of a (dict, slots) pair. Undefined where its state is of
 * another form.
 */
export function attributesOf(value: PyObject): ReadonlyMap<PickleValue, PickleValue> | undefined {
  const dict = asKind(value.state, 'dict') ?? asKind(sequenceOf(value.state)?.[0], 'dict');
  return dict?.entries;
}

/** A pickle's value and what it named. */
export interface Unpickled {
  readonly value: PickleValue;
  /** Every class and function that it named, in order of appearance; then those of pickles inside its bytes. */
  readonly globals: ReadonlyMap<string, GlobalUse>;
  /** Ids of what stands outside, in order of appearance. */
  readonly outside: readonly PickleValue[];
  /** Bytes up to and with STOP. */
  readonly byteLength: number;
}

/** Before 1.6 torch.save gave classes of modules as ("module", class, file, source text), to compare the source when loading. */
export function classOf(id: PickleValue): PyGlobal | undefined {
  const [tag, type] = sequenceOf(id) ?? [];
  return tag === 'module' ? asKind(type, 'global') : undefined;
}

/** A size, an offset or an axis. */
export function isSize(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
