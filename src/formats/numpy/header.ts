/**
 * NumPy's array file: magic `\x93NUMPY`, version (2 bytes), header length (2 bytes little-endian in version 1, 4 from
 * version 2), the header as a Python dict literal, the elements.
 *
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
import type { ByteSource } from '../../core/byteSource';
import { Cursor } from '../../core/cursor';
import { FormatError } from '../../core/errors';
import { readElementType, type ElementType } from './elementType';
import { parsePythonLiteral, type PythonLiteral } from './pythonLiteral';

export const npyFormat = 'NumPy';

/** NumPy itself refuses headers above 10 000 bytes unless told to trust the file; 1 MiB leaves room for structured types. */
const maxHeaderBytes = 1024 * 1024;

/** NumPy's own limit on dimensions (NPY_MAXDIMS since 2.0). */
const maxDimensions = 64;

export interface NpyHeader {
  readonly shape: readonly number[];
  readonly fortranOrder: boolean;
  /** How elements are stored, or why they cannot be read. */
  readonly element: ElementType;
  /** Byte at which the elements begin. */
  readonly dataOffset: number;
  readonly elementCount: number;
}

/** Whether these first bytes are an array file's. */
export function isNpy(head: Uint8Array): boolean {
  return [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59].every((byte, i) => head[i] === byte);
}

/** Reads and checks the header; the elements are not looked at. */
export async function readNpyHeader(source: ByteSource): Promise<NpyHeader> {
  const prefix = await source.read(0, Math.min(12, source.size));
  if (!isNpy(prefix)) throw new FormatError(npyFormat, 'does not begin with \\x93NUMPY');
  const cursor = new Cursor(npyFormat, prefix.subarray(6), 6);
  const major = cursor.u8();
  cursor.u8();
  if (major < 1 || major > 3) {
    throw new FormatError(npyFormat, `version ${major} is not known (1 to 3 are)`, {
      byteOffset: 6,
    });
  }
  const length = major === 1 ? cursor.u16() : cursor.u32();
  const start = cursor.offset;
  if (length > maxHeaderBytes) {
    throw new FormatError(npyFormat, `header of ${length} bytes exceeds ${maxHeaderBytes}`);
  }
  if (start + length > source.size) {
    throw new FormatError(npyFormat, `header of ${length} bytes runs past the end of the file`);
  }
  const bytes = await source.read(start, length);
  const text = new TextDecoder(major === 3 ? 'utf-8' : 'latin1').decode(bytes);
  return parseHeader(text, start + length);
}

function parseHeader(text: string, dataOffset: number): NpyHeader {
  const header = parsePythonLiteral(text, npyFormat);
  if (!(header instanceof Map)) throw new FormatError(npyFormat, 'header is no dict');
  const fields: ReadonlyMap<string, PythonLiteral> = header;
  const descr = fields.get('descr');
  const fortranOrder = fields.get('fortran_order');
  if (descr === undefined) throw new FormatError(npyFormat, 'header lacks "descr"');
  if (typeof fortranOrder !== 'boolean') {
    throw new FormatError(npyFormat, 'header lacks "fortran_order"');
  }
  const shape = checkShape(fields.get('shape'));
  const elementCount = shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);
  if (!Number.isSafeInteger(elementCount * 16)) {
    throw new FormatError(npyFormat, `shape [${shape.join(', ')}] has too many elements`);
  }
  return { shape, fortranOrder, element: readElementType(descr), dataOffset, elementCount };
}

function checkShape(value: PythonLiteral | undefined): readonly number[] {
  const sizes = typeof value === 'number' ? [value] : value;
  if (!Array.isArray(sizes)) throw new FormatError(npyFormat, 'header lacks "shape"');
  if (sizes.length > maxDimensions) {
    throw new FormatError(
      npyFormat,
      `shape has ${sizes.length} axes, the limit is ${maxDimensions}`,
    );
  }
  return sizes.map((size: unknown) => {
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
      throw new FormatError(npyFormat, `shape has the size ${String(size)}`);
    }
    return size;
  });
}
