import type { PickleValue, PyObject } from './values';
import { asKind, sequenceOf } from './values';

/** Builds the value of a call from its arguments, or gives undefined to leave it a labelled call. */
type Builder = (args: readonly PickleValue[]) => PickleValue | undefined;

/**
 * Calls that stand for plain data. Each is our own function over values that exist already; no name is ever looked up
 * anywhere else.
 */
const builders: ReadonlyMap<string, Builder> = new Map<string, Builder>([
  ['collections.OrderedDict', ([items]) => dictFrom(items)],
  ['collections.Counter', ([items]) => dictFrom(items)],
  ['collections.defaultdict', ([, items]) => dictFrom(items)],
  ['builtins.dict', ([items]) => dictFrom(items)],
  ['collections.deque', ([items]) => ({ kind: 'list', items: [...(sequenceOf(items) ?? [])] })],
  ['builtins.list', ([items]) => ({ kind: 'list', items: [...(sequenceOf(items) ?? [])] })],
  ['builtins.set', ([items]) => ({ kind: 'set', items: [...(sequenceOf(items) ?? [])] })],
  ['builtins.frozenset', ([items]) => ({ kind: 'set', items: [...(sequenceOf(items) ?? [])] })],
  ['builtins.tuple', ([items]) => ({ kind: 'tuple', items: sequenceOf(items) ?? [] })],
  ['torch.Size', ([items]) => ({ kind: 'tuple', items: sequenceOf(items) ?? [] })],
  ['builtins.bytearray', ([bytes, encoding]) => bytesFrom(bytes, encoding)],
  ['builtins.bytes', ([bytes, encoding]) => bytesFrom(bytes, encoding)],
  ['_codecs.encode', ([text, encoding]) => bytesFrom(text, encoding)],
  [
    'copyreg._reconstructor',
    ([type = null, , state = null]) =>
      instance(type, { kind: 'tuple', items: state === null ? [] : [state] }),
  ],
  [
    'copyreg.__newobj__',
    ([type = null, ...args]) => instance(type, { kind: 'tuple', items: args }),
  ],
  ['torch.jit._pickle.build_intlist', ([items]) => items],
  ['torch.jit._pickle.build_doublelist', ([items]) => items],
  ['torch.jit._pickle.build_boollist', ([items]) => items],
  ['torch.jit._pickle.build_tensorlist', ([items]) => items],
  ['torch.jit._pickle.restore_type_tag', ([value]) => value],
]);

/** What `path(*args)` stands for where it is plain data. */
export function build(path: string, args: PickleValue): PickleValue | undefined {
  return builders.get(path)?.(sequenceOf(args) ?? []);
}

/** Number of values that {@link build} copies out of the arguments, for the memory account. */
export function copiedBy(args: PickleValue): number {
  let count = 0;
  for (const arg of sequenceOf(args) ?? []) {
    count += sequenceOf(arg)?.length ?? asKind(arg, 'dict')?.entries.size ?? byteLengthOf(arg);
  }
  return count;
}

function byteLengthOf(value: PickleValue): number {
  return typeof value === 'string' || value instanceof Uint8Array ? value.length : 0;
}

/** From a dict, or from a list of pairs as Python 2 pickled an OrderedDict. */
function dictFrom(items: PickleValue | undefined): PickleValue {
  const dict = asKind(items, 'dict');
  if (dict) return { kind: 'dict', entries: new Map(dict.entries) };
  const entries = new Map<PickleValue, PickleValue>();
  for (const item of sequenceOf(items) ?? []) {
    const [key, value] = sequenceOf(item) ?? [];
    if (key !== undefined && value !== undefined) entries.set(key, value);
  }
  return { kind: 'dict', entries };
}

/** Python 3 writes bytes in protocol 2 as text and its encoding, latin1. */
function bytesFrom(
  value: PickleValue | undefined,
  encoding: PickleValue | undefined,
): PickleValue | undefined {
  if (value === undefined) return new Uint8Array(0);
  if (value instanceof Uint8Array) return value.slice();
  const items = sequenceOf(value);
  if (items) return Uint8Array.from(items, (item) => (typeof item === 'number' ? item : 0));
  if (typeof value !== 'string' || encoding !== 'latin1') return undefined;
  return Uint8Array.from(value, (char) => char.charCodeAt(0));
}

function instance(type: PickleValue, args: PickleValue): PyObject {
  return { kind: 'object', type, args };
}
