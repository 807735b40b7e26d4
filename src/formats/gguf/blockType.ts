/** How the elements of one block of a quantised tensor are stored. */
export interface BlockType {
  readonly name: string;
  /** Elements of a block. */
  readonly elementCount: number;
  readonly byteLength: number;
  /** Writes one block's values into `out`. */
  decode(bytes: Uint8Array, out: Float32Array): void;
}
