import type { Dtype } from '../../core/dtype';
import type { PythonLiteral } from './pythonLiteral';

/** How the elements of an array file are stored. */
export type ElementType =
  | { readonly kind: 'readable'; readonly dtype: Dtype; readonly bigEndian: boolean }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Type codes of NumPy's array interface, without the byte order. */
const dtypeOfCode = new Map<string, Dtype>([
  ['f2', 'f16'],
  ['f4', 'f32'],
  ['f8', 'f64'],
  ['i1', 'i8'],
  ['i2', 'i16'],
  ['i4', 'i32'],
  ['i8', 'i64'],
  ['u1', 'u8'],
  ['u2', 'u16'],
  ['u4', 'u32'],
  ['u8', 'u64'],
  ['b1', 'bool'],
]);

/** Names that ml_dtypes' types carry where a writer put the name in place of the code. */
const dtypeOfName = new Map<string, Dtype>([
  ['bfloat16', 'bf16'],
  ['float8_e4m3fn', 'f8_e4m3fn'],
  ['float8_e5m2', 'f8_e5m2'],
]);

/** Reads `descr`: a type code such as `<f4`, a name, or a list of fields. */
export function readElementType(descr: PythonLiteral): ElementType {
  if (typeof descr !== 'string') {
    return unreadable('a structured array: its elements are records, not numbers');
  }
  const named = dtypeOfName.get(descr);
  if (named !== undefined) return { kind: 'readable', dtype: named, bigEndian: false };
  const match = /^([<>|=]?)([A-Za-z])(\d*)/.exec(descr);
  if (match === null) return unreadable(`of the unknown type "${descr}"`);
  const [, order = '', letter = '', size = ''] = match;
  const dtype = dtypeOfCode.get(letter + size);
  if (dtype !== undefined) return { kind: 'readable', dtype, bigEndian: order === '>' };
  switch (letter) {
    case 'O':
      return unreadable('an object array: its elements are pickled Python objects, not numbers');
    case 'V':
      return unreadable(
        `stored as raw ${size}-byte items ("${descr}"): NumPy drops the names of bfloat16 and 8-bit float types`,
      );
    case 'c':
      return unreadable(`complex ("${descr}")`);
    case 'U':
    case 'S':
      return unreadable('an array of strings');
    case 'M':
    case 'm':
      return unreadable('an array of dates');
    default:
      return unreadable(`of the unknown type "${descr}"`);
  }
}

function unreadable(reason: string): ElementType {
  return { kind: 'unreadable', reason };
}
