/**
 * The file's fault: shown to the user as it is.
 *
 * The message names the thing, the value and the limit, without "Error:" and without a full stop:
 * `safetensors: "w" spans 8 bytes, its shape needs 36`. Anything that is not a FormatError is a bug of ours.
 */
export class FormatError extends Error {
  override readonly name = 'FormatError';
  /** Format in which the fault was found, as its users call it: `safetensors`, `pickle`, `HDF5`. */
  readonly format: string;
  readonly reason: string;
  /** Byte in the file where the fault was met, where that is known. */
  readonly byteOffset: number | undefined;
  /** One sentence that tells the way out, where there is one. */
  readonly remedy: string | undefined;

  constructor(
    format: string,
    reason: string,
    options: { byteOffset?: number | undefined; remedy?: string | undefined } = {},
  ) {
    super(`${format}: ${reason}`);
    this.format = format;
    this.reason = reason;
    this.byteOffset = options.byteOffset;
    this.remedy = options.remedy;
  }
}
