import { type Dtype, dtypes } from '../../core/dtype';
import { FormatError } from '../../core/errors';
import type { TensorData } from '../../core/tensor';
import { Crc32c } from './crc32c';

/** What a tensor's bytes must give. */
export interface Checked {
  readonly name: string;
  readonly dtype: Dtype;
  readonly elementCount: number;
  /** Masked CRC-32C of the stored bytes. */
  readonly checksum: number;
}

/**
 * Data whose checksum is compared once it was read from its first element to its last, in order and in pieces of any size: the read
 * that ends it rejects where the bytes are others. A range out of that order is given as it is.
 */
export function checkedData(
  data: TensorData,
  { name, dtype, elementCount, checksum }: Checked,
): TensorData {
  const { byteSize } = dtypes[dtype];
  let crc = new Crc32c();
  let next = 0;
  let found: number | undefined;
  return {
    async read(start, end) {
      const bytes = await data.read(start, end);
      if (found === undefined) {
        if (start === 0) {
          crc = new Crc32c();
          next = 0;
        }
        if (start === next) {
          crc.update(bytes);
          next += bytes.length / byteSize;
          if (next === elementCount) found = crc.masked();
        }
      }
      if (found !== undefined && found !== checksum) {
        const reason = `"${name}" has the checksum ${hex(found)}, the index says ${hex(checksum)}: its bytes have changed`;
        throw new FormatError('TensorFlow checkpoint', reason);
      }
      return bytes;
    },
  };
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
