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
import { stepContainer } from './containers';
import { globalPath, type GlobalUse, severityOf } from './globals';
import { PickleInput } from './input';
import { type LiteralPlace, pushLiteral } from './literals';
import { type NestedLook, NestedPickles } from './nested';
import { PickleStack } from './stack';
import { asKind, classOf, type PickleValue, type PyGlobal, type Unpickled } from './values';

/** A state dict of 100 000 tensors has 5 million. */
const maxOpcodes = 20_000_000;

/** Runs one pickle over values that are data. */
export class Machine {
  private readonly input: PickleInput;
  private readonly stack: PickleStack;
  private readonly memo = new Map<number, PickleValue>();
  private readonly globals = new Map<string, GlobalUse>();
  private readonly globalValues = new Map<string, PyGlobal>();
  private readonly nested: NestedPickles;
  private readonly place: LiteralPlace;
  private readonly outside: PickleValue[] = [];
  /** Where the opcode in hand begins. */
  private opcodeOffset = 0;

  /** @param depth 0, or how many pickles it is inside of */
  constructor(bytes: Uint8Array, depth: number) {
    this.input = new PickleInput(bytes);
    this.stack = new PickleStack(this.input, depth);
    this.nested = new NestedPickles(depth);
    const { input, stack, nested } = this;
    this.place = { input, stack, nested };
  }

  run(): Unpickled {
    for (let count = 0; count < maxOpcodes; count++) {
      this.opcodeOffset = this.input.offset;
      const code = this.input.u8();
      if (code === 0x2e /* STOP */) {
        const value = this.stack.pop();
        const { outside } = this;
        return { value, globals: this.named(), outside, byteLength: this.input.offset };
      }
      this.step(code);
      this.stack.checkDepth();
    }
    throw this.fault(`more than ${maxOpcodes} opcodes`);
  }

  /** What was named so far. */
  named(): ReadonlyMap<string, GlobalUse> {
    this.nested.addTo(this.globals, lookInto);
    return this.globals;
  }

  private step(code: number): void {
    const { input, stack } = this;
    if (pushLiteral(code, this.place) || stepContainer(code, stack)) return;
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
        stack.mark();
        return;
      case 0x30: // POP
        stack.popValueOrMark();
        return;
      case 0x31: // POP_MARK
        stack.popToMark();
        return;
      case 0x32: // DUP
        stack.push(stack.top());
        return;
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
      default:
        this.stepObject(code);
    }
  }

  /** Names, calls and what stands outside. */
  private stepObject(code: number): void {
    const { input, stack } = this;
    switch (code) {
      case 0x63: // GLOBAL
        this.pushGlobal('GLOBAL', input.utf8Line(), input.utf8Line());
        return;
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = stack.popMany(2);
        if (typeof module !== 'string' || typeof name !== 'string') {
          throw this.fault('names something by what is no text');
        }
        this.pushGlobal('STACK_GLOBAL', module, name);
        return;
      }
      case 0x52: // REDUCE
      case 0x81: {
        // NEWOBJ
        const [type = null, args = null] = stack.popMany(2);
        this.call(type, args);
        return;
      }
      case 0x92: {
        // NEWOBJ_EX
        const [type = null, args = null] = stack.popMany(3);
        this.call(type, args);
        return;
      }
      case 0x69: {
        // INST
        this.pushGlobal('INST', input.utf8Line(), input.utf8Line());
        const type = stack.pop();
        this.call(type, { kind: 'tuple', items: stack.popToMark() });
        return;
      }
      case 0x6f: {
        // OBJ
        const [type = null, ...items] = stack.popToMark();
        this.call(type, { kind: 'tuple', items });
        return;
      }
      case 0x62: {
        // BUILD
        const state = stack.pop();
        this.setState(state);
        return;
      }
      case 0x50: // PERSID
        this.pushOutside(input.line());
        return;
      case 0x51: // BINPERSID
        this.pushOutside(stack.pop());
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
      this.stack.account(200 + 4 * path.length);
    }
    this.stack.push(value);
  }

  private pushOutside(id: PickleValue): void {
    this.outside.push(id);
    this.stack.push(classOf(id) ?? { kind: 'persistent', id }, 72);
  }

  private call(type: PickleValue, args: PickleValue): void {
    const path = asKind(type, 'global')?.path;
    this.stack.account(8 * copiedBy(args));
    const built = path === undefined ? undefined : build(path, args);
    if (built instanceof Uint8Array) this.nested.note(built, this.opcodeOffset);
    this.stack.push(built ?? { kind: 'object', type, args }, 240);
  }

  private setState(state: PickleValue): void {
    const target = this.stack.top();
    const object = asKind(target, 'object');
    if (object) object.state = state;
    const dict = asKind(target, 'dict');
    if (dict) dict.attributes = state;
    // Any other value has no state that would be data.
  }

  private remember(key: number | bigint): void {
    if (typeof key !== 'number' || key < 0) throw this.fault(`memo key ${key} is no index`);
    this.stack.account(40);
    this.memo.set(key, this.stack.top());
  }

  private recall(key: number | bigint): void {
    const value = typeof key === 'number' ? this.memo.get(key) : undefined;
    if (value === undefined) throw this.fault(`memo key ${key} has no value`);
    this.stack.push(value);
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
