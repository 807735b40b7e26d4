/** Elements of a block. Blocks begin at multiples of it in the tensor, so results do not depend on how chunks are cut. */
export const blockLength = 2048;

/** Cuts a stream of chunks into pieces of whole blocks. */
export class BlockPieces {
  private readonly pending: Uint8Array;
  private pendingBytes = 0;
  private start = 0;

  /**
   * @param handle takes `bytes` of whole blocks (the last one may be short), the first element of which is `start`
   * @param pieceLength elements that are handed over at once, at most: whole blocks
   */
  constructor(
    private readonly byteSize: number,
    private readonly elementCount: number,
    private readonly handle: (bytes: Uint8Array, start: number) => void,
    private readonly pieceLength: number,
  ) {
    this.pending = new Uint8Array(blockLength * byteSize);
  }

  update(bytes: Uint8Array): void {
    if (bytes.byteLength % this.byteSize !== 0) {
      throw new RangeError(
        `a chunk of ${bytes.byteLength} bytes splits an element of ${this.byteSize} bytes`,
      );
    }
    const announced = this.elementCount * this.byteSize;
    if (this.start * this.byteSize + this.pendingBytes + bytes.byteLength > announced) {
      throw new RangeError(`more than the ${this.elementCount} elements announced`);
    }
    let at = 0;
    if (this.pendingBytes > 0) at = this.fillPending(bytes);
    const blockBytes = this.pending.byteLength;
    while (bytes.byteLength - at >= blockBytes) {
      const whole = Math.floor((bytes.byteLength - at) / blockBytes) * blockBytes;
      const length = Math.min(this.pieceLength * this.byteSize, whole);
      this.pass(bytes.subarray(at, at + length));
      at += length;
    }
    if (at < bytes.byteLength) this.fillPending(bytes.subarray(at));
  }

  /** Hands over the last block, and checks that all elements came. */
  finish(): void {
    if (this.pendingBytes > 0) this.pass(this.pending.subarray(0, this.pendingBytes));
    if (this.start !== this.elementCount) {
      throw new RangeError(`${this.start} of ${this.elementCount} elements came`);
    }
  }

  /** Fills up the block that was begun; returns how many bytes were taken. */
  private fillPending(bytes: Uint8Array): number {
    const taken = Math.min(bytes.byteLength, this.pending.byteLength - this.pendingBytes);
    this.pending.set(bytes.subarray(0, taken), this.pendingBytes);
    this.pendingBytes += taken;
    if (this.pendingBytes === this.pending.byteLength) {
      this.pass(this.pending);
      this.pendingBytes = 0;
    }
    return taken;
  }

  private pass(bytes: Uint8Array): void {
    this.handle(bytes, this.start);
    this.start += bytes.byteLength / this.byteSize;
  }
}
