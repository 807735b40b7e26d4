import type { FormatError } from '../../core/errors';
import type { PickleInput } from './input';
import { MemoryAccount } from './memoryAccount';
import type { PickleValue } from './values';

/** Values on the stack; SETITEMS works in batches of 1000, tuples of arguments are short. */
const maxStackDepth = 5_000_000;

/** The values that a pickle has made and not put anywhere yet, with an account of what they take in memory. */
export class PickleStack {
  private readonly values: PickleValue[] = [];
  private readonly marks: number[] = [];
  private readonly memory: MemoryAccount;

  /**
   * @param input says in faults where they are
   * @param depth 0, or how many pickles it is inside of
   */
  constructor(
    private readonly input: PickleInput,
    depth: number,
  ) {
    this.memory = new MemoryAccount(depth);
  }

  push(value: PickleValue, byteLength = 16): void {
    this.account(byteLength);
    this.values.push(value);
  }

  top(): PickleValue {
    const value = this.values.at(-1);
    if (value === undefined || this.values.length === this.marks.at(-1)) throw this.underflow();
    return value;
  }

  pop(): PickleValue {
    const value = this.top();
    this.values.pop();
    return value;
  }

  popMany(count: number): PickleValue[] {
    if (this.values.length - (this.marks.at(-1) ?? 0) < count) throw this.underflow();
    return this.values.splice(-count);
  }

  mark(): void {
    this.marks.push(this.values.length);
  }

  popToMark(): PickleValue[] {
    const mark = this.marks.pop();
    if (mark === undefined) throw this.fault('closes a group that was not opened');
    return this.values.splice(mark);
  }

  /** After a bare mark it takes back the mark. */
  popValueOrMark(): void {
    if (this.marks.at(-1) === this.values.length) this.marks.pop();
    else this.pop();
  }

  /** For what values come to hold after they were pushed. */
  account(byteLength: number): void {
    if (!this.memory.take(byteLength)) throw this.fault(this.memory.exceeded);
  }

  checkDepth(): void {
    if (this.values.length > maxStackDepth || this.marks.length > maxStackDepth) {
      throw this.fault(`more than ${maxStackDepth} values on its stack`);
    }
  }

  fault(reason: string): FormatError {
    return this.input.fault(reason);
  }

  private underflow(): FormatError {
    return this.fault('takes more values than it has made');
  }
}
