/**
 * A pickle machine that builds data and calls nothing: protocols 0 to 5.
 *
 * A pickle is a program for a stack machine whose GLOBAL, REDUCE, NEWOBJ, BUILD, INST and OBJ let it run anything in Python.
 * Here a global is a name, a call is a record of its name and arguments, and only a fixed list of calls that stand for
 * plain containers becomes those containers.
 *
 * @see https://github.com/python/cpython/blob/main/Lib/pickletools.py
 */
import { FormatError } from '../../core/errors';
import { build, copiedBy } from './builders';
import { globalPath, type GlobalUse, severityOf } from './globals';
import { PickleInput } from './input';
import { MemoryAccount } from './memoryAccount';
import { type NestedLook, NestedPickles } from './nested';
import { floatFrom, intFrom, stringFrom, unicodeFrom } from './protocol0';
import {
  asKind,
  classOf,
  type PickleValue,
  type PyDict,
  type PyGlobal,
  type Unpickled,
} from './values';

/** A state dict of 100 000 tensors has 5 million. */
const maxOpcodes = 20_000_000;
/** Values on the stack; SETITEMS works in batches of 1000, tuples of arguments are short. */
const maxStackDepth = 5_000_000;
/** Runs one pickle over values that are data. */
export class Machine {
  private readonly input: PickleInput;
  private readonly stack: PickleValue[] = [];
  private readonly marks: number[] = [];
  private readonly memo = new Map<number, PickleValue>();
  private readonly globals = new Map<string, GlobalUse>();
  private readonly nested: NestedPickles;
  /** Where the opcode in hand begins. */
  private opcodeOffset = 0;
  private readonly globalValues = new Map<string, PyGlobal>();
  private readonly outside: PickleValue[] = [];
  private readonly memory: MemoryAccount;

  /** @param depth 0, or how many pickles it is inside of */
  constructor(bytes: Uint8Array, depth: number) {
    this.input = new PickleInput(bytes);
    this.nested = new NestedPickles(depth);
    this.memory = new MemoryAccount(depth);
  }

  run(): Unpickled {
    for (let count = 0; count < maxOpcodes; count++) {
      this.opcodeOffset = this.input.offset;
      const code = this.input.u8();
      if (code === 0x2e /* STOP */) {
        const value = this.pop();
        const { outside } = this;
        return { value, globals: this.named(), outside, byteLength: this.input.offset };
      }
      this.step(code);
      if (this.stack.length > maxStackDepth || this.marks.length > maxStackDepth) {
        throw this.fault(`more than ${maxStackDepth} values on its stack`);
      }
    }
    throw this.fault(`more than ${maxOpcodes} opcodes`);
  }

  /** What was named so far. */
  named(): ReadonlyMap<string, GlobalUse> {
    this.nested.addTo(this.globals, lookInto);
    return this.globals;
  }

  private step(code: number): void {
    const { input } = this;
    switch (code) {
      case 0x80: {
        // PROTO
        const version = input.u8();
        if (version > 5) throw this.fault(`protocol ${version}; 0 to 5 are read`);
        return;
      }
      case 0x95: // FRAME
        input.take(8);
        return;
      case 0x28: // MARK
        this.marks.push(this.stack.length);
        return;
      case 0x30: // POP
        // After a bare MARK it takes back the mark.
        if (this.marks.at(-1) === this.stack.length) this.marks.pop();
        else this.pop();
        return;
      case 0x31: // POP_MARK
        this.popToMark();
        return;
      case 0x32: // DUP
        this.push(this.top());
        return;
      // None and booleans
      case 0x4e: // NONE
        this.push(null);
        return;
      case 0x88: // NEWTRUE
        this.push(true);
        return;
      case 0x89: // NEWFALSE
        this.push(false);
        return;
      // Numbers
      case 0x4b: // BININT1
        this.push(input.u8());
        return;
      case 0x4d: // BININT2
        this.push(input.u16());
        return;
      case 0x4a: // BININT
        this.push(input.i32());
        return;
      case 0x47: // BINFLOAT
        this.push(input.f64());
        return;
      case 0x8a: // LONG1
        this.push(input.long(input.u8()), 64);
        return;
      case 0x8b: // LONG4
        this.push(input.long(input.i32()), 1024);
        return;
      case 0x49: // INT
        this.push(intFrom(input));
        return;
      case 0x4c: // LONG
        this.push(input.decimal(input.line()), 64);
        return;
      case 0x46: // FLOAT
        this.push(floatFrom(input));
        return;
      // Text and bytes
      case 0x8c: // SHORT_BINUNICODE
        this.pushText(input.text(input.u8()));
        return;
      case 0x58: // BINUNICODE
        this.pushText(input.text(input.u32()));
        return;
      case 0x8d: // BINUNICODE8
        this.pushText(input.text(input.u64()));
        return;
      case 0x56: // UNICODE
        this.pushText(unicodeFrom(input));
        return;
      case 0x55: // SHORT_BINSTRING
        this.pushText(input.latin1Text(input.u8()));
        return;
      case 0x54: // BINSTRING
        this.pushText(input.latin1Text(input.i32()));
        return;
      case 0x53: // STRING
        this.pushText(stringFrom(input));
        return;
      case 0x43: // SHORT_BINBYTES
        this.pushBytes(input.take(input.u8()));
        return;
      case 0x42: // BINBYTES
        this.pushBytes(input.take(input.u32()));
        return;
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        this.pushBytes(input.take(input.u64()));
        return;
      default:
        this.stepContainer(code);
    }
  }

  private stepContainer(code: number): void {
    switch (code) {
      case 0x29: // EMPTY_TUPLE
        this.push({ kind: 'tuple', items: [] }, 80);
        return;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        this.pushTuple(this.popMany(code - 0x84));
        return;
      case 0x74: // TUPLE
        this.pushTuple(this.popToMark());
        return;
      case 0x5d: // EMPTY_LIST
        this.push({ kind: 'list', items: [] }, 96);
        return;
      case 0x6c: // LIST
        this.pushList(this.popToMark());
        return;
      case 0x7d: // EMPTY_DICT
        this.push({ kind: 'dict', entries: new Map() }, 280);
        return;
      case 0x64: {
        // DICT
        const dict: PyDict = { kind: 'dict', entries: new Map() };
        this.setItems(dict.entries, this.popToMark());
        this.push(dict, 240);
        return;
      }
      case 0x8f: // EMPTY_SET
        this.push({ kind: 'set', items: [] }, 96);
        return;
      case 0x91: {
        // FROZENSET
        const items = this.popToMark();
        this.push({ kind: 'set', items }, 96 + 8 * items.length);
        return;
      }
      case 0x61: // APPEND
        this.append(this.popMany(1));
        return;
      case 0x65: // APPENDS
      case 0x90: // ADDITEMS
        this.append(this.popToMark());
        return;
      case 0x73: // SETITEM
        this.setOnTop(this.popMany(2));
        return;
      case 0x75: // SETITEMS
        this.setOnTop(this.popToMark());
        return;
      default:
        this.stepMemoOrObject(code);
    }
  }

  private stepMemoOrObject(code: number): void {
    const { input } = this;
    switch (code) {
      // Memo
      case 0x70: // PUT
        this.remember(input.decimal(input.line()));
        return;
      case 0x71: // BINPUT
        this.remember(input.u8());
        return;
      case 0x72: // LONG_BINPUT
        this.remember(input.u32());
        return;
      case 0x94: // MEMOIZE
        this.remember(this.memo.size);
        return;
      case 0x67: // GET
        this.recall(input.decimal(input.line()));
        return;
      case 0x68: // BINGET
        this.recall(input.u8());
        return;
      case 0x6a: // LONG_BINGET
        this.recall(input.u32());
        return;
      // Names, calls and what stands outside
      case 0x63: // GLOBAL
        this.pushGlobal('GLOBAL', input.utf8Line(), input.utf8Line());
        return;
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.popMany(2);
        if (typeof module !== 'string' || typeof name !== 'string') {
          throw this.fault('names something by what is no text');
        }
        this.pushGlobal('STACK_GLOBAL', module, name);
        return;
      }
      case 0x52: // REDUCE
      case 0x81: {
        // NEWOBJ
        const [type = null, args = null] = this.popMany(2);
        this.call(type, args);
        return;
      }
      case 0x92: {
        // NEWOBJ_EX
        const [type = null, args = null] = this.popMany(3);
        this.call(type, args);
        return;
      }
      case 0x69: {
        // INST
        this.pushGlobal('INST', input.utf8Line(), input.utf8Line());
        const type = this.pop();
        this.call(type, { kind: 'tuple', items: this.popToMark() });
        return;
      }
      case 0x6f: {
        // OBJ
        const [type = null, ...items] = this.popToMark();
        this.call(type, { kind: 'tuple', items });
        return;
      }
      case 0x62: {
        // BUILD
        const state = this.pop();
        this.setState(state);
        return;
      }
      case 0x50: // PERSID
        this.pushOutside(input.line());
        return;
      case 0x51: // BINPERSID
        this.pushOutside(this.pop());
        return;
      case 0x98: // READONLY_BUFFER
        return;
      case 0x97: // NEXT_BUFFER
        throw this.fault('keeps bytes out of band, which a file cannot hold');
      case 0x82: // EXT1
      case 0x83: // EXT2
      case 0x84: // EXT4
        throw this.fault('uses the extension registry, whose codes only its writer knows');
      default:
        throw this.fault(`opcode 0x${code.toString(16).padStart(2, '0')} does not exist`);
    }
  }

  private push(value: PickleValue, byteLength = 16): void {
    this.account(byteLength);
    this.stack.push(value);
  }

  private pushText(text: string): void {
    this.push(text, 48 + text.length);
  }

  private pushBytes(bytes: Uint8Array): void {
    this.push(bytes.slice(), 160 + bytes.byteLength);
    this.nested.note(bytes, this.input.offset - bytes.byteLength);
  }

  private pushTuple(items: readonly PickleValue[]): void {
    this.push({ kind: 'tuple', items }, 80 + 8 * items.length);
  }

  private pushList(items: PickleValue[]): void {
    this.push({ kind: 'list', items }, 96 + 8 * items.length);
  }

  private pushGlobal(opcode: string, module: string, name: string): void {
    const path = globalPath(module, name);
    let value = this.globalValues.get(path);
    if (!value) {
      value = { kind: 'global', path };
      this.globalValues.set(path, value);
      this.globals.set(path, {
        severity: severityOf(path),
        opcode,
        byteOffset: this.opcodeOffset,
      });
      this.account(200 + 4 * path.length);
    }
    this.push(value);
  }

  private pushOutside(id: PickleValue): void {
    this.outside.push(id);
    this.push(classOf(id) ?? { kind: 'persistent', id }, 72);
  }

  private call(type: PickleValue, args: PickleValue): void {
    const path = asKind(type, 'global')?.path;
    this.account(8 * copiedBy(args));
    const built = path === undefined ? undefined : build(path, args);
    if (built instanceof Uint8Array) this.nested.note(built, this.opcodeOffset);
    this.push(built ?? { kind: 'object', type, args }, 240);
  }

  private setState(state: PickleValue): void {
    const target = this.top();
    const object = asKind(target, 'object');
    if (object) object.state = state;
    const dict = asKind(target, 'dict');
    if (dict) dict.attributes = state;
    // Any other value has no state that would be data.
  }

  private append(items: readonly PickleValue[]): void {
    const target = this.top();
    const list = asKind(target, 'list') ?? asKind(target, 'set');
    const object = asKind(target, 'object');
    const into = list?.items ?? (object && (object.items ??= []));
    if (!into) throw this.fault('appends to what is no list');
    // The first item makes room for 16 more.
    this.account(8 * items.length + (into.length === 0 ? 136 : 0));
    for (const item of items) into.push(item);
  }

  private setOnTop(pairs: readonly PickleValue[]): void {
    const target = this.top();
    const object = asKind(target, 'object');
    const entries = asKind(target, 'dict')?.entries ?? (object && (object.entries ??= new Map()));
    if (!entries) throw this.fault('sets items of what is no dict');
    this.setItems(entries, pairs);
  }

  private setItems(entries: Map<PickleValue, PickleValue>, pairs: readonly PickleValue[]): void {
    if (pairs.length % 2 !== 0) throw this.fault('has a key without a value');
    this.account(24 * pairs.length);
    for (let i = 0; i < pairs.length; i += 2) entries.set(pairs[i] ?? null, pairs[i + 1] ?? null);
  }

  private remember(key: number | bigint): void {
    if (typeof key !== 'number' || key < 0) throw this.fault(`memo key ${key} is no index`);
    this.account(40);
    this.memo.set(key, this.top());
  }

  private recall(key: number | bigint): void {
    const value = typeof key === 'number' ? this.memo.get(key) : undefined;
    if (value === undefined) throw this.fault(`memo key ${key} has no value`);
    this.push(value);
  }

  private top(): PickleValue {
    const value = this.stack.at(-1);
    if (value === undefined || this.stack.length === this.marks.at(-1)) throw this.underflow();
    return value;
  }

  private pop(): PickleValue {
    const value = this.top();
    this.stack.pop();
    return value;
  }

  private popMany(count: number): PickleValue[] {
    if (this.stack.length - (this.marks.at(-1) ?? 0) < count) throw this.underflow();
    return this.stack.splice(-count);
  }

  private popToMark(): PickleValue[] {
    const mark = this.marks.pop();
    if (mark === undefined) throw this.fault('closes a group that was not opened');
    return this.stack.splice(mark);
  }

  private account(byteLength: number): void {
    if (!this.memory.take(byteLength)) throw this.fault(this.memory.exceeded);
  }

  private underflow(): FormatError {
    return this.fault('takes more values than it has made');
  }

  private fault(reason: string): FormatError {
    return this.input.fault(reason);
  }
}

/** What a pickle inside another one's bytes names; of one that has a fault, what stands before it. */
export function lookInto(bytes: Uint8Array, depth: number): NestedLook {
  const machine = new Machine(bytes, depth);
  try {
    return machine.run();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { globals: machine.named(), byteLength: undefined };
  }
}
