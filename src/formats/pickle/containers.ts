import type { PickleStack } from './stack';
import { asKind, type PickleValue, type PyDict } from './values';

/** Runs an opcode that makes or fills a tuple, list, dict or set; false where it is none of these. */
export function stepContainer(code: number, stack: PickleStack): boolean {
  switch (code) {
    case 0x29: // EMPTY_TUPLE
      stack.push({ kind: 'tuple', items: [] }, 80);
      return true;
    case 0x85: // TUPLE1
    case 0x86: // TUPLE2
    case 0x87: // TUPLE3
      pushTuple(stack, stack.popMany(code - 0x84));
      return true;
    case 0x74: // TUPLE
      pushTuple(stack, stack.popToMark());
      return true;
    case 0x5d: // EMPTY_LIST
      stack.push({ kind: 'list', items: [] }, 96);
      return true;
    case 0x6c: {
      // LIST
      const items = stack.popToMark();
      stack.push({ kind: 'list', items }, 96 + 8 * items.length);
      return true;
    }
    case 0x7d: // EMPTY_DICT
      stack.push({ kind: 'dict', entries: new Map() }, 280);
      return true;
    case 0x64: {
      // DICT
      const dict: PyDict = { kind: 'dict', entries: new Map() };
      setItems(stack, dict.entries, stack.popToMark());
      stack.push(dict, 240);
      return true;
    }
    case 0x8f: // EMPTY_SET
      stack.push({ kind: 'set', items: [] }, 96);
      return true;
    case 0x91: {
      // FROZENSET
      const items = stack.popToMark();
      stack.push({ kind: 'set', items }, 96 + 8 * items.length);
      return true;
    }
    case 0x61: // APPEND
      append(stack, stack.popMany(1));
      return true;
    case 0x65: // APPENDS
    case 0x90: // ADDITEMS
      append(stack, stack.popToMark());
      return true;
    case 0x73: // SETITEM
      setOnTop(stack, stack.popMany(2));
      return true;
    case 0x75: // SETITEMS
      setOnTop(stack, stack.popToMark());
      return true;
    default:
      return false;
  }
}

function pushTuple(stack: PickleStack, items: readonly PickleValue[]): void {
  stack.push({ kind: 'tuple', items }, 80 + 8 * items.length);
}

function append(stack: PickleStack, items: readonly PickleValue[]): void {
  const target = stack.top();
  const list = asKind(target, 'list') ?? asKind(target, 'set');
  const object = asKind(target, 'object');
  const into = list?.items ?? (object && (object.items ??= []));
  if (!into) throw stack.fault('appends to what is no list');
  // The first item makes room for 16 more.
  stack.account(8 * items.length + (into.length === 0 ? 136 : 0));
  for (const item of items) into.push(item);
}

function setOnTop(stack: PickleStack, pairs: readonly PickleValue[]): void {
  const target = stack.top();
  const object = asKind(target, 'object');
  const entries = asKind(target, 'dict')?.entries ?? (object && (object.entries ??= new Map()));
  if (!entries) throw stack.fault('sets items of what is no dict');
  setItems(stack, entries, pairs);
}

function setItems(
  stack: PickleStack,
  entries: Map<PickleValue, PickleValue>,
  pairs: readonly PickleValue[],
): void {
  if (pairs.length % 2 !== 0) throw stack.fault('has a key without a value');
  stack.account(24 * pairs.length);
  for (let i = 0; i < pairs.length; i += 2) entries.set(pairs[i] ?? null, pairs[i + 1] ?? null);
}
