import type { Json } from '../../core/json';
import {
  asKind,
  attributesOf,
  lastName,
  type PickleValue,
  type PyObject,
  sequenceOf,
  typePathOf,
} from './values';

const maxDepth = 24;
const maxText = 4000;

/** How much of a pickled value becomes JSON. */
export interface JsonLimits {
  /** Values in all; one budget may serve many calls. */
  readonly budget: { left: number };
  /** Items of one list; the rest is counted in a note. */
  readonly maxItems: number;
  /** Gives the JSON of an object that the caller knows, such as a tensor. */
  readonly special?: (value: PyObject) => Json | undefined;
}

/**
 * Plain data as JSON. Instances become `{"class": …}` with their attributes; what goes too deep, in circles or past the
 * budget is cut with a note, so a small pickle cannot become a large report.
 */
export function toJson(value: PickleValue, limits: JsonLimits, depth = 0): Json {
  if (--limits.budget.left < 0) return '…';
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'string') return cut(value);
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`;
  if (depth >= maxDepth) return '…';
  switch (value.kind) {
    case 'list':
    case 'tuple':
    case 'set':
      return listToJson(value.items, limits, depth);
    case 'dict':
      return entriesToJson(value.entries, limits, depth);
    case 'global':
      return value.path;
    case 'persistent':
      return 'stored apart';
    case 'object':
      return limits.special?.(value) ?? plain(value) ?? objectToJson(value, limits, depth);
  }
}

function listToJson(items: readonly PickleValue[], limits: JsonLimits, depth: number): Json {
  const list: Json[] = [];
  for (const item of items.slice(0, limits.maxItems)) {
    if (limits.budget.left <= 0) break;
    list.push(toJson(item, limits, depth + 1));
  }
  if (items.length > list.length) list.push(`… ${items.length - list.length} more`);
  return list;
}

function entriesToJson(
  entries: ReadonlyMap<PickleValue, PickleValue>,
  limits: JsonLimits,
  depth: number,
): { [key: string]: Json } {
  const pairs: [string, Json][] = [];
  for (const [key, value] of entries) {
    if (limits.budget.left <= 0) {
      pairs.push(['…', `${entries.size - pairs.length} more`]);
      break;
    }
    pairs.push([keyText(key), toJson(value, limits, depth + 1)]);
  }
  // Own properties even for "__proto__".
  return Object.fromEntries(pairs);
}

/** Instances that stand for one plain value: dtypes, devices, paths, dates, NumPy scalars. */
function plain(value: PyObject): Json | undefined {
  const path = typePathOf(value);
  const args = sequenceOf(value.args) ?? [];
  if (path.startsWith('pathlib.')) return args.filter(isText).join('/').replace(/^\/\//, '/');
  if (path === 'torch.device') return args.filter((arg) => isText(arg) || isNumber(arg)).join(':');
  if (/^numpy\._?core\.multiarray\.scalar$/.test(path)) return numpyScalar(args);
  if (path === 'numpy.dtype') return isText(args[0]) ? args[0] : undefined;
  // Enumerations are a class called with the value of the member.
  return undefined;
}

function objectToJson(value: PyObject, limits: JsonLimits, depth: number): Json {
  const path = typePathOf(value);
  const attributes = attributesOf(value);
  // omegaconf keeps its values in `_content`, Lightning's AttributeDict is a dict, a Namespace is only its attributes.
  const content = attributes?.get('_content') ?? (path.includes('omegaconf') ? undefined : null);
  if (path.startsWith('omegaconf.') && content !== undefined && content !== null) {
    return toJson(content, limits, depth + 1);
  }
  if (path.startsWith('omegaconf.nodes.')) {
    return toJson(attributes?.get('_val') ?? null, limits, depth + 1);
  }
  const fields = new Map([...(attributes ?? []), ...(value.entries ?? [])]);
  const own = entriesToJson(fields, limits, depth);
  if (path === 'argparse.Namespace' || lastName(path) === 'AttributeDict') return own;
  const args = sequenceOf(value.args) ?? [];
  return {
    class: path === '' ? 'unknown' : path,
    ...(args.length > 0 && { args: listToJson(args, limits, depth + 1) }),
    ...(value.items && { items: listToJson(value.items, limits, depth + 1) }),
    ...own,
  };
}

/** `numpy.core.multiarray.scalar(dtype, bytes)` of the number types that training loops record. */
function numpyScalar([dtype, bytes]: readonly PickleValue[]): Json | undefined {
  const type = asKind(dtype, 'object');
  const code = type && sequenceOf(type.args)?.[0];
  if (!isText(code) || !(bytes instanceof Uint8Array)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read: Record<string, (() => number | bigint) | undefined> = {
    f8: () => view.getFloat64(0, true),
    f4: () => view.getFloat32(0, true),
    i8: () => view.getBigInt64(0, true),
    u8: () => view.getBigUint64(0, true),
    i4: () => view.getInt32(0, true),
    u4: () => view.getUint32(0, true),
    b1: () => view.getUint8(0),
  };
  const reader = Object.hasOwn(read, code) ? read[code] : undefined;
  if (!reader || Number(code.slice(1)) !== bytes.byteLength) return undefined;
  const number = Number(reader());
  if (code === 'b1') return number !== 0;
  return Number.isFinite(number) ? number : String(number);
}

/** A dict's key in words: 0, `weight`, (1, 2). */
export function keyText(key: PickleValue): string {
  if (typeof key === 'string') return key;
  if (typeof key === 'number' || typeof key === 'bigint' || typeof key === 'boolean') {
    return String(key);
  }
  if (key === null) return 'None';
  if (key instanceof Uint8Array) return `${key.byteLength} bytes`;
  if (key.kind === 'global') return key.path;
  if (key.kind === 'tuple') {
    return `(${key.items.map((item) => (typeof item === 'object' ? '…' : String(item))).join(', ')})`;
  }
  return key.kind === 'object' ? lastName(typePathOf(key)) : key.kind;
}

function cut(text: string): string {
  return text.length <= maxText ? text : `${text.slice(0, maxText)}…`;
}

function isText(value: PickleValue | undefined): value is string {
  return typeof value === 'string';
}

function isNumber(value: PickleValue): value is number {
  return typeof value === 'number';
}
