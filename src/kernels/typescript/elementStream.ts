import { dtypes, type Dtype } from '../../core/dtype';
import { alignedChunk, codesOf, decodeElements, valueTable } from './decode';

/** Elements of a block. Blocks begin at multiples of it in the tensor, so results do not depend on how chunks are cut. */
export const blockLength = 2048;

/** Handles `count` decoded elements, the first of which is element `start` of the tensor. */
export type BlockHandler = (block: Float64Array, count: number, start: number) => void;

/** Cuts a stream of chunks into blocks of doubles. */
export class ElementStream {
  private readonly block = new Float64Array(blockLength);
  private readonly byteSize: number;
  private readonly table: Float64Array | undefined;
  private filled = 0;
  private blockStart = 0;

  constructor(
    private readonly dtype: Dtype,
    private readonly elementCount: number,
    private readonly handle: BlockHandler,
  ) {
    this.byteSize = dtypes[dtype].byteSize;
    this.table = valueTable(dtype);
  }

  update(bytes: Uint8Array): void {
    const chunk = alignedChunk(bytes, this.byteSize);
    const count = chunk.byteLength / this.byteSize;
    if (this.blockStart + this.filled + count > this.elementCount) {
      throw new RangeError(`more than the ${this.elementCount} elements announced`);
    }
    for (let start = 0; start < count;) {
      const taken = Math.min(count - start, blockLength - this.filled);
      this.decode(chunk, start, taken);
      start += taken;
      this.filled += taken;
      if (this.filled === blockLength) this.flush();
    }
  }

  /** Hands over the last block, and checks that all elements came. */
  finish(): void {
    this.flush();
    if (this.blockStart !== this.elementCount) {
      throw new RangeError(`${this.blockStart} of ${this.elementCount} elements came`);
    }
  }

  private decode(chunk: Uint8Array, start: number, count: number): void {
    const { table, block, filled } = this;
    if (!table) {
      decodeElements(this.dtype, chunk, start, count, block, filled);
      return;
    }
    const codes = codesOf(chunk, this.byteSize);
    for (let i = 0; i < count; i++) block[filled + i] = table[codes[start + i]!]!;
  }

  private flush(): void {
    if (this.filled === 0) return;
    this.handle(this.block, this.filled, this.blockStart);
    this.blockStart += this.filled;
    this.filled = 0;
  }
}
