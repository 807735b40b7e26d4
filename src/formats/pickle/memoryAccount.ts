/** An estimate of what the values take in memory: tensors lie outside the pickle, so a checkpoint's own takes a few MiB. */
const maxValueBytes = 160 * 2 ** 20;
/** The same for one inside another one's bytes, of which only the names are kept. */
const maxNestedValueBytes = 16 * 2 ** 20;

/** What the values of one pickle take in memory, as far as it is known before they are made. */
export class MemoryAccount {
  private used = 0;
  private readonly limit: number;

  /** @param depth 0, or how many pickles it is inside of */
  constructor(depth: number) {
    this.limit = depth === 0 ? maxValueBytes : maxNestedValueBytes;
  }

  /** Whether there is room for so much more. */
  take(byteLength: number): boolean {
    this.used += byteLength;
    return this.used <= this.limit;
  }

  get exceeded(): string {
    return `its values need more memory than the limit of ${this.limit} bytes`;
  }
}
