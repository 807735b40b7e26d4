import type { Dtype } from '../core/dtype';

/** dtypes as NumPy and ml_dtypes name them. Four-bit integers take a byte each in an array of theirs. */
const byNumpyName: ReadonlyMap<string, Dtype> = new Map([
  ['float64', 'f64'],
  ['float32', 'f32'],
  ['float16', 'f16'],
  ['bfloat16', 'bf16'],
  ['float8_e4m3fn', 'f8_e4m3fn'],
  ['float8_e5m2', 'f8_e5m2'],
  ['int64', 'i64'],
  ['int32', 'i32'],
  ['int16', 'i16'],
  ['int8', 'i8'],
  ['int4', 'i8'],
  ['uint64', 'u64'],
  ['uint32', 'u32'],
  ['uint16', 'u16'],
  ['uint8', 'u8'],
  ['uint4', 'u8'],
  ['bool', 'bool'],
]);

/** dtype of a name such as `float32`; undefined for complex numbers and others that are not read. */
export function dtypeOfNumpyName(name: string): Dtype | undefined {
  return byNumpyName.get(name);
}
