import type { Dtype } from '../../core/dtype';

/** How an element type of TFLite is stored. */
export interface TensorType {
  /** As TFLite calls it. */
  readonly name: string;
  /** What is given; undefined where it is not read. */
  readonly dtype?: Dtype;
  /** Bits of an element, where several share a byte, the lowest first. */
  readonly bits?: number;
}

/** By the values of the enumeration TensorType. */
const types: readonly TensorType[] = [
  { name: 'FLOAT32', dtype: 'f32' },
  { name: 'FLOAT16', dtype: 'f16' },
  { name: 'INT32', dtype: 'i32' },
  { name: 'UINT8', dtype: 'u8' },
  { name: 'INT64', dtype: 'i64' },
  { name: 'STRING' },
  { name: 'BOOL', dtype: 'bool' },
  { name: 'INT16', dtype: 'i16' },
  { name: 'COMPLEX64' },
  { name: 'INT8', dtype: 'i8' },
  { name: 'FLOAT64', dtype: 'f64' },
  { name: 'COMPLEX128' },
  { name: 'UINT64', dtype: 'u64' },
  { name: 'RESOURCE' },
  { name: 'VARIANT' },
  { name: 'UINT32', dtype: 'u32' },
  { name: 'UINT16', dtype: 'u16' },
  { name: 'INT4', dtype: 'i8', bits: 4 },
  { name: 'BFLOAT16', dtype: 'bf16' },
  { name: 'INT2', dtype: 'i8', bits: 2 },
  { name: 'UINT4', dtype: 'u8', bits: 4 },
];

export function tensorTypeOf(value: number): TensorType {
  return types[value] ?? { name: `type ${value}` };
}
