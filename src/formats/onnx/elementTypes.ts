import type { Dtype } from '../../core/dtype';

/** How an element type of TensorProto is stored. */
export interface ElementType {
  /** As ONNX calls it. */
  readonly name: string;
  /** Undefined where it is not read. */
  readonly dtype?: Dtype;
  /** Two elements a byte, the low half first; they are given as i8 or u8. */
  readonly isNibble?: boolean;
}

/** TensorProto.DataType. */
const elementTypes: ReadonlyMap<number, ElementType> = new Map<number, ElementType>([
  [1, { name: 'FLOAT', dtype: 'f32' }],
  [2, { name: 'UINT8', dtype: 'u8' }],
  [3, { name: 'INT8', dtype: 'i8' }],
  [4, { name: 'UINT16', dtype: 'u16' }],
  [5, { name: 'INT16', dtype: 'i16' }],
  [6, { name: 'INT32', dtype: 'i32' }],
  [7, { name: 'INT64', dtype: 'i64' }],
  [8, { name: 'STRING' }],
  [9, { name: 'BOOL', dtype: 'bool' }],
  [10, { name: 'FLOAT16', dtype: 'f16' }],
  [11, { name: 'DOUBLE', dtype: 'f64' }],
  [12, { name: 'UINT32', dtype: 'u32' }],
  [13, { name: 'UINT64', dtype: 'u64' }],
  [14, { name: 'COMPLEX64' }],
  [15, { name: 'COMPLEX128' }],
  [16, { name: 'BFLOAT16', dtype: 'bf16' }],
  [17, { name: 'FLOAT8E4M3FN', dtype: 'f8_e4m3fn' }],
  [18, { name: 'FLOAT8E4M3FNUZ' }],
  [19, { name: 'FLOAT8E5M2', dtype: 'f8_e5m2' }],
  [20, { name: 'FLOAT8E5M2FNUZ' }],
  [21, { name: 'UINT4', dtype: 'u8', isNibble: true }],
  [22, { name: 'INT4', dtype: 'i8', isNibble: true }],
  [23, { name: 'FLOAT4E2M1' }],
  [24, { name: 'FLOAT8E8M0' }],
  [25, { name: 'UINT2' }],
  [26, { name: 'INT2' }],
]);

export function elementTypeOf(dataType: number): ElementType {
  return elementTypes.get(dataType) ?? { name: `type ${dataType}` };
}
